#pragma once
// The library of ONNX Runtime: found and opened at run time, nothing links it.
#include <filesystem>
#include <string>
#include <vector>

#include "kernels/onnxruntime/api.h"

namespace trimtab::onnxruntime {

struct Library {
    const OrtApi* api = nullptr;         // of version `apiVersion`: functions that came later must not be called
    int apiVersion = 0;                  // the newest that the library and these headers share
    std::string version;                 // "1.29.0"
    std::string file;
    std::vector<std::string> providers;  // "CPUExecutionProvider", …
    OrtEnv* env = nullptr;               // one for the whole process, kept to its end

    bool hasProvider(const std::string& name) const;
};

/// What the loader is asked for, in this order: the file or folder $TRIMTAB_ONNXRUNTIME (when it is set, nothing else), the folder
/// $ONNXRUNTIME_ROOT, the system's own. Unsupported, in one line, when $TRIMTAB_ONNXRUNTIME holds no library.
Result<std::vector<std::string>> libraryCandidates();

/// Opened on the first call that finds it, and kept. Unsupported, in one line: not found (where it was looked for and what to set), not
/// loadable (the loader's words), too old (which version, which is needed).
Result<const Library*> openLibrary();

}  // namespace trimtab::onnxruntime
