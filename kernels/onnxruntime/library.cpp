#include "kernels/onnxruntime/library.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <dlfcn.h>
#include <mutex>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace trimtab::onnxruntime {
namespace {

namespace fs = std::filesystem;

constexpr char kOverride[] = "TRIMTAB_ONNXRUNTIME";
constexpr char kRoot[] = "ONNXRUNTIME_ROOT";
constexpr char kWhatToSet[] = "set TRIMTAB_ONNXRUNTIME to the library or its folder";

/// "libonnxruntime.so", "libonnxruntime.so.1", …, shortest name first; empty when the folder holds none.
std::vector<std::string> librariesIn(const fs::path& folder) {
    std::vector<std::string> found;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
        const std::string name = entry.path().filename().string();
        std::error_code ignored;
        if (name.starts_with("libonnxruntime.so") && entry.is_regular_file(ignored)) found.push_back(entry.path().string());
    }
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.size() != b.size() ? a.size() < b.size() : a < b; });
    return found;
}

std::vector<std::string> librariesUnder(const fs::path& root) {
    for (const fs::path& folder : {root, root / "lib", root / "lib64"})
        if (auto found = librariesIn(folder); !found.empty()) return found;
    return {};
}

std::string valueOf(const char* variable) {
    const char* value = std::getenv(variable);
    return value ? value : "";
}

/// 29 of "1.29.0"; 0 for what is no such version.
int apiVersionOf(const std::string& version) {
    int minor = 0;
    if (!version.starts_with("1.")) return 0;
    const auto [end, error] = std::from_chars(version.data() + 2, version.data() + version.size(), minor);
    return error == std::errc{} && end != version.data() + 2 ? minor : 0;
}

Status readProviders(Library& library) {
    char** names = nullptr;
    int count = 0;
    TRIMTAB_REQUIRE(check(*library.api, library.api->GetAvailableProviders(&names, &count)));
    for (int i = 0; i < count; ++i) library.providers.emplace_back(names[i]);
    return check(*library.api, library.api->ReleaseAvailableProviders(names, count));
}

Result<Library> describe(void* handle, const std::string& candidate) {
    const auto getBase = reinterpret_cast<const OrtApiBase* (*)()>(::dlsym(handle, "OrtGetApiBase"));
    const OrtApiBase* base = getBase ? getBase() : nullptr;
    if (!base) return fail(ErrorCode::Unsupported, candidate + " is no ONNX Runtime: it has no OrtGetApiBase()");
    Library library;
    library.version = base->GetVersionString();
    Dl_info place{};
    library.file = ::dladdr(reinterpret_cast<void*>(getBase), &place) != 0 && place.dli_fname ? place.dli_fname : candidate;
    library.apiVersion = std::min<int>(apiVersionOf(library.version), ORT_API_VERSION);
    if (library.apiVersion < kOldestApi)
        return fail(ErrorCode::Unsupported, fmt::format("{} is ONNX Runtime {}, and 1.{} or newer is needed; {}", library.file,
                                                        library.version, kOldestApi, kWhatToSet));
    library.api = base->GetApi(static_cast<std::uint32_t>(library.apiVersion));
    if (!library.api)
        return fail(ErrorCode::Unsupported,
                    fmt::format("{} is ONNX Runtime {}, and does not give its interface {}", library.file, library.version,
                                library.apiVersion));
    TRIMTAB_REQUIRE(readProviders(library));
    // What goes wrong comes back as a status: its own log would say it a second time.
    TRIMTAB_REQUIRE(check(*library.api, library.api->CreateEnv(ORT_LOGGING_LEVEL_FATAL, "trimtab", &library.env)));
    TRIMTAB_REQUIRE(check(*library.api, library.api->DisableTelemetryEvents(library.env)));
    return library;
}

Result<Library> openFirst() {
    TRIMTAB_TRY(const std::vector<std::string> candidates, libraryCandidates());
    std::string words;
    for (const std::string& candidate : candidates) {
        if (void* handle = ::dlopen(candidate.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE)) return describe(handle, candidate);
        const char* reason = ::dlerror();
        words += (words.empty() ? "" : "; ") + std::string(reason ? reason : "the loader gave no reason for " + candidate);
    }
    return fail(ErrorCode::Unsupported, fmt::format("ONNX Runtime does not load: {}; {}", words, kWhatToSet));
}

}  // namespace

bool Library::hasProvider(const std::string& name) const { return std::find(providers.begin(), providers.end(), name) != providers.end(); }

Result<std::vector<std::string>> libraryCandidates() {
    if (const std::string given = valueOf(kOverride); !given.empty()) {
        std::error_code error;
        if (fs::is_regular_file(given, error)) return std::vector{given};
        auto found = librariesUnder(given);
        if (found.empty())
            return fail(ErrorCode::Unsupported,
                        fmt::format("ONNX Runtime is not here: {} names {}, where no libonnxruntime.so is; {}", kOverride, given,
                                    kWhatToSet));
        return found;
    }
    std::vector<std::string> candidates;
    if (const std::string root = valueOf(kRoot); !root.empty()) candidates = librariesUnder(root);
    candidates.insert(candidates.end(), {"libonnxruntime.so", "libonnxruntime.so.1"});
    return candidates;
}

Result<const Library*> openLibrary() {
    static std::mutex mutex;
    static const Library* opened = nullptr;
    const std::lock_guard lock(mutex);
    if (!opened) {
        TRIMTAB_TRY(Library library, openFirst());
        opened = new Library(std::move(library));  // to the end of the process: sessions may outlive static objects
    }
    return opened;
}

}  // namespace trimtab::onnxruntime
