// A module for tests: the reference engine, as a shared library would bring it. Built once as it should be and once for each way to be
// wrong.
#include "core/runtime/module.h"
#include "kernels/ref/reference_engine.h"

namespace {

using namespace trimtab;

Result<std::unique_ptr<runtime::Engine>> makeEngine(int, const std::string& device) {
    if (device == "cuda:7") return fail(ErrorCode::Unsupported, "there is no such device as cuda:7");
    return ref::makeReferenceEngine();
}

}  // namespace

extern "C" __attribute__((visibility("default"))) const int trimtab_probe_word = 4711;

extern "C" __attribute__((visibility("default"))) const runtime::Module* trimtab_module() {
    static const runtime::Module module = [] {
        runtime::Module made = runtime::describeModule(&makeEngine);
#if defined(PROBE_OTHER_ABI)
        made.abi = runtime::kModuleAbi + 1;
#elif defined(PROBE_OTHER_BUILD)
        made.build = "0.0.1, compiler 1.0, interfaces 0";
#endif
        return made;
    }();
    return &module;
}
