#pragma once
// Where the toolkit's libraries (cuBLASLt, cuDNN, CUPTI, …) are on this machine. They are never shipped and never linked: the loader is asked
// first, then CUDA_HOME and CUDA_PATH, the folders where the toolkit installs itself, and the packages that pip and conda put beside a
// Python. Thread-safe. Needs neither a driver nor the toolkit's headers.
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace trimtab::cuda {

/// What the search sees of the machine; tests hand in another one.
struct Surroundings {
    std::function<std::string(const char* name)> variable;  // of the environment; empty when unset
    std::filesystem::path root = "/";                       // above the fixed folders and what PATH names
    static Surroundings ofThisProcess();
};

/// "libcublasLt.so.13" of ("cublasLt", 13).
std::string libraryFileName(std::string_view stem, int major);

/// Folders that exist and may hold toolkit libraries, the likeliest first, each once.
std::vector<std::filesystem::path> toolkitFolders(const Surroundings& surroundings);

/// The first of toolkitFolders() that holds the file. NotFound, naming in one line the file and where it was looked for.
Result<std::filesystem::path> findToolkitLibrary(std::string_view stem, int major, const Surroundings& surroundings);

/// A dlopen handle, never closed. First what the system's loader finds by name, then findToolkitLibrary().
/// Unsupported, in one line, when there is none or when it does not load (with the loader's own words).
Result<void*> openToolkitLibrary(std::string_view stem, int major);

}  // namespace trimtab::cuda
