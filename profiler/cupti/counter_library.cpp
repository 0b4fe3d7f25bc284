#include "profiler/cupti/counter_library.h"

#include "kernels/cuda/libraries/find_library.h"
#include "profiler/cupti/resolver.h"

namespace trimtab::cupti {
namespace {

void findDriver(CounterLibrary& library) {
    void* const driver = ::dlopen("libcuda.so.1", RTLD_NOW);
    if (!driver) return;
    Resolver(driver)
        .find("cuCtxGetCurrent", library.currentContext)
        .find("cuCtxGetDevice", library.currentDevice)
        .find("cuCtxSynchronize", library.synchronize);
}

Result<CounterLibrary> load() {
    CounterLibrary library;
    TRIMTAB_TRY(library.base, openLibrary());
    TRIMTAB_TRY(void* const handle, cuda::openToolkitLibrary("cupti", kLibraryMajor));
    Resolver resolver(handle);
    resolver.find("cuptiProfilerInitialize", library.initialize)
        .find("cuptiProfilerDeInitialize", library.deinitialize)
        .find("cuptiDeviceGetChipName", library.chipName)
        .find("cuptiProfilerHostInitialize", library.beginHost)
        .find("cuptiProfilerHostDeinitialize", library.endHost)
        .find("cuptiProfilerHostConfigAddMetrics", library.addMetrics)
        .find("cuptiProfilerHostGetConfigImageSize", library.configSize)
        .find("cuptiProfilerHostGetConfigImage", library.config)
        .find("cuptiProfilerHostGetNumOfPasses", library.passes)
        .find("cuptiProfilerHostEvaluateToGpuValues", library.evaluate)
        .find("cuptiRangeProfilerEnable", library.enable)
        .find("cuptiRangeProfilerDisable", library.disable)
        .find("cuptiRangeProfilerGetCounterDataSize", library.dataSize)
        .find("cuptiRangeProfilerCounterDataImageInitialize", library.beginData)
        .find("cuptiRangeProfilerSetConfig", library.setConfig)
        .find("cuptiRangeProfilerStart", library.start)
        .find("cuptiRangeProfilerStop", library.stop)
        .find("cuptiRangeProfilerPushRange", library.push)
        .find("cuptiRangeProfilerPopRange", library.pop)
        .find("cuptiRangeProfilerDecodeData", library.decode)
        .find("cuptiRangeProfilerGetCounterDataInfo", library.dataInfo)
        .find("cuptiRangeProfilerCounterDataGetRangeInfo", library.rangeInfo);
    if (!resolver.missing().empty()) return fail(ErrorCode::Unsupported, "libcupti has no " + resolver.missing());
    findDriver(library);
    return library;
}

}  // namespace

Result<const CounterLibrary*> openCounterLibrary() {
    static const Result<CounterLibrary> library = load();
    if (!library) return fail(library.error());
    return &*library;
}

}  // namespace trimtab::cupti
