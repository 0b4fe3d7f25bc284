#include "core/explain/compare.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/base/units.h"
#include "core/explain/layer_match.h"
#include "core/explain/layer_work.h"
#include "core/explain/roofline.h"

namespace trimtab::explain {
namespace {

using trace::LayerRecord;

// A layer that takes less than this does little more than start; its time follows neither operations nor bytes.
constexpr double kLaunchBoundNs = 5000;
// Operations a byte above which arithmetic, not memory, bounds a layer on ordinary processors: a rule of thumb.
constexpr double kArithmeticIntensity = 10;
// Of the times of a layer that was not changed: from there on a reader asks why.
constexpr double kFarFromOne = 0.8;
constexpr double kAlike = 0.01;  // relative: two layers do the same work

Verdict verdictOf(const base::Interval& interval, double neutral, bool higherIsBetter) {
    if (interval.low > neutral) return higherIsBetter ? Verdict::Better : Verdict::Worse;
    if (interval.high < neutral) return higherIsBetter ? Verdict::Worse : Verdict::Better;
    return Verdict::Indistinguishable;
}

bool allNumbers(const trial::Accuracy& accuracy) {
    return std::isfinite(accuracy.value) && std::ranges::all_of(accuracy.sampleScores, [](double score) { return std::isfinite(score); });
}

// A trial's own times as ratios to one millisecond: what is left to compare where baselines differ.
std::vector<base::PairedBlock> againstTheClock(const trial::Speed& speed) {
    std::vector<base::PairedBlock> blocks;
    for (const base::PairedBlock& block : speed.blocks)
        if (!block.trial.empty()) blocks.push_back({{1.0}, block.trial});
    return blocks;
}

// Of the times of a run; nullopt without timings.
std::optional<base::Estimate> latencyRatio(const trial::Speed& a, const trial::Speed& b) {
    if (!a.baselineKey.empty() && a.baselineKey == b.baselineKey) return base::speedupRatio(a.blocks, b.blocks);
    const auto blocksA = againstTheClock(a), blocksB = againstTheClock(b);
    if (blocksA.empty() || blocksB.empty()) return std::nullopt;
    return base::speedupRatio(blocksA, blocksB);
}

// Multiply-adds that one vector instruction forms, relative to fp32.
double productsPerInstruction(const std::string& compute) { return compute == "int8" ? 4 : compute == "bf16" || compute == "fp16" ? 2 : 1; }

double work(const LayerRecord& layer) { return operationsDone(layer) / productsPerInstruction(layer.compute); }

// Bytes that b moves between forms beyond what a does; 0 below a tenth of what the layer reads and writes anyway.
double reformatsMore(const LayerRecord& a, const LayerRecord& b) {
    const auto more = static_cast<double>(b.reformatBytes - a.reformatBytes);
    return more > 0 && more >= 0.1 * bytesMoved(b) ? more : 0;
}

bool isArithmetic(const LayerRecord& layer) { return bytesMoved(layer) > 0 && layer.operations / bytesMoved(layer) > kArithmeticIntensity; }

double promiseOf(const LayerRecord& a, const LayerRecord& b) {
    if (a.medianNs >= 0 && a.medianNs < kLaunchBoundNs) return 1;
    if (isArithmetic(a)) return work(b) > 0 ? work(a) / work(b) : 1;
    return bytesMoved(b) > 0 ? bytesMoved(a) / bytesMoved(b) : 1;
}

// Says that the cache holds whatever a run reads and writes, so that narrower weights spare no way to memory; empty where it doesn't, or
// its size is not known.
std::string heldInCache(const trial::TrialResult& run) {
    const auto& cache = run.environment.lastLevelCacheBytes;
    if (!staysInCache(run.layers, cache)) return {};
    double all = 0;
    for (const LayerRecord& layer : run.layers) all += bytesMoved(layer);
    return fmt::format("all {} of a run stay in the cache of {}", base::formatBytes(all), base::formatBytes(static_cast<double>(*cache)));
}

// Why a layer that was treated runs longer, where its plan gives no reason of its own.
std::string whySlower(const LayerRecord& a, const LayerRecord& b, const std::string& inCache) {
    const double rows = b.parameters > 0 ? b.operations / (2.0 * static_cast<double>(b.parameters)) : 0;
    const bool codesAlone = b.weightBits < a.weightBits && b.activationBits >= a.activationBits && b.compute == a.compute;
    if (codesAlone && isArithmetic(a))
        return fmt::format(
            "slower: each weight meets {:.0f} rows, so by a rule of thumb (above {:.0f} operations a byte) arithmetic bounds "
            "this layer, not bytes; narrow weights save bytes alone and are decoded on the way",
            rows, kArithmeticIntensity);
    if (codesAlone && !inCache.empty())
        return fmt::format("slower: {}, and decoding narrow weights costs more than reading fewer bytes from there saves", inCache);
    if (codesAlone) return "slower: not explained";
    if (b.activationBits < a.activationBits)
        return "slower: quantising the activations costs more than the faster product saves on a layer of this size";
    if (b.compute != a.compute)
        return fmt::format("slower: rounding the inputs to {} costs more than the faster product saves on a layer of this size", b.compute);
    return fmt::format("slower: \"{}\" reaches less of this processor than \"{}\"", b.kernel, a.kernel);
}

std::string whyLessThanPromised(const LayerDifference& difference, const std::string& inCache) {
    const LayerRecord& a = difference.a;
    const LayerRecord& b = difference.b;
    if (b.activationBits < a.activationBits) return "part of the gain pays for quantising the activations";
    if (b.density < a.density && !skipsZeros(b)) return "the zeros are multiplied all the same: a dense kernel was faster here";
    if (b.medianNs < kLaunchBoundNs)
        return fmt::format("less than promised: the {} that are left do little more than start",
                           base::formatMilliseconds(b.medianNs / 1e6));
    if (const double moved = reformatsMore(a, b); moved > 0)
        return fmt::format("less than promised: {} more are moved to bring its inputs into the form that the kernel takes",
                           base::formatBytes(moved));
    if (!isArithmetic(a) && !inCache.empty()) return fmt::format("less than promised: {}, where fewer bytes count for less", inCache);
    // What the layer gains until reading b's bytes takes as long as its operations.
    const double untilBytesBound = bytesMoved(b) > 0 ? work(a) / kArithmeticIntensity / bytesMoved(b) : difference.promise;
    if (isArithmetic(a) && untilBytesBound < difference.promise && difference.result >= 0.8 * untilBytesBound)
        return fmt::format("less than promised: by a rule of thumb ({:.0f} operations a byte) its bytes bound it once products are quicker",
                           kArithmeticIntensity);
    return "less than promised: not explained";
}

bool isAlike(double a, double b) { return std::abs(a - b) <= kAlike * std::max(a, b); }

/// Of a layer that the same kernel computes in the same types.
std::string whyUnchanged(const LayerDifference& difference, bool sameThreads) {
    const LayerRecord& a = difference.a;
    const LayerRecord& b = difference.b;
    if (!isAlike(operationsDone(a), operationsDone(b)) && operationsDone(a) > 0)
        return fmt::format("the same kernel, {:.3g} times the operations", operationsDone(b) / operationsDone(a));
    if (!isAlike(bytesMoved(a), bytesMoved(b)) && bytesMoved(a) > 0)
        return fmt::format("the same kernel, {:.3g} times the bytes", bytesMoved(b) / bytesMoved(a));
    const bool isSlower = difference.result > 0 && difference.result < kFarFromOne && b.medianNs >= kLaunchBoundNs;
    return isSlower && sameThreads ? "no change, and slower all the same: noise, or what others left in the caches" : "no change";
}

std::string noteOf(const LayerDifference& difference, const std::string& inCache, bool sameThreads) {
    const LayerRecord& a = difference.a;
    const LayerRecord& b = difference.b;
    if (b.execution == trace::Execution::Emulated)
        return "emulated: " + (b.reason.empty() ? std::string("no kernel executes it here") : b.reason);
    if (const double moved = reformatsMore(a, b); moved > 0 && difference.result > 0 && difference.result <= 0.95)
        return fmt::format("slower: {} more are moved to bring its inputs into the form that the kernel takes", base::formatBytes(moved)) +
               (b.reason.empty() ? "" : "; " + b.reason);
    if (a.kernel == b.kernel && a.compute == b.compute && a.weightBits == b.weightBits && a.activationBits == b.activationBits &&
        a.density == b.density)
        return whyUnchanged(difference, sameThreads);
    if (!b.reason.empty()) return b.reason;
    if (difference.result <= 0) return "not timed";
    if (a.medianNs < kLaunchBoundNs) return fmt::format("too small to gain: {} of work", base::formatMilliseconds(a.medianNs / 1e6));
    if (difference.result <= 0.95) return whySlower(a, b, inCache);
    if (difference.promise > 1.1 && difference.result < 0.8 * difference.promise) return whyLessThanPromised(difference, inCache);
    return difference.result >= 1.05 ? "faster" : "as fast";
}

}  // namespace

std::string_view name(Verdict verdict) {
    switch (verdict) {
        case Verdict::Better: return "better";
        case Verdict::Worse: return "worse";
        default: return "indistinguishable";
    }
}

Verdict compareSpeed(const trial::Speed& a, const trial::Speed& b, SpeedAxis axis) {
    const auto ratio = latencyRatio(a, b);
    if (!ratio) return Verdict::Indistinguishable;
    const double samples = axis == SpeedAxis::Throughput ? static_cast<double>(a.batch) / static_cast<double>(b.batch) : 1.0;
    return verdictOf({ratio->interval.low * samples, ratio->interval.high * samples}, 1, true);
}

std::optional<base::Estimate> accuracyDifference(const trial::Accuracy& a, const trial::Accuracy& b) {
    if (a.metric != b.metric || a.sampleScores.size() != b.sampleScores.size() || a.sampleScores.empty()) return std::nullopt;
    if (!allNumbers(a) || !allNumbers(b)) return std::nullopt;
    const bool weighted = a.sampleWeights.size() == a.sampleScores.size() && a.sampleWeights == b.sampleWeights;
    return weighted ? base::pairedDifference(b.sampleScores, a.sampleScores, a.sampleWeights)
                    : base::pairedDifference(b.sampleScores, a.sampleScores);
}

Verdict compareAccuracy(const trial::Accuracy& a, const trial::Accuracy& b) {
    if (a.metric != b.metric) return Verdict::Indistinguishable;
    if (const bool fineA = allNumbers(a), fineB = allNumbers(b); !fineA || !fineB)
        return fineA == fineB ? Verdict::Indistinguishable : fineA ? Verdict::Better : Verdict::Worse;
    if (const auto difference = accuracyDifference(a, b)) return verdictOf(difference->interval, 0, a.higherIsBetter);
    // Without samples in common only intervals that do not touch tell anything.
    if (a.interval.low > b.interval.high) return a.higherIsBetter ? Verdict::Better : Verdict::Worse;
    if (a.interval.high < b.interval.low) return a.higherIsBetter ? Verdict::Worse : Verdict::Better;
    return Verdict::Indistinguishable;
}

bool dominates(const trial::TrialResult& a, const trial::TrialResult& b, SpeedAxis axis) {
    if (!a.speed || !b.speed || !a.accuracy || !b.accuracy) return false;
    const Verdict accuracy = compareAccuracy(*a.accuracy, *b.accuracy);
    if (accuracy == Verdict::Worse) return false;
    const Verdict speed = compareSpeed(*a.speed, *b.speed, axis);
    return speed != Verdict::Worse && (speed == Verdict::Better || accuracy == Verdict::Better);
}

std::vector<LayerDifference> compareLayers(const trial::TrialResult& a, const trial::TrialResult& b) {
    const std::string inCache = heldInCache(a);
    const bool sameThreads = a.environment.threads == b.environment.threads;
    const LayerMatch match = matchLayers(a.layers, b.layers);
    std::vector<LayerDifference> ofGroups;
    for (const LayerMatch::Group& group : match.groups) {
        LayerDifference& together = ofGroups.emplace_back(LayerDifference{{}, sumOf(a.layers, group.a), sumOf(b.layers, group.b)});
        together.promise = promiseOf(together.a, together.b);
        if (together.a.medianNs > 0 && together.b.medianNs > 0) together.result = together.a.medianNs / together.b.medianNs;
        together.note = noteOf(together, inCache, sameThreads);
        if (group.a.size() + group.b.size() > 2) together.note += fmt::format(" ({} together against {})", group.a.size(), group.b.size());
    }
    std::vector<LayerDifference> differences;
    for (std::size_t i = 0; i < a.layers.size(); ++i) {
        LayerDifference& difference = differences.emplace_back(LayerDifference{a.layers[i].node, a.layers[i], {}});
        difference.note = "gone: nothing comes from its nodes any more";
        if (!match.best[i]) continue;
        const LayerDifference& together = ofGroups[*match.group[i]];
        difference.b = b.layers[*match.best[i]];
        difference.promise = together.promise;
        difference.result = together.result;
        difference.note = together.note;
    }
    for (const std::size_t i : match.onlyInB) {
        LayerDifference& difference = differences.emplace_back(LayerDifference{b.layers[i].node, {}, b.layers[i]});
        difference.note = "added: it comes from none of the other's nodes";
    }
    return differences;
}

std::optional<double> promiseOfRun(const std::vector<LayerDifference>& differences) {
    double before = 0, after = 0;
    for (const LayerDifference& difference : differences) {
        if (difference.a.medianNs <= 0) continue;
        before += difference.a.medianNs;
        if (!difference.b.node.empty()) after += difference.a.medianNs / difference.promise;
    }
    return after > 0 ? std::optional(before / after) : std::nullopt;
}

std::optional<double> promiseOfRun(const trial::TrialResult& a, const trial::TrialResult& b,
                                   const std::vector<LayerDifference>& differences) {
    const bool allMet = std::ranges::none_of(differences, [](const auto& layer) { return layer.a.medianNs > 0 && layer.b.node.empty(); });
    return a.trial.variant == b.trial.variant || allMet ? promiseOfRun(differences) : std::nullopt;
}

std::optional<base::Estimate> resultOfRun(const trial::TrialResult& a, const trial::TrialResult& b) {
    return a.speed && b.speed ? latencyRatio(*b.speed, *a.speed) : std::nullopt;
}

}  // namespace trimtab::explain
