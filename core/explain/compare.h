#pragma once
// Two trials side by side: is one better, layer by layer where the difference comes from, promise against result.
#include <optional>
#include <string>
#include <vector>

#include "core/trial/trial.h"

namespace trimtab::explain {

enum class Verdict : std::uint8_t { Better, Worse, Indistinguishable };
std::string_view name(Verdict verdict);

/// What faster means: time of one run, or time of one sample. They differ only between trials of different batches.
enum class SpeedAxis : std::uint8_t { Latency, Throughput };
/// Faster when the 95 % interval of the ratio of their paired speed-ups excludes 1 (both are held against the same baseline, block by
/// block). Without a baseline in common their own times are compared, block against block of the other side, unpaired.
Verdict compareSpeed(const trial::Speed& a, const trial::Speed& b, SpeedAxis axis = SpeedAxis::Latency);
/// a − b in units of the sample scores (perplexity: nats), paired by sample; nullopt where they share no samples or hold what is no number.
std::optional<base::Estimate> accuracyDifference(const trial::Accuracy& a, const trial::Accuracy& b);
/// Better when the 95 % interval of the difference paired by sample excludes 0. Scores that are no numbers (an overflow) lose against
/// scores that are.
Verdict compareAccuracy(const trial::Accuracy& a, const trial::Accuracy& b);

/// a is better on one axis and worse on none.
bool dominates(const trial::TrialResult& a, const trial::TrialResult& b, SpeedAxis axis = SpeedAxis::Latency);

struct LayerDifference {
    std::string node;
    trace::LayerRecord a;  // without a name: a layer that b has added
    trace::LayerRecord b;  // without a name: b has none
    double promise = 1;  // what the change should give here: ratio of what bounds the layer in a (operations or bytes); 1 when launch-bound
    double result = 0;   // a's time over b's; 0 when either is not timed
    std::string note;    // why promise and result differ: "emulated", "kernel refused: …", "slower: 2 MB more are moved …", "no change"
};

/// A row for each of a's layers, then for those that b added. Layers meet by origins; where one was fused of several, or taken apart, its
/// rows tell the promise and the result of all of them together. Whether a cache holds what a run reads is told by a's environment.
std::vector<LayerDifference> compareLayers(const trial::TrialResult& a, const trial::TrialResult& b);

/// How many times as fast as a the whole of b should run by its layers' promises: a's measured time over the sum of each layer's time over
/// its promise. A layer that b no longer has takes no time. nullopt where a's layers were not timed.
std::optional<double> promiseOfRun(const std::vector<LayerDifference>& differences);
/// Nullopt too where a and b are two files of the model and b has none of some layer's nodes: what it does in their place is not known.
std::optional<double> promiseOfRun(const trial::TrialResult& a, const trial::TrialResult& b,
                                   const std::vector<LayerDifference>& differences);
/// The result that stands beside it: b's speed over a's, paired block by block where both were held against one baseline.
std::optional<base::Estimate> resultOfRun(const trial::TrialResult& a, const trial::TrialResult& b);

}  // namespace trimtab::explain
