#pragma once
// Where a layer stands under what the device allows (Williams, Waterman and Patterson, Roofline, CACM 2009): the least time that its bytes
// and its operations take at the measured ceilings, against the time it took. Bytes are the device's own count where there is one, else
// those of the shapes.
#include <cstdint>
#include <optional>
#include <vector>

#include "core/trace/ceilings.h"
#include "core/trace/layer_counters.h"
#include "core/trace/layer_record.h"

namespace trimtab::explain {

struct RooflinePoint {
    double bytes = 0;         // of one run, what is moved to reformat included
    double operations = 0;
    double memoryNs = 0;      // least time of the bytes
    double reformatNs = 0;    // part of memoryNs that only brings inputs into the kernel's form
    double arithmeticNs = 0;  // least time of the operations
    double launchNs = 0;      // of a node with nothing to do
    bool fromCache = false;   // the bytes come at the cache's rate: all that a run touches stays there
    bool counted = false;     // bytes are those between memory and the device as it counted them, and bytes from the cache are in memoryNs
    bool ownPeak = true;      // the peak is that of the layer's own compute type; else of fp32

    /// Operations a byte; 0 without bytes.
    double intensity() const { return bytes > 0 ? operations / bytes : 0; }
    /// The least time in which the device could do it.
    double leastNs() const;
};

/// `counters`: what the device counted of the layer, or null.
RooflinePoint rooflineOf(const trace::LayerRecord& layer, const trace::Ceilings& ceilings, bool fromCache,
                         const trace::LayerCounters* counters = nullptr);

/// Whether everything that the layers read and write fits in a cache of that size, and so meets it again in the next run.
bool staysInCache(const std::vector<trace::LayerRecord>& layers, std::optional<std::int64_t> cacheBytes);

}  // namespace trimtab::explain
