#include "profiler/worker/modules.h"

#include <cstdlib>
#include <dlfcn.h>
#include <map>
#include <mutex>
#include <sstream>

namespace trimtab::worker {
namespace {

namespace fs = std::filesystem;

Result<fs::path> findModule(const std::string& name) {
    const std::string file = "libtrimtab-" + name + ".so";
    std::string looked;
    for (const fs::path& folder : moduleFolders()) {
        std::error_code error;
        if (fs::is_regular_file(folder / file, error)) return folder / file;
        looked += (looked.empty() ? "" : ", ") + folder.string();
    }
    return fail(ErrorCode::Unsupported, "the module " + file + " is not here (looked in " + looked + "): this build was made without it");
}

struct Loaded {
    void* handle = nullptr;
    const runtime::Module* module = nullptr;
};

Result<Loaded> open(const fs::path& path) {
    void* handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!handle) {
        const char* words = ::dlerror();
        return fail(ErrorCode::Unsupported, std::string("does not load: ") + (words ? words : "the loader gave no reason"), path);
    }
    const auto entry = reinterpret_cast<runtime::ModuleEntry>(::dlsym(handle, runtime::kModuleEntry));
    const runtime::Module* module = entry ? entry() : nullptr;
    if (!module) return fail(ErrorCode::Unsupported, std::string("is no module: it has no ") + runtime::kModuleEntry + "()", path);
    if (const Status same = runtime::checkModule(*module); !same) return fail(ErrorCode::Unsupported, same.error().message, path);
    module->join(base::MemoryBudget::process());
    return Loaded{handle, module};
}

Result<Loaded> load(const std::string& name) {
    static std::mutex mutex;
    static std::map<std::string, Loaded> loaded;
    const std::lock_guard lock(mutex);
    if (const auto known = loaded.find(name); known != loaded.end()) return known->second;
    TRIMTAB_TRY(const fs::path path, findModule(name));
    TRIMTAB_TRY(const Loaded opened, open(path));
    loaded[name] = opened;
    return opened;
}

}  // namespace

std::vector<fs::path> moduleFolders() {
    std::vector<fs::path> folders;
    if (const char* given = std::getenv("TRIMTAB_MODULES")) {
        std::istringstream words(given);
        for (std::string word; std::getline(words, word, ':');)
            if (!word.empty()) folders.emplace_back(word);
    }
    std::error_code error;
    const fs::path program = fs::read_symlink("/proc/self/exe", error);
    if (!error) {
        folders.push_back(program.parent_path());
        folders.push_back(program.parent_path().parent_path() / "lib" / "trimtab");
    }
    return folders;
}

Status checkModuleFile(const std::string& name) { return findModule(name).map([](const fs::path&) {}); }

Result<const runtime::Module*> loadModule(const std::string& name) {
    return load(name).map([](const Loaded& loaded) { return loaded.module; });
}

Result<void*> moduleSymbol(const std::string& name, const char* symbol) {
    TRIMTAB_TRY(const Loaded loaded, load(name));
    if (void* const found = ::dlsym(loaded.handle, symbol)) return found;
    return fail(ErrorCode::Unsupported, "the module " + name + " has no " + symbol);
}

}  // namespace trimtab::worker
