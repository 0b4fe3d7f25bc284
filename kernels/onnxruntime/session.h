#pragma once
// A graph as a session of ONNX Runtime.
#include <filesystem>

#include "core/graph/graph.h"
#include "kernels/onnxruntime/library.h"
#include "kernels/onnxruntime/rewritten.h"

namespace trimtab::onnxruntime {

struct Target {
    std::string provider;  // empty: the CPU; "CUDA", "Tensorrt"
    int ordinal = 0;
};

/// "", "cpu", "cuda:1", "tensorrt:0". Usage for other words.
Result<Target> targetFromDevice(const std::string& device);

/// Unsupported, naming the provider, when the library was built without it.
Status checkProvider(const Library& library, const Target& target);

struct SessionSetting {
    Target target;
    int threads = 1;
    GraphOptimizationLevel optimization = ORT_ENABLE_ALL;
    std::int64_t mostInMemory = std::int64_t{1} << 30;  // bytes of constants; more pass through a file
    std::filesystem::path profile;    // how the names of what the session's profiler writes begin; empty: it records nothing
    std::filesystem::path rewritten;  // where the model is kept as it is after ONNX Runtime's optimisations; empty: nowhere
};

/// $TRIMTAB_ONNXRUNTIME_OPTIMIZATION: off, basic, extended or all (also when it is not set). Read once. Usage for other words.
Result<GraphOptimizationLevel> optimizationFromEnvironment();

struct Session {
    std::shared_ptr<OrtSession> session;
    Rewritten rewritten;  // filled where the plans need evidence
};

/// Graphs whose constants take more than the setting says, and what ONNX Runtime made of the model, pass through a temporary folder, which
/// is gone when this returns.
Result<Session> makeSession(const Library& library, const Graph& graph, const WeightPlans& plans, const SessionSetting& setting);

}  // namespace trimtab::onnxruntime
