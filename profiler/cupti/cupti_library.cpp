#include "profiler/cupti/cupti_library.h"

#include <fmt/format.h>

#include "kernels/cuda/libraries/find_library.h"
#include "profiler/cupti/resolver.h"

namespace trimtab::cupti {
namespace {

std::string versionText(std::uint32_t version) { return fmt::format("{}.{}", version / 10'000, version % 10'000 / 100); }

/// What a user can do about it; empty where nothing is known.
const char* adviceFor(CUptiResult result) {
    switch (result) {
        case CUPTI_ERROR_INSUFFICIENT_PRIVILEGES:
        case CUPTI_ERROR_VIRTUALIZED_DEVICE_INSUFFICIENT_PRIVILEGES:
            return "; the driver keeps profiling to the administrator: run as one, or set NVreg_RestrictProfilingToAdminUsers=0 for it";
        case CUPTI_ERROR_MULTIPLE_SUBSCRIBERS_NOT_SUPPORTED:
            return "; another profiler or debugger is attached to this process: run without it";
        case CUPTI_ERROR_MIG_DEVICE_NOT_SUPPORTED:
        case CUPTI_ERROR_VIRTUALIZED_DEVICE_NOT_SUPPORTED:
        case CUPTI_ERROR_WSL_DEVICE_NOT_SUPPORTED: return "; CUPTI records nothing on a device that is shared in this way";
        default: return "";
    }
}

Result<Library> load() {
    TRIMTAB_TRY(void* const handle, cuda::openToolkitLibrary("cupti", kLibraryMajor));
    Library library;
    Resolver resolver(handle);
    resolver.find("cuptiGetVersion", library.getVersion)
        .find("cuptiGetResultString", library.getResultString)
        .find("cuptiGetTimestamp", library.getTimestamp)
        .find("cuptiGetCallbackName", library.getCallbackName)
        .find("cuptiGetGraphNodeId", library.getGraphNodeId)
        .find("cuptiSubscribe", library.subscribe)
        .find("cuptiUnsubscribe", library.unsubscribe)
        .find("cuptiEnableCallback", library.enableCallback)
        .find("cuptiActivityRegisterCallbacks", library.registerCallbacks)
        .find("cuptiActivityEnable", library.enable)
        .find("cuptiActivityDisable", library.disable)
        .find("cuptiActivityFlushAll", library.flushAll)
        .find("cuptiActivityGetNextRecord", library.getNextRecord)
        .find("cuptiActivityGetNumDroppedRecords", library.getNumDroppedRecords)
        .find("cuptiActivityPushExternalCorrelationId", library.pushExternalCorrelationId)
        .find("cuptiActivityPopExternalCorrelationId", library.popExternalCorrelationId)
        .find("cuptiFinalize", library.finalize);
    if (!resolver.missing().empty()) return fail(ErrorCode::Unsupported, "libcupti has no " + resolver.missing());
    TRIMTAB_REQUIRE(checkVersion(library));
    return library;
}

}  // namespace

Status Library::check(CUptiResult result, const std::string& what) const {
    if (result == CUPTI_SUCCESS) return {};
    const char* name = nullptr;
    if (getResultString(result, &name) != CUPTI_SUCCESS || !name) name = "no name";
    return fail(ErrorCode::Unsupported,
                fmt::format("{}: CUPTI answers {} ({}){}", what, name, static_cast<int>(result), adviceFor(result)));
}

Status checkVersion(const Library& library) {
    std::uint32_t version = 0;
    TRIMTAB_REQUIRE(library.check(library.getVersion(&version), "asking for CUPTI's version"));
    // Records grow from version to version at their ends, so a newer library's are read as those that are known here.
    if (version / 100 >= CUPTI_API_VERSION / 100) return {};
    return fail(ErrorCode::Unsupported, fmt::format("libcupti is too old: it is of CUDA {}, and {} or newer is needed",
                                                    versionText(version), versionText(CUPTI_API_VERSION)));
}

Result<const Library*> openLibrary() {
    static const Result<Library> library = load();
    if (!library) return fail(library.error());
    return &*library;
}

}  // namespace trimtab::cupti
