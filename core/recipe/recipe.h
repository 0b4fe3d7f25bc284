#pragma once
// Recipe: what is done to a model. One canonical JSON document; its identity is the hash of its canonical form.
// Values only; core/compress carries it out. Schema: resources/schema/recipe.schema.json.
// A recipe's own parts mean all layers, the last one included; a rule keeps that one higher. (`tune`, which makes recipes, keeps the last
// layer at 8 bits or more unless --last-layer.) Softmax and normalisations have no weights and form no products: nothing here changes them.
//
//   {"prune": {"method": "magnitude", "pattern": "unstructured", "scope": "layer", "ratio": 0.5},
//    "weights": {"bits": 4, "format": "int", "group": 32, "scheme": "symmetric", "method": "rtn"},
//    "activations": {"bits": 8, "mode": "dynamic"},
//    "compute": "int8",
//    "transposes": "cancel",
//    "rules": [{"match": {"name": "*/lm_head/*"}, "weights": {"bits": 8}}, {"match": {"op": "Conv"}, …}, {"match": {"block": [0, 3]}, …}]}
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/json.h"
#include "core/graph/graph.h"

namespace trimtab::recipe {

struct PruneSpec {
    std::string method = "magnitude";      // "random"; with calibration "wanda", "sparsegpt"; of units also "taylor", "frequency"
    std::string pattern = "unstructured";  // "N:M" (of every M weights along a row, N stay), "block RxC", "rows", "columns"; or units
                                           // that leave the graph: "channels", "neurons", "heads", "blocks"
    std::string scope = "layer";  // "layer": each layer to the ratio; "global": one threshold for all; "sensitivity": robust layers give
                                  // more
    double ratio = 0;             // share of weights (or units) that goes, 0 ≤ ratio < 1; of N:M it is 1 − N/M
    std::uint64_t seed = 1;       // of "random"
    bool reconstruct = false;     // of channels, neurons and heads: what reads them makes up for those that leave, by calibration data
    bool operator==(const PruneSpec&) const = default;
};

struct WeightSpec {
    int bits = 32;                     // 32, 16 or 2…8
    std::string format = "int";        // "int" or "fixed" (scales are powers of two) for 2…8 bits; "fp8_e4m3", "fp8_e5m2" for 8; "nf4",
                                       // "fp4", "mxfp4", "nvfp4" for 4; "bf16" or "fp16" for 16; "fp32" for 32
    std::int64_t group = 0;            // 0: per output channel; n > 0: n columns share a scale; −1: per tensor
    std::string scheme = "symmetric";  // or "asymmetric"
    std::string method = "rtn";        // a rounding, a rescaling, or both: "gptq", "awq", "smoothquant+gptq": see weightMethod()
    double alpha = 0.5;                // of smoothquant: how much of the activations' range moves into the weights, 0 < alpha < 1
    double damping = 0.01;             // of gptq: share of the mean diagonal that is added to it
    bool actOrder = false;             // of gptq: columns in the order of their activations' size
    bool staticGroups = false;         // of gptq: steps of all groups are chosen before the first column is rounded
    bool operator==(const WeightSpec&) const = default;
};

/// The two steps of WeightSpec.method.
struct WeightMethod {
    std::string rescale;   // "", "awq" or "smoothquant"
    std::string rounding;  // "rtn", "mse", "hqq" or "gptq"
};
/// REQUIRES: a method that the reader admits.
WeightMethod weightMethod(const WeightSpec& spec);

/// N and M of a pattern "N:M"; nullopt for other patterns.
std::optional<std::pair<int, int>> keptOfEvery(const PruneSpec& spec);
/// Rows and columns of a pattern "block RxC".
std::optional<std::pair<int, int>> blockOf(const PruneSpec& spec);

/// The units of a pattern that leave the graph whole: "channels", "neurons", "heads" or "blocks".
bool removesUnits(const PruneSpec& spec);
/// Whether what it does depends on calibration data.
bool looksAtActivations(const PruneSpec& spec);

struct ActivationSpec {
    int bits = 32;                        // 32 or 8
    std::string mode = "dynamic";         // a scale from the values of each run; "static": from calibration data, once
    std::string granularity = "tensor";   // of dynamic scales: "tensor"; "token" (one for each row); "group": signed codes, a scale for
                                          // each row and group of its columns, the groups being those of the weight (without
                                          // `weights`: of the codes that the model arrived with)
    std::string calibrator = "minmax";    // of static scales: "minmax", "percentile", "entropy", "mse"
    double percentile = 99.99;            // of "percentile", 50 < percentile ≤ 100
    bool operator==(const ActivationSpec&) const = default;
};

/// How keys and values of attention are kept. Acts on attention's own nodes.
struct KvCacheSpec {
    int bits = 32;                     // 32, 8 or 4
    std::string granularity = "head";  // one scale for each token of each head, or "channel": one for each channel of a head, over all
                                       // tokens
    bool operator==(const KvCacheSpec&) const = default;
};

/// What applies to one node. Absent means "as the model has it".
struct Settings {
    std::optional<PruneSpec> prune;
    std::optional<WeightSpec> weights;
    std::optional<ActivationSpec> activations;
    std::optional<KvCacheSpec> kvCache;
    std::optional<graph::ComputeType> compute;
    bool operator==(const Settings&) const = default;
};

/// Whether integer products have a scale for each row and group of columns: activations.granularity "group".
bool multipliesByGroups(const Settings& settings);

/// Every condition present must hold.
struct NodeMatch {
    std::optional<std::string> name;  // glob (* and ?) over the node's name and each of its origins
    std::optional<std::string> op;    // operator type
    std::optional<std::pair<int, int>> block;  // first and last index, inclusive: see blockIndex()
    bool operator==(const NodeMatch&) const = default;
};

struct Rule {
    NodeMatch match;
    Settings settings;
    bool operator==(const Rule&) const = default;
};

struct Recipe {
    Settings base;
    std::vector<Rule> rules;  // the last match wins, key by key ("weights" of a rule replaces "weights" whole)
    bool cancelsTransposes = false;  // "transposes": "cancel": of the whole graph, see graph::cancelTransposes(); else "keep"
    bool operator==(const Recipe&) const = default;
    bool isIdentity() const;  // nothing is asked
    bool needsCalibration() const;  // some part looks at activations
};

/// Refused, naming the field, for unknown keys, wrong types, values out of range and combinations without meaning
/// (integer compute without 8-bit weights and activations, activations without integer compute, bf16 compute with 8-bit activations,
/// 16-bit format "int", fields of a method that is not named: alpha without smoothquant, …; rules are checked as they apply: see
/// settingsFor()).
Result<Recipe> fromJson(const Json& json);
Result<Recipe> parse(std::string_view text);
/// The same refusals for a recipe made in memory.
Status check(const Recipe& recipe);
/// Without the parts of the base that ask for nothing (32-bit weights and activations, a ratio of 0, fp32 compute); what rules say stays,
/// because there it undoes the base. Recipes that mean the same at the base are equal afterwards.
Recipe normalized(Recipe recipe);
/// Canonical form: normalized(), sorted keys, defaults left out, numbers in their shortest form. parse(canonical(x)) == normalized(x).
Json toJson(const Recipe& recipe);
std::string canonical(const Recipe& recipe);
/// SHA-256 of canonical(); the identity recipe hashes "{}".
std::string hash(const Recipe& recipe);
/// "int4 g32 · prune 50 % · bf16", "as is" for the identity.
std::string summary(const Recipe& recipe);

bool globMatches(std::string_view pattern, std::string_view text);
/// The first integer path component of the node's name ("/layers.3/mlp" → 3), else of its origins in order.
std::optional<int> blockIndex(const graph::Node& node);
/// A fused operator answers to the operator it grew from: {"op": "Conv"} matches FusedConv.
bool matches(const NodeMatch& match, const graph::Node& node);

/// Puts what `over` says in place of what stands there, part by part ("weights" replaces "weights" whole).
void lay(const Settings& over, Settings& settings);

/// The settings for one node after all rules, without what asks for nothing; Refused when they make no sense together.
Result<Settings> settingsFor(const Recipe& recipe, const graph::Node& node);

/// Sets one value by its axis path ("weights.bits", "prune.ratio", "compute", "activations.bits", "weights.group", …) in the base settings.
/// Setting weights.bits to 32 or prune.ratio to 0 removes that part. Refused for unknown paths and values. A field whose method is not
/// named stays without effect, and out of the canonical form: axes cross all their values.
Status setAxis(Recipe& recipe, std::string_view path, const Json& value);

}  // namespace trimtab::recipe
