#pragma once
// An engine, or a profiler of one, that comes in a shared library of its own (libtrimtab-<name>.so), loaded by the worker when it is asked
// for. Both sides are built from one tree, so they pass C++ types; module and worker each hold a copy of core, and what must be one, the
// budget for memory, is joined.
#include <memory>
#include <string>

#include "core/base/memory_budget.h"
#include "core/runtime/engine.h"

namespace trimtab::runtime {

inline constexpr int kModuleAbi = 1;  // of struct Module; moduleBuild() tells all the rest
inline constexpr char kModuleEntry[] = "trimtab_module";

struct Module {
    /// `threads` 0: every core. `device`: "cuda:0"; empty: the first. Unsupported, saying in one line what is missing.
    using MakeEngine = Result<std::unique_ptr<Engine>> (*)(int threads, const std::string& device);

    int abi = 0;                  // first and an int for ever
    const char* build = nullptr;  // moduleBuild() of the module
    void (*join)(base::MemoryBudget& budget) = nullptr;
    MakeEngine makeEngine = nullptr;  // null where the module brings no engine
};

/// What a module exports: extern "C" const trimtab::runtime::Module* trimtab_module().
using ModuleEntry = const Module* (*)();

/// Version, compiler and a hash of every header whose types cross the boundary: "0.1.0, gcc 12.2.0, interfaces 5f0c…".
const char* moduleBuild();

/// For the module's entry: filled in from the module's own copy of core.
Module describeModule(Module::MakeEngine makeEngine);

/// Refused when a module has another abi or was built from other headers than the caller, naming both.
Status checkModule(const Module& module);

}  // namespace trimtab::runtime
