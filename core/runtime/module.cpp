#include "core/runtime/module.h"

#include "core/runtime/build_identity.h"  // made at build time by cmake/hash_headers.cmake

namespace trimtab::runtime {

const char* moduleBuild() { return TRIMTAB_VERSION ", compiler " __VERSION__ ", interfaces " TRIMTAB_INTERFACE_HASH; }

Module describeModule(Module::MakeEngine makeEngine) {
    return {kModuleAbi, moduleBuild(), [](base::MemoryBudget& budget) { base::MemoryBudget::join(budget); }, makeEngine};
}

Status checkModule(const Module& module) {
    if (module.abi != kModuleAbi)
        return fail(ErrorCode::Refused, "is of module interface " + std::to_string(module.abi) + ", and this program speaks " +
                                            std::to_string(kModuleAbi) + "; install both from one build");
    const std::string theirs = module.build ? module.build : "unknown";
    if (theirs != moduleBuild())
        return fail(ErrorCode::Refused, "comes from another build (" + theirs + ") than this program (" + moduleBuild() +
                                            "); install both from one build");
    return {};
}

}  // namespace trimtab::runtime
