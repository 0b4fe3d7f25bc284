#include "kernels/cuda/libraries/find_library.h"

#include <algorithm>
#include <cstdlib>
#include <dlfcn.h>

namespace trimtab::cuda {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPlatformFolders[] = {"lib64", "lib", "targets/x86_64-linux/lib", "extras/CUPTI/lib64"};

/// Paths between colons; empty parts are dropped.
std::vector<fs::path> splitPaths(const std::string& text) {
    std::vector<fs::path> paths;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find(':', begin), text.size());
        if (end > begin) paths.emplace_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return paths;
}

/// The folders in `parent` whose names begin with `prefix`, the greatest name first. Nothing where `parent` cannot be read.
std::vector<fs::path> subfolders(const fs::path& parent, std::string_view prefix) {
    std::vector<fs::path> found;
    std::error_code error;
    for (fs::directory_iterator it(parent, error), end; !error && it != end; it.increment(error)) {
        std::error_code notThere;
        if (it->path().filename().string().starts_with(prefix) && it->is_directory(notThere)) found.push_back(it->path());
    }
    std::ranges::sort(found, std::greater{});
    return found;
}

class FolderList {
public:
    explicit FolderList(const Surroundings& surroundings) : m_surroundings(surroundings) {}

    std::vector<fs::path> collect() {
        for (const char* variable : {"CUDA_HOME", "CUDA_PATH"}) addToolkit(value(variable));
        addToolkit(at("usr/local/cuda"));
        for (const fs::path& toolkit : subfolders(at("usr/local"), "cuda-")) addToolkit(toolkit);
        addToolkit(at("opt/cuda"));
        for (const char* variable : {"VIRTUAL_ENV", "CONDA_PREFIX"}) addPrefix(value(variable));
        for (const fs::path& folder : splitPaths(value("PYTHONPATH"))) addPackages(folder);
        for (const fs::path& folder : splitPaths(value("PATH"))) addInterpreter(folder);
        if (const std::string home = value("HOME"); !home.empty()) addPrefix(fs::path(home) / ".local");
        for (const char* prefix : {"usr/local", "usr"}) addPrefix(at(prefix));
        addPackages(at("usr/lib/python3/dist-packages"));
        return std::move(m_folders);
    }

private:
    std::string value(const char* variable) const { return m_surroundings.variable(variable); }
    fs::path at(const fs::path& path) const { return m_surroundings.root / path.relative_path(); }

    void add(const fs::path& folder) {
        std::error_code error;
        if (!fs::is_directory(folder, error)) return;
        const fs::path canonical = fs::canonical(folder, error);
        if (error || std::ranges::find(m_known, canonical) != m_known.end()) return;
        m_known.push_back(canonical);
        m_folders.push_back(folder);
    }
    void addToolkit(const fs::path& toolkit) {
        if (toolkit.empty()) return;
        for (const char* platform : kPlatformFolders) add(toolkit / platform);
    }
    /// What a Python's site-packages hold: nvidia/cu13/lib (one folder for a whole toolkit) and nvidia/cublas/lib, nvidia/cudnn/lib, ….
    void addPackages(const fs::path& packages) {
        for (const fs::path& package : subfolders(packages / "nvidia", "")) add(package / "lib");
    }
    /// An installation prefix: its Pythons' packages, and the libraries that conda keeps in its lib.
    void addPrefix(const fs::path& prefix) {
        if (prefix.empty()) return;
        for (const char* lib : {"lib", "lib64"}) {
            for (const fs::path& python : subfolders(prefix / lib, "python3")) {
                addPackages(python / "site-packages");
                addPackages(python / "dist-packages");
            }
        }
        if (prefix == value("CONDA_PREFIX")) addToolkit(prefix);
    }
    /// A folder of PATH that holds a python3: the prefix above it, which for a virtual environment is the environment.
    void addInterpreter(const fs::path& folder) {
        std::error_code error;
        if (folder.is_absolute() && fs::exists(at(folder) / "python3", error)) addPrefix(at(folder).parent_path());
    }

    const Surroundings& m_surroundings;
    std::vector<fs::path> m_folders;
    std::vector<fs::path> m_known;
};

std::string listed(const std::vector<fs::path>& folders) {
    std::string text;
    for (const fs::path& folder : folders) text += (text.empty() ? "" : ", ") + folder.string();
    return text.empty() ? "nowhere else: no toolkit and no pip package with nvidia/*/lib is there" : text;
}

}  // namespace

Surroundings Surroundings::ofThisProcess() {
    return {[](const char* name) {
                const char* value = std::getenv(name);
                return std::string(value ? value : "");
            },
            "/"};
}

std::string libraryFileName(std::string_view stem, int major) { return "lib" + std::string(stem) + ".so." + std::to_string(major); }

std::vector<fs::path> toolkitFolders(const Surroundings& surroundings) { return FolderList(surroundings).collect(); }

Result<fs::path> findToolkitLibrary(std::string_view stem, int major, const Surroundings& surroundings) {
    const std::string file = libraryFileName(stem, major);
    const std::vector<fs::path> folders = toolkitFolders(surroundings);
    for (const fs::path& folder : folders) {
        std::error_code error;
        if (fs::is_regular_file(folder / file, error)) return folder / file;
    }
    return fail(ErrorCode::NotFound, file + " was not found; looked in the system's library folders and in " + listed(folders) +
                                         ". Install the CUDA toolkit or its pip package, or set CUDA_HOME");
}

Result<void*> openToolkitLibrary(std::string_view stem, int major) {
    constexpr int kFlags = RTLD_NOW | RTLD_LOCAL;
    if (void* handle = ::dlopen(libraryFileName(stem, major).c_str(), kFlags)) return handle;
    const auto path = findToolkitLibrary(stem, major, Surroundings::ofThisProcess());
    if (!path) return fail(ErrorCode::Unsupported, path.error().message);
    if (void* handle = ::dlopen(path->c_str(), kFlags)) return handle;
    const char* words = ::dlerror();
    return fail(ErrorCode::Unsupported, path->string() + " does not load: " + (words ? words : "the loader gave no reason"));
}

}  // namespace trimtab::cuda
