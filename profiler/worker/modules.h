#pragma once
// Modules (core/runtime/module.h) in shared libraries of their own, looked for and loaded when they are asked for.
#include <filesystem>
#include <string>
#include <vector>

#include "core/runtime/module.h"

namespace trimtab::worker {

/// Where "libtrimtab-<name>.so" is looked for, in this order: the folders of $TRIMTAB_MODULES (between colons), the folder of this program,
/// ../lib/trimtab beside it.
std::vector<std::filesystem::path> moduleFolders();

/// That the module's file is there, without loading it. Unsupported, in one line, naming where it was looked for.
Status checkModuleFile(const std::string& name);

/// The module, checked and joined to this process's memory budget; loaded once and kept.
/// Unsupported, in one line: not found (where it was looked for), not loadable (the loader's words), from another build.
Result<const runtime::Module*> loadModule(const std::string& name);

/// What the module, loaded as above, exports beside its entry. Unsupported too where it exports no such thing.
Result<void*> moduleSymbol(const std::string& name, const char* symbol);

}  // namespace trimtab::worker
