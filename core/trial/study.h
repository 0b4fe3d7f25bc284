#pragma once
// Study: model + dataset + baseline + axes + objectives + budget. A value; core/tune runs it.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/trial/trial.h"
#include "core/trial/variant.h"

namespace trimtab::trial {

struct Axis {
    std::string path;          // "weights.bits", "prune.ratio", "compute", "run.batch"
    std::vector<Json> values;  // in the order given
};

/// Parses "weights.bits=4,8,16" or "prune.ratio=0:0.9:0.1" (first:last:step, both ends included, values rounded to the decimals that are
/// written). Refused with the reason: unknown paths, values that the path cannot take, more than 1000 values.
Result<Axis> parseAxis(std::string_view text);

/// "1%" relative or "1pt" absolute. Both are kept as fractions: "1%" allows a loss of 0.01 of the baseline's value, "1pt" a loss of 0.01 in
/// the metric's own unit (a point of a share is one hundredth: 0.83 → 0.82).
struct Limit {
    double value = 0;
    bool relative = true;
};
Result<Limit> parseLimit(std::string_view text);

struct Budget {
    double speedSeconds = 0.35;  // of timing in one process, baseline and trial together
    int processes = 5;           // blocks: one fresh worker process each
    std::int64_t samples = 0;    // of the dataset; 0: all
    std::int64_t evaluationBatch = 16;
    std::int64_t fidelitySamples = 64;
};

/// Data that methods look at which calibrate; they never see its labels.
struct Calibration {
    std::string path;  // a dataset; empty: inputs are drawn from the seed, which results of such recipes say
    std::int64_t samples = 128;
    std::string hash;  // of the dataset; empty until it was looked at
    bool operator==(const Calibration&) const = default;
};
Json toJson(const Calibration& calibration);
Result<Calibration> calibrationFromJson(const Json& json);

struct Study {
    std::int64_t id = 0;
    std::string name;
    std::string modelPath;
    std::string modelHash;
    std::string modelName;
    /// The model is a config.json, and its weights are drawn from this seed: for speed alone, since its answers mean nothing.
    std::optional<std::uint64_t> randomWeights;
    std::vector<Variant> variants;
    std::string dataPath;    // empty: fidelity on seeded inputs
    std::string dataHash;
    std::string metric;      // empty: the dataset's own, or "agreement" without one
    Calibration calibration; // its path empty: the study's own data
    Trial baseline;          // default: the identity recipe
    std::string baselineName = "as the model is stored";
    recipe::RunSetting setting;
    std::vector<Axis> axes;
    Budget budget;
    std::uint64_t seed = 1;
    std::string question;    // a sentence for the report
    std::string createdAt;
};

/// What a trial runs: the study's model, or the variant that it names. NotFound where the study has no such variant.
struct ModelFile {
    std::string path;
    std::string hash;
    std::optional<std::uint64_t> randomWeights = {};
};
Result<ModelFile> fileOf(const Study& study, const Trial& trial);
/// The calibration set of a study's trials.
Calibration calibrationOf(const Study& study);
/// The trial that everything is held against: study.baseline, under the study's setting where it has none of its own.
Trial baselineOf(const Study& study);
/// What a trial's speed is held against: the baseline under its own batch, engine and threads, given the inputs or the prompt that the
/// trial is given. Shorter ones are less work, no speed-up.
Trial baselineFor(const Study& study, const recipe::RunSetting& setting);

/// Refused, naming the field, where weights are drawn and something would look at answers: data, a metric, calibration data, variants.
Status checkRandomWeights(const Study& study);
/// "random weights (seed 7): speed and memory alone"; empty where the model's own are read.
std::string randomWeightsNote(const Study& study);

Json toJson(const Study& study);
/// STUDY.json of `trimtab sweep`; relative paths are left as they are. Axes stand as "weights.bits=4,8" or {"path", "values"}. Refused,
/// naming the field, for unknown keys, wrong types, values out of range, axes without meaning.
Result<Study> studyFromJson(const Json& json);

}  // namespace trimtab::trial
