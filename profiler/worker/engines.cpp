#include "profiler/worker/engines.h"

#include "kernels/cpu/cpu_engine.h"
#include "kernels/ref/reference_engine.h"

namespace trimtab::worker {

const std::vector<std::string>& engineNames() {
    static const std::vector<std::string> names{"cpu", "reference"};
    return names;
}

Result<std::unique_ptr<runtime::Engine>> makeEngine(const std::string& name, int threads) {
    if (threads < 0) return fail(ErrorCode::Usage, "the number of threads must not be negative");
    if (name == "cpu") return cpu::makeCpuEngine(threads);
    if (name == "reference") return ref::makeReferenceEngine();
    return fail(ErrorCode::Usage, "there is no engine \"" + name + "\"; the engines are: cpu, reference");
}

}  // namespace trimtab::worker
