#pragma once
// CUPTI's functions for counters (cupti_range_profiler.h, cupti_profiler_host.h), and what of the driver goes with them, found at run time.
#include <cuda.h>
#include <cupti_profiler_host.h>
#include <cupti_range_profiler.h>
#include <cupti_target.h>

#include "profiler/cupti/cupti_library.h"

namespace trimtab::cupti {

struct CounterLibrary {
    const Library* base = nullptr;  // for check()

    decltype(&cuptiProfilerInitialize) initialize = nullptr;
    decltype(&cuptiProfilerDeInitialize) deinitialize = nullptr;
    decltype(&cuptiDeviceGetChipName) chipName = nullptr;
    // What a chip can count, and what was counted, worked out on the host: no device is needed.
    decltype(&cuptiProfilerHostInitialize) beginHost = nullptr;
    decltype(&cuptiProfilerHostDeinitialize) endHost = nullptr;
    decltype(&cuptiProfilerHostConfigAddMetrics) addMetrics = nullptr;
    decltype(&cuptiProfilerHostGetConfigImageSize) configSize = nullptr;
    decltype(&cuptiProfilerHostGetConfigImage) config = nullptr;
    decltype(&cuptiProfilerHostGetNumOfPasses) passes = nullptr;
    decltype(&cuptiProfilerHostEvaluateToGpuValues) evaluate = nullptr;
    // The device's counters.
    decltype(&cuptiRangeProfilerEnable) enable = nullptr;
    decltype(&cuptiRangeProfilerDisable) disable = nullptr;
    decltype(&cuptiRangeProfilerGetCounterDataSize) dataSize = nullptr;
    decltype(&cuptiRangeProfilerCounterDataImageInitialize) beginData = nullptr;
    decltype(&cuptiRangeProfilerSetConfig) setConfig = nullptr;
    decltype(&cuptiRangeProfilerStart) start = nullptr;
    decltype(&cuptiRangeProfilerStop) stop = nullptr;
    decltype(&cuptiRangeProfilerPushRange) push = nullptr;
    decltype(&cuptiRangeProfilerPopRange) pop = nullptr;
    decltype(&cuptiRangeProfilerDecodeData) decode = nullptr;
    decltype(&cuptiRangeProfilerGetCounterDataInfo) dataInfo = nullptr;
    decltype(&cuptiRangeProfilerCounterDataGetRangeInfo) rangeInfo = nullptr;
    // The driver's.
    decltype(&cuCtxGetCurrent) currentContext = nullptr;
    decltype(&cuCtxGetDevice) currentDevice = nullptr;
    decltype(&cuCtxSynchronize) synchronize = nullptr;

    /// As Library::check().
    Status check(CUptiResult result, const std::string& what) const { return base->check(result, what); }
};

/// Kept loaded. Unsupported, in one line. Without a driver its functions are null, and the host's part works all the same.
Result<const CounterLibrary*> openCounterLibrary();

}  // namespace trimtab::cupti
