#include "tests/operators/judge.h"

#include <cstdlib>

#include "profiler/worker/modules.h"

namespace trimtab::operators {

Result<std::shared_ptr<runtime::Engine>> onnxRuntime() {
    ::setenv("TRIMTAB_ONNXRUNTIME_OPTIMIZATION", "off", 1);  // the plain kernels; the module reads it once
    TRIMTAB_TRY(const runtime::Module* module, worker::loadModule("onnxruntime"));
    TRIMTAB_TRY(std::unique_ptr<runtime::Engine> engine, module->makeEngine(1, ""));
    return std::shared_ptr<runtime::Engine>(std::move(engine));
}

}  // namespace trimtab::operators
