#pragma once
// From what the device did to the layers that wanted it done. An activity's layer is that of the graph's node that it is, else that of the
// scope in which its call was made; its run is that of the scope, else the one during which the call was made, else the one during which it
// began. So neither the order of the records nor the few microseconds between both clocks matter.
#include <vector>

#include "core/base/result.h"
#include "core/trace/layer_record.h"
#include "profiler/cupti/activity.h"
#include "profiler/host/device_activity.h"

namespace trimtab::cupti {

/// Fills medianNs and share of each record from the device's time in each kept run; activities of other runs count for nothing. The trace
/// begins with the first run: "host" (runs, calls, waiting), "recording" (what it costs) and "stream N" (kernels and copies, with a node
/// around those of one layer that stand together). A whole graph's record counts only where none of its nodes is told.
/// Records that were lost, without a time, or in buffers that could not be read are Trace::dropped.
/// Failed when the device did nothing during the kept runs.
Result<profiler::DeviceProfile> attribute(const Recording& recording, std::vector<trace::LayerRecord>& records);

}  // namespace trimtab::cupti
