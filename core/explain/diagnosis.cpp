// A layer is held against the least times of its bytes and its operations, and against the time of a node with nothing to do. The first
// question that fits its time names the cause; they are asked from the most particular to the most general.
#include "core/explain/diagnosis.h"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "core/base/units.h"
#include "core/trace/host_kernel.h"

namespace trimtab::explain {
namespace {

using trace::LayerRecord;

// A layer that takes no more than so many starts does little else.
constexpr double kStarts = 3;
// A ceiling explains a layer when the work would take this share of its time at the ceiling.
constexpr double kExplains = 0.5;
// Reformatting is the cause when it takes this share, and the rest explains less than it would without.
constexpr double kReformatShare = 0.3;
// Work that at the ceilings would take no more than so many starts is too little to fill the device.
constexpr double kSmall = 20;
// With fewer of the warps that have room a device cannot hide what it waits for, unless it issues often all the same.
constexpr double kLowOccupancy = 0.15, kIssuesOften = 0.3;
// Below this share of the threads at work the others' idleness explains what bytes and operations do not.
constexpr double kFewAtWork = 0.7;
// A layer of some size that computes so many times as much a second as the ceiling shows that the ceiling is none.
constexpr double kExceeds = 1.2, kLargeShare = 0.01;

/// Nodes that compute nothing: they convert between types or change how values lie in memory.
bool onlyMoves(const LayerRecord& layer) {
    static constexpr std::array<std::string_view, 16> kMovers{
        "Cast",   "QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "Transpose",    "Reshape",        "Concat",
        "Expand", "Slice",          "Split",            "Identity",              "Tile",         "SpaceToDepth",   "DepthToSpace",
        // of ONNX Runtime's own
        "ReorderInput", "ReorderOutput"};
    return std::ranges::find(kMovers, layer.op) != kMovers.end();
}

/// Copies between memories that ONNX Runtime puts between its providers, and nodes that no kernel of the device executes.
bool travels(const LayerRecord& layer) {
    return layer.op == "MemcpyToHost" || layer.op == "MemcpyFromHost" || layer.kernel == trace::kHostKernel;
}

std::string time(double nanoseconds) { return base::formatMilliseconds(nanoseconds / 1e6); }

std::string rate(double amount, double nanoseconds, std::string (*format)(double), std::string_view unit) {
    return format(1e9 * amount / nanoseconds) + std::string(unit);
}

std::string bytesText(const LayerRecord& layer, const RooflinePoint& at) {
    return fmt::format("moves {} in {}, {}; {} allows {}", base::formatBytes(at.bytes), time(layer.medianNs),
                       rate(at.bytes, layer.medianNs, base::formatBytes, "/s"), at.fromCache ? "the cache" : "memory",
                       rate(at.bytes, at.memoryNs, base::formatBytes, "/s"));
}

std::string operationsText(const LayerRecord& layer, const RooflinePoint& at) {
    return fmt::format("{} operations in {}, {}; {} products reach {} here", base::formatCount(at.operations), time(layer.medianNs),
                       rate(at.operations, layer.medianNs, base::formatCount, "/s"), at.ownPeak ? layer.compute : "fp32",
                       rate(at.operations, at.arithmeticNs, base::formatCount, "/s"));
}

/// How full the device was, where it counted that: "; occupancy 12 %, …".
std::string countersText(const trace::LayerCounters& counters) {
    static constexpr std::array<std::pair<const char*, const char*>, 5> kShares{{{"occupancy", "occupancy"},
                                                                                 {"tensor_active", "tensor cores at work"},
                                                                                 {"fma_active", "multiply-add pipes at work"},
                                                                                 {"issue_active", "cycles with an instruction"},
                                                                                 {"stalled_on_memory", "warps that wait for memory"}}};
    std::string text;
    for (const auto& [name, words] : kShares) {
        if (const auto share = counters.at(name))
            text += fmt::format("{} {} {:.0f} %", text.empty() ? "; counted:" : ",", words, 100 * *share);
    }
    return text;
}

/// The ceiling that is nearer to the layer's time.
std::string nearestText(const LayerRecord& layer, const RooflinePoint& at) {
    if (at.memoryNs <= 0 && at.arithmeticNs <= 0) return "takes " + time(layer.medianNs) + "; its bytes and operations are not known";
    return at.arithmeticNs > at.memoryNs ? operationsText(layer, at) : bytesText(layer, at);
}

bool isBarelyFilled(const trace::Profile& profile, std::size_t layer) {
    if (layer >= profile.layerCounters.size()) return false;
    const auto occupancy = profile.layerCounters[layer].at("occupancy"), issues = profile.layerCounters[layer].at("issue_active");
    return occupancy && *occupancy < kLowOccupancy && issues.value_or(0) < kIssuesOften;
}

std::pair<Cause, std::string> causeOf(const trace::Profile& profile, std::size_t index, const RooflinePoint& at) {
    const LayerRecord& layer = profile.layers[index];
    const double took = layer.medianNs;
    const double work = std::max(at.memoryNs, at.arithmeticNs);
    if (layer.execution == trace::Execution::Emulated)
        return {Cause::Emulated, layer.reason.empty() ? "no kernel executes what is asked of it" : layer.reason};
    if (travels(layer)) return {Cause::Communication, "its values travel between the device and the host: " + nearestText(layer, at)};
    if (took <= kStarts * at.launchNs)
        return {Cause::Launch, fmt::format("takes {}; a node with nothing to do takes {} here", time(took), time(at.launchNs))};
    if (at.reformatNs >= kReformatShare * took)
        return {Cause::Reformat, fmt::format("moves {} only to bring its inputs into the kernel's form: {} of its {}",
                                             base::formatBytes(static_cast<double>(layer.reformatBytes)), time(at.reformatNs), time(took))};
    if (onlyMoves(layer)) return {Cause::Reformat, "computes nothing: " + nearestText(layer, at)};
    if (work >= kExplains * took)
        return at.arithmeticNs > at.memoryNs ? std::pair(Cause::Arithmetic, operationsText(layer, at))
                                             : std::pair(Cause::Memory, bytesText(layer, at));
    if (work > 0 && work <= kSmall * at.launchNs)
        return {Cause::SmallShapes,
                fmt::format("takes {}; its work alone would take {}, too little to fill the device", time(took), time(work))};
    if (const auto atWork = profile.threadsAtWork(index); atWork && *atWork < kFewAtWork * profile.threads)
        return {Cause::Threads,
                fmt::format("{:.1f} of {} threads at work on average; {}", *atWork, profile.threads, nearestText(layer, at))};
    if (isBarelyFilled(profile, index)) return {Cause::SmallShapes, "few warps are there at once: " + nearestText(layer, at)};
    return {Cause::Unexplained, nearestText(layer, at)};
}

}  // namespace

std::string_view name(Cause cause) {
    switch (cause) {
        case Cause::Memory: return "memory";
        case Cause::Arithmetic: return "arithmetic";
        case Cause::Launch: return "launch";
        case Cause::SmallShapes: return "small shapes";
        case Cause::Reformat: return "reformat";
        case Cause::Threads: return "threads";
        case Cause::Communication: return "communication";
        case Cause::Planning: return "planning";
        case Cause::Capacity: return "capacity";
        case Cause::Emulated: return "emulated";
        case Cause::Unexplained: return "unexplained";
    }
    return "unexplained";
}

std::string_view words(Cause cause) {
    switch (cause) {
        case Cause::Memory: return "memory bandwidth";
        case Cause::Arithmetic: return "arithmetic";
        case Cause::Launch: return "launch and scheduling";
        case Cause::SmallShapes: return "shapes too small to fill the device";
        case Cause::Reformat: return "moving and converting between forms";
        case Cause::Threads: return "threads that have no part in it";
        case Cause::Communication: return "communication between device and host";
        case Cause::Planning: return "planning anew for new shapes";
        case Cause::Capacity: return "memory capacity: it does not fit";
        case Cause::Emulated: return "emulated: the time is not that of the format";
        case Cause::Unexplained: return "not explained by bytes or operations";
    }
    return "not explained by bytes or operations";
}

std::optional<Cause> Diagnosis::main() const { return causes.empty() ? std::nullopt : std::optional(causes.front().first); }

Diagnosis diagnosisOfCapacity() {
    Diagnosis result;
    result.causes = {{Cause::Capacity, 1.0}};
    return result;
}

Diagnosis diagnose(const trace::Profile& profile, std::optional<std::int64_t> cacheBytes) {
    Diagnosis result;
    result.fromCache = staysInCache(profile.layers, cacheBytes) && profile.ceilings.cacheBytesPerSecond > 0;
    std::map<Cause, double> times;
    for (std::size_t i = 0; i < profile.layers.size(); ++i) {
        const LayerRecord& layer = profile.layers[i];
        LayerDiagnosis& diagnosis = result.layers.emplace_back();
        const trace::LayerCounters* const counters = i < profile.layerCounters.size() ? &profile.layerCounters[i] : nullptr;
        diagnosis.roofline = rooflineOf(layer, profile.ceilings, result.fromCache, counters);
        if (layer.medianNs <= 0) continue;
        diagnosis.reached = std::min(1.0, std::max(diagnosis.roofline.memoryNs, diagnosis.roofline.arithmeticNs) / layer.medianNs);
        const bool isLarge = profile.shareOf(layer) >= kLargeShare && diagnosis.roofline.ownPeak;
        result.ceilingsExceeded = result.ceilingsExceeded || (isLarge && diagnosis.roofline.arithmeticNs > kExceeds * layer.medianNs);
        std::tie(diagnosis.cause, diagnosis.evidence) = causeOf(profile, i, diagnosis.roofline);
        if (counters) diagnosis.evidence += countersText(*counters);
        times[diagnosis.cause] += profile.shareOf(layer);
    }
    if (profile.planning > 0) times[Cause::Planning] = profile.planning;
    if (profile.device && profile.runNs > 0) result.transfers = profile.device->transfersNs / profile.runNs;
    if (result.transfers > 0) times[Cause::Communication] += result.transfers;
    result.causes.assign(times.begin(), times.end());
    std::ranges::stable_sort(result.causes, std::greater{}, &std::pair<Cause, double>::second);
    result.elsewhere = std::max(0.0, 1 - profile.attributed - profile.planning - result.transfers);
    return result;
}

}  // namespace trimtab::explain
