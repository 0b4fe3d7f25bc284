#include "core/explain/roofline.h"

#include <algorithm>

#include "core/explain/layer_work.h"

namespace trimtab::explain {
namespace {

constexpr double kNsPerSecond = 1e9;

double nanoseconds(double amount, double perSecond) { return perSecond > 0 ? kNsPerSecond * amount / perSecond : 0; }

/// What the device counted in place of what the shapes say.
void count(const trace::LayerCounters& counters, const trace::Ceilings& ceilings, RooflinePoint& point) {
    const auto bytes = counters.memoryBytes();
    if (!bytes) return;
    point.counted = true;
    point.fromCache = false;
    point.bytes = *bytes;
    const double fromMemory = nanoseconds(*bytes, ceilings.memoryBytesPerSecond);
    const double fromCache = nanoseconds(counters.at("l2_bytes").value_or(0), ceilings.cacheBytesPerSecond);
    point.memoryNs = std::max(fromMemory, fromCache);
}

}  // namespace

double RooflinePoint::leastNs() const { return std::max({memoryNs, arithmeticNs, launchNs}); }

RooflinePoint rooflineOf(const trace::LayerRecord& layer, const trace::Ceilings& ceilings, bool fromCache,
                         const trace::LayerCounters* counters) {
    RooflinePoint point;
    const auto reformat = static_cast<double>(layer.reformatBytes);
    point.bytes = bytesMoved(layer) + reformat;
    point.operations = operationsDone(layer);
    point.fromCache = fromCache && ceilings.cacheBytesPerSecond > 0;
    const double rate = point.fromCache ? ceilings.cacheBytesPerSecond : ceilings.memoryBytesPerSecond;
    point.memoryNs = nanoseconds(point.bytes, rate);
    point.reformatNs = nanoseconds(reformat, rate);
    if (counters) count(*counters, ceilings, point);
    if (const auto peak = ceilings.peakOf(layer.compute)) {
        point.arithmeticNs = nanoseconds(point.operations, peak->operationsPerSecond);
        point.ownPeak = peak->isOwn;
    }
    point.launchNs = ceilings.launchNs;
    return point;
}

bool staysInCache(const std::vector<trace::LayerRecord>& layers, std::optional<std::int64_t> cacheBytes) {
    if (!cacheBytes) return false;
    double all = 0;
    for (const trace::LayerRecord& layer : layers) all += bytesMoved(layer);
    return all <= static_cast<double>(*cacheBytes);
}

}  // namespace trimtab::explain
