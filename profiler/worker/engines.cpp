#include "profiler/worker/engines.h"

#include <algorithm>

#include "kernels/cpu/cpu_engine.h"
#include "kernels/cpu/tensor_math.h"
#include "kernels/cuda/libraries/driver.h"
#include "kernels/ref/reference_engine.h"
#include "profiler/worker/either_math.h"
#include "profiler/worker/modules.h"

namespace trimtab::worker {
namespace {

/// The module first: without it a driver would be of no use. The module itself is only loaded where a driver is.
Result<std::unique_ptr<runtime::Engine>> makeCudaEngine(int threads, const std::string& device) {
    TRIMTAB_REQUIRE(checkModuleFile("cuda"));
    TRIMTAB_REQUIRE(cuda::checkDriver());
    TRIMTAB_TRY(const runtime::Module* module, loadModule("cuda"));
    return module->makeEngine(threads, device);
}

/// The module opens ONNX Runtime's library itself, and says what is missing.
Result<std::unique_ptr<runtime::Engine>> makeOnnxRuntimeEngine(int threads, const std::string& device) {
    TRIMTAB_TRY(const runtime::Module* module, loadModule("onnxruntime"));
    return module->makeEngine(threads, device);
}

struct Families {
    const char* engine;
    std::vector<std::string> devices;
    const char* wanted;
};

const Families& familiesOf(const std::string& engine) {
    static const Families kCpu{"", {"cpu"}, "cpu"};
    static const Families kOthers[]{{"cuda", {"cuda"}, "cuda:0, cuda:1, …"},
                                    {"onnxruntime", {"cpu", "cuda", "tensorrt"}, "cpu, cuda:0, … or tensorrt:0, …"}};
    for (const Families& other : kOthers)
        if (engine == other.engine) return other;
    return kCpu;
}

/// "cuda" and "cuda:1" are devices of the engine "cuda"; the empty device is everybody's own.
bool isDeviceOf(const std::string& device, const std::vector<std::string>& families) {
    return device.empty() || std::any_of(families.begin(), families.end(), [&](const std::string& family) {
        return device == family || device.starts_with(family + ":");
    });
}

}  // namespace

const std::vector<std::string>& engineNames() {
    static const std::vector<std::string> names{"cpu", "cuda", "onnxruntime", "reference"};
    return names;
}

const std::vector<std::string>& builtInEngineNames() {
    static const std::vector<std::string> names{"cpu", "reference"};
    return names;
}

Result<std::unique_ptr<runtime::Engine>> makeEngine(const std::string& name, int threads, const std::string& device) {
    if (threads < 0) return fail(ErrorCode::Usage, "the number of threads must not be negative");
    const Families& families = familiesOf(name);
    if (!isDeviceOf(device, families.devices))
        return fail(ErrorCode::Usage,
                    "the engine \"" + name + "\" does not run on the device \"" + device + "\"; it wants " + families.wanted);
    if (name == "cpu") return cpu::makeCpuEngine(threads);
    if (name == "cuda") return makeCudaEngine(threads, device);
    if (name == "onnxruntime") return makeOnnxRuntimeEngine(threads, device);
    if (name == "reference") return ref::makeReferenceEngine();
    return fail(ErrorCode::Usage, "there is no engine \"" + name + "\"; the engines are: cpu, cuda, onnxruntime, reference");
}

std::unique_ptr<compress::TensorMath> tensorMathOf(runtime::Engine& engine) {
    auto own = engine.tensorMath();
    return own ? makeEitherMath(std::move(own), cpu::makeTensorMath()) : cpu::makeTensorMath();
}

}  // namespace trimtab::worker
