#pragma once
// Trial = Recipe × RunSetting, and what was measured of it. Values only; the session file stores them, reports print them.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/base/metric.h"
#include "core/base/statistics.h"
#include "core/recipe/recipe.h"
#include "core/recipe/run_setting.h"
#include "core/trace/layer_record.h"
#include "core/trace/power.h"

namespace trimtab::trial {

struct Trial {
    recipe::Recipe recipe;
    recipe::RunSetting setting;
    /// Short name for charts: recipe summary, and the setting where it differs from the study's.
    std::string label;
    /// Name of the study's variant (variant.h) that is run; empty: the study's model.
    std::string variant = {};
};

Json toJson(const Trial& trial);
Result<Trial> trialFromJson(const Json& json);
/// Equal for trials of one file, recipe and setting, whatever they are called.
std::string identityOf(const Trial& trial);
/// Whether their identities are equal.
bool sameTarget(const Trial& a, const Trial& b);

enum class Basis : std::uint8_t { Measured, Projected, Predicted, Imported };
std::string_view name(Basis basis);

/// Where and with what something was measured.
struct Environment {
    std::string engine;          // "cpu"
    std::string engineVersion;   // "0.1.0, oneDNN 2.6.3"
    std::string instructionSet;  // "avx512_core_bf16"
    int threads = 0;
    std::string device;          // CPU model name
    std::string host;            // a hash, not the name
    std::string system;          // "Debian GNU/Linux 12, Linux 6.1"
    std::optional<std::int64_t> lastLevelCacheBytes = {};  // that a processor's core reaches; nothing: not known, or another device
    bool operator==(const Environment&) const = default;
};
Json toJson(const Environment& environment);
/// What keys hold of it: all but the cache, which goes with the device.
Json placeJson(const Environment& environment);
Result<Environment> environmentFromJson(const Json& json);

/// A figure that came with another in the same pass over the data.
struct Figure {
    std::string metric;
    base::Estimate estimate;
    std::int64_t n = 0;  // what it was counted over: "kl_p99" over tokens
    bool operator==(const Figure& other) const {
        return metric == other.metric && n == other.n && estimate.value == other.estimate.value &&
               estimate.interval.low == other.estimate.interval.low && estimate.interval.high == other.estimate.interval.high;
    }
};

/// The accuracy half, cached by key: recipe, dataset, metric and numerics.
struct Accuracy {
    std::string metric;
    bool higherIsBetter = true;
    bool fidelity = false;
    double value = 0;
    base::Interval interval;
    std::int64_t n = 0;
    std::vector<double> sampleScores;
    std::vector<double> sampleWeights;
    std::optional<base::TextWindows> windows;  // of a figure over text
    bool overData = false;                     // of a fidelity: over a dataset, not over seeded inputs
    std::vector<Figure> also;

    /// "perplexity (window 256, stride 256)".
    std::string title() const { return base::metricTitle(metric, windows); }
};

/// {"window", "stride"}, which stand among the keys of what was counted over them; nothing where they are absent.
Json windowsToJson(const base::TextWindows& windows);
Result<std::optional<base::TextWindows>> windowsFromJson(const Json& json);
/// Numbers that JSON has no digits for stand as the words "nan", "inf" and "-inf". Without sample scores when `brief`.
Json accuracyToJson(const Accuracy& accuracy, bool brief = false);
Result<Accuracy> accuracyFromJson(const Json& json);

/// The speed half, cached by key: plan (kernels, types, groups, patterns, non-zeros per layer) and setting.
struct Speed {
    double medianMs = 0;                     // of one run (batch)
    std::optional<base::Estimate> p95Ms;     // only with 59 timings or more
    base::Interval medianInterval;
    std::int64_t n = 0;                      // timings
    std::int64_t batch = 1;                  // samples a run
    std::int64_t baselineBatch = 1;          // samples a run of the study's baseline
    std::string baselineKey;                 // equal and not empty: held against the same baseline in the same place
    base::Estimate speedup;                  // of a sample: paired ratio over the study's baseline; 1 for the baseline itself
    std::vector<base::PairedBlock> blocks;   // ms of a run, one process each; `baseline` is empty in those of the baseline itself
    std::int64_t outliers = 0;               // timings beyond 3 × IQR: flagged, kept
    bool throttled = false;
    std::optional<trace::PowerOfTurns> power;  // of one process; absent where it was not asked for
    double throughput() const { return medianMs > 0 ? 1000.0 * static_cast<double>(batch) / medianMs : 0; }  // samples a second
};

/// Of a sample, or a token (work_of_run.h); nullopt where no energy was measured.
std::optional<base::Estimate> joulesOf(const Speed& speed, const recipe::RunSetting& setting);

/// Without blocks when `brief`.
Json speedToJson(const Speed& speed, bool brief = false);
Result<Speed> speedFromJson(const Json& json);

enum class State : std::uint8_t { Planned, Running, Finished, Failed };
std::string_view name(State state);

struct TrialResult {
    std::int64_t id = 0;  // in the session; 0 before it is stored
    Trial trial;
    State state = State::Planned;
    trace::Execution execution = trace::Execution::Native;
    Basis basis = Basis::Measured;
    bool isBaseline = false;
    bool stale = false;
    int attempts = 0;
    std::string failure;                     // why it failed
    std::optional<Accuracy> accuracy;
    /// Trial − baseline, paired by sample, in units of the sample scores (perplexity: nats), weighted as they are.
    std::optional<base::Estimate> accuracyDifference;
    std::optional<Speed> speed;              // absent for emulated trials: their speed would not be real
    std::string accuracyKey;
    std::string speedKey;
    std::vector<trace::LayerRecord> layers;
    std::int64_t sizeBytes = 0;              // of all weights as stored
    Environment environment;
    std::string finishedAt;                  // ISO 8601, UTC
};

/// Without sample scores and blocks when `brief`.
Json toJson(const TrialResult& result, bool brief = false);
Result<TrialResult> trialResultFromJson(const Json& json);

}  // namespace trimtab::trial
