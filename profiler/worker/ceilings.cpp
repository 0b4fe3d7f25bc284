#include "profiler/worker/ceilings.h"

#include <algorithm>
#include <array>

#include "core/base/memory_budget.h"
#include "core/compress/compress.h"
#include "core/explain/layer_work.h"
#include "core/runtime/inputs.h"
#include "profiler/clock/alternate.h"
#include "profiler/host/timeline.h"
#include "profiler/worker/chain_model.h"
#include "profiler/worker/machine.h"

namespace trimtab::worker {
namespace {

constexpr std::uint64_t kSeed = 5;
constexpr double kNsOfMs = 1e6;
constexpr double kSeconds = 0.12;  // of each measurement
constexpr std::size_t kDeviceRuns = 5;

/// At least so much, and so many times all last-level caches, as far as memory allows it.
constexpr std::int64_t kFarBytes = 256 << 20;
constexpr std::int64_t kTimesTheCaches = 4, kMostOfMemory = 16;
/// A quarter of the cache, but no more: other things live there too.
constexpr std::int64_t kNearBytes = 8 << 20;
constexpr std::int64_t kColumns = 4096;

/// A product's sides are doubled until it takes this long and doubling them gains no more than this: its start counts for nothing then,
/// even on a machine that is so busy that a small one takes as long as a large one.
constexpr double kLongEnoughMs = 3, kGrows = 1.25;
constexpr std::int64_t kFirstSide = 128, kLastSide = 8192;

constexpr int kTinyNodes = 256;
constexpr std::int64_t kTinyWidth = 8;

struct TypeToTry {
    const char* compute;
    const char* recipe;
};
constexpr std::array kTypes{
    TypeToTry{"fp32", "{}"},
    TypeToTry{"tf32", R"({"compute": "tf32"})"},
    TypeToTry{"bf16", R"({"weights": {"bits": 16, "format": "bf16"}, "compute": "bf16"})"},
    TypeToTry{"fp16", R"({"weights": {"bits": 16, "format": "fp16"}, "compute": "fp16"})"},
    TypeToTry{"fp8", R"({"weights": {"bits": 8, "format": "fp8_e4m3"}, "compute": "fp8"})"},
    TypeToTry{"int8", R"({"weights": {"bits": 8}, "activations": {"bits": 8}, "compute": "int8"})"},
};

struct Timed {
    double runNs = 0;  // of the shortest run: what else the machine does makes a run longer, never shorter
    std::vector<trace::LayerRecord> layers;
};

Result<Timed> timed(runtime::Engine& engine, const Graph& graph, const Call& call) {
    TRIMTAB_TRY(const auto model, engine.compile(graph, {}));
    TRIMTAB_TRY(const auto inputs, runtime::makeInputs(graph, {}));
    profiler::TimingPlan plan;
    plan.seconds = kSeconds;
    plan.cancelled = call.cancelled;
    const profiler::Subject subject([&]() -> Status {
        TRIMTAB_TRY([[maybe_unused]] const auto outputs, model->run(inputs));
        return {};
    });
    TRIMTAB_TRY(const auto times, profiler::timeAlternating({}, subject, plan));
    Timed result{kNsOfMs * std::ranges::min(times.trial), model->layers()};
    // Where layers are told by the device's clock, so are ceilings: copies to and from it are no part of them.
    profiler::Timeline timeline(result.layers.size(), kDeviceRuns);
    for (std::size_t i = 0; i < kDeviceRuns; ++i) {
        timeline.beginRun();
        TRIMTAB_TRY([[maybe_unused]] const auto outputs, model->run(inputs, &timeline));
        timeline.endRun();
        if (!timeline.hasDeviceTimes()) return result;
    }
    timeline.fill(result.layers);
    result.runNs = 0;
    for (const trace::LayerRecord& layer : result.layers) result.runNs += std::max(layer.medianNs, 0.0);
    return result;
}

std::int64_t farBytes() {
    const std::int64_t limit = base::MemoryBudget::process().limit();
    const std::int64_t wanted = std::max(kFarBytes, kTimesTheCaches * allCacheBytes());
    return limit > 0 ? std::min(wanted, std::max(limit / kMostOfMemory, std::int64_t{1} << 20)) : wanted;
}

/// Bytes a second that a product of one row reads its weights at.
Result<double> readingRate(runtime::Engine& engine, std::int64_t weightBytes, const Call& call) {
    ChainModel chain({1, kColumns}, kSeed);
    const std::int64_t outputs = weightBytes / static_cast<std::int64_t>(sizeof(float)) / kColumns;
    chain.add("MatMul", {chain.weights({kColumns, outputs}, kColumns)});
    TRIMTAB_TRY(const Graph graph, chain.finish());
    TRIMTAB_TRY(const Timed result, timed(engine, graph, call));
    double bytes = 0;
    for (const auto& layer : result.layers) bytes += explain::bytesMoved(layer);
    return 1e9 * bytes / result.runNs;
}

/// Operations a second of a square product; 0 where the engine has no kernel for that type.
Result<double> peakOf(runtime::Engine& engine, const TypeToTry& type, const Call& call) {
    TRIMTAB_TRY(const auto recipe, recipe::parse(type.recipe));
    double best = 0;
    for (std::int64_t side = kFirstSide;; side *= 2) {
        ChainModel chain({side, side}, kSeed);
        chain.add("MatMul", {chain.weights({side, side}, side)});
        TRIMTAB_TRY(const Graph graph, chain.finish());
        TRIMTAB_TRY(const auto compressed, trimtab::compress::compress(graph, recipe));
        for (const auto& node : compressed.graph.nodes)
            if (engine.supports(compressed.graph, node).level != runtime::Support::Level::Native) return 0;
        TRIMTAB_TRY(const Timed result, timed(engine, compressed.graph, call));
        if (trace::overall(result.layers) != trace::Execution::Native) return 0;
        const auto length = static_cast<double>(side);
        const double rate = 1e9 * 2 * length * length * length / result.runNs;
        const bool isDone = result.runNs >= kLongEnoughMs * kNsOfMs && rate < kGrows * best;
        best = std::max(best, rate);
        if (isDone || side >= kLastSide) return best;
    }
}

Result<double> launchTime(runtime::Engine& engine, const Call& call) {
    ChainModel chain({1, kTinyWidth}, kSeed);
    const graph::ValueId weights = chain.weights({kTinyWidth, kTinyWidth}, kTinyWidth);
    for (int i = 0; i < kTinyNodes; ++i) chain.add("MatMul", {weights});
    TRIMTAB_TRY(const Graph graph, chain.finish());
    TRIMTAB_TRY(const Timed result, timed(engine, graph, call));
    return result.runNs / static_cast<double>(std::max<std::size_t>(result.layers.size(), 1));
}

}  // namespace

Result<trace::Ceilings> measureCeilings(runtime::Engine& engine, std::optional<std::int64_t> cacheBytes, const Call& call) {
    trace::Ceilings ceilings;
    TRIMTAB_TRY(ceilings.memoryBytesPerSecond, readingRate(engine, farBytes(), call));
    if (cacheBytes) {
        TRIMTAB_TRY(ceilings.cacheBytesPerSecond, readingRate(engine, std::min(kNearBytes, *cacheBytes / 4), call));
    }
    for (const TypeToTry& type : kTypes) {
        TRIMTAB_TRY(const double peak, peakOf(engine, type, call));
        if (peak > 0) ceilings.operationsPerSecond[type.compute] = peak;
    }
    TRIMTAB_TRY(ceilings.launchNs, launchTime(engine, call));
    return ceilings;
}

}  // namespace trimtab::worker
