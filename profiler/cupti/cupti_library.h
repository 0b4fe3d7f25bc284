#pragma once
// CUPTI's functions, found at run time: nothing links libcupti, and the machine that profiles need not be the one that built.
#include <string>

#include <cupti.h>

#include "core/base/result.h"

namespace trimtab::cupti {

inline constexpr int kLibraryMajor = CUPTI_API_VERSION / 10'000;  // 130001 is 13.0: the library's name ends in it

struct Library {
    decltype(&cuptiGetVersion) getVersion = nullptr;
    decltype(&cuptiGetResultString) getResultString = nullptr;
    decltype(&cuptiGetTimestamp) getTimestamp = nullptr;
    decltype(&cuptiGetCallbackName) getCallbackName = nullptr;
    decltype(&cuptiGetGraphNodeId) getGraphNodeId = nullptr;
    decltype(&cuptiSubscribe) subscribe = nullptr;
    decltype(&cuptiUnsubscribe) unsubscribe = nullptr;
    decltype(&cuptiEnableCallback) enableCallback = nullptr;
    decltype(&cuptiActivityRegisterCallbacks) registerCallbacks = nullptr;
    decltype(&cuptiActivityEnable) enable = nullptr;
    decltype(&cuptiActivityDisable) disable = nullptr;
    decltype(&cuptiActivityFlushAll) flushAll = nullptr;
    decltype(&cuptiActivityGetNextRecord) getNextRecord = nullptr;
    decltype(&cuptiActivityGetNumDroppedRecords) getNumDroppedRecords = nullptr;
    decltype(&cuptiActivityPushExternalCorrelationId) pushExternalCorrelationId = nullptr;
    decltype(&cuptiActivityPopExternalCorrelationId) popExternalCorrelationId = nullptr;
    decltype(&cuptiFinalize) finalize = nullptr;

    /// Unsupported, in one line: what was attempted, what CUPTI answers, and what to do about it where that is known.
    Status check(CUptiResult result, const std::string& what) const;
};

/// Kept loaded. Unsupported, in one line: not found (where it was looked for), without a function that is wanted, or older than the headers
/// that this was built with. Needs no driver.
Result<const Library*> openLibrary();

/// The same rules for functions that are there already.
Status checkVersion(const Library& library);

}  // namespace trimtab::cupti
