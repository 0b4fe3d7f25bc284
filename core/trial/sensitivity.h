#pragma once
// Sensitivity: what each unit of layers loses and gains under each option, everything else left as it is. Values only; a worker measures
// them, core/tune mixes them, the window draws them as a heat map.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/json.h"
#include "core/base/metric.h"
#include "core/base/statistics.h"
#include "core/recipe/recipe.h"
#include "core/trace/layer_record.h"

namespace trimtab::trial {

/// One way to treat a unit.
struct SensitivityOption {
    std::string name;  // summary of its recipe: "int4 g32 gptq"
    recipe::Settings settings;
};

/// Layers that are treated alike: products that read one value (q, k and v; gate and up), or one layer. Or a group of units that options
/// can remove, named by the layers that make them, or an attention's keys and values, named by the products that read them; parameters
/// and bytes, which stand with the layers, are 0 then.
struct SensitivityUnit {
    std::string name;
    std::vector<std::string> nodes;  // names in the graph that recipes act on
    std::int64_t parameters = 0;
    std::int64_t weightBytes = 0;    // as the model stores them
    bool isLast = false;             // makes the output that metrics look at
    double medianNs = 0;             // of the stretch of the graph from this unit to the next, untreated
};

struct SensitivityCell {
    std::string refusal;          // why the option does not go with this unit; the rest is empty then
    base::Estimate loss;          // mean over samples of how much worse the sample scores are (perplexity: nats), paired; positive is worse
    double kl = 0;                // mean Kullback-Leibler divergence of the output from the untreated one, nats; NaN where it has no
                                  // meaning
    double sqnrDb = 0;            // of the output against the untreated one, mean over samples
    std::int64_t storedBytes = 0; // of the unit's weights under the option; of a group of units below 0: what leaves
    double bits = 32;             // mean bits of a weight
    trace::Execution execution = trace::Execution::Native;
    std::string kernel;           // of the unit's first layer
    std::string reason;           // why emulated, or what the kernel's choice says
    std::optional<base::Estimate> gainNs;  // measured time saved on the same stretch; none where emulated: that speed would not be real

    bool refused() const { return !refusal.empty(); }
};

struct SensitivityTable {
    std::string metric;
    bool higherIsBetter = true;
    bool fidelity = false;        // against the untreated model on seeded inputs, not against labels
    std::optional<base::TextWindows> windows;  // of a metric over text
    double baseline = 0;          // the untreated model's metric
    std::int64_t samples = 0;
    std::int64_t klSamples = 0;   // how many of them kl and sqnrDb were taken over
    std::int64_t batch = 1;       // samples a run of the timings
    std::string calibration;      // what methods calibrated on; empty where none did
    std::vector<SensitivityUnit> units;      // in the order of the graph
    std::vector<SensitivityOption> options;
    std::vector<SensitivityCell> cells;      // row-major, units × options
    double wholeRuns = 0;         // operations that all evaluations took, in runs of the whole model over the samples; L·O would be
                                  // without reuse

    const SensitivityCell& cell(std::size_t unit, std::size_t option) const { return cells[unit * options.size() + option]; }
};

/// "weights.bits=4,weights.group=32": axis paths and values, as a sweep's point says them; completed as there (compute=int8 alone means
/// 8-bit weights and activations). Refused, naming the path, for what makes no sense, is said twice or changes nothing.
Result<SensitivityOption> parseOption(std::string_view text);
/// What is tried when nobody says otherwise: bf16, int8 × int8, int8 and int4 (groups of 32) weights, half of the weights pruned.
std::vector<SensitivityOption> usualOptions();
/// Of units that leave the graph: they act on more than one layer, and are tried on the whole run.
std::vector<SensitivityOption> usualRemovals();

/// The session's document in which a study's table stands, as {"request", "table"}.
std::string sensitivityKey(std::int64_t study);

Json toJson(const SensitivityOption& option);
Result<SensitivityOption> sensitivityOptionFromJson(const Json& json);
Json toJson(const SensitivityTable& table);
Result<SensitivityTable> sensitivityTableFromJson(const Json& json);

}  // namespace trimtab::trial
