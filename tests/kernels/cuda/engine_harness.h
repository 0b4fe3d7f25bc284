#pragma once
// Runs a graph on engine cuda (over the emulator or a GPU, by how the test is built) and on the reference engine, and compares every
// output.
#include <memory>
#include <string>
#include <vector>

#include "core/runtime/engine.h"
#include "kernels/cuda/tools.h"

namespace trimtab::cuda {

/// One for all tests of the process.
std::shared_ptr<Tools> sharedTools();

struct EngineOutcome {
    std::vector<NamedTensor> outputs;  // own copies
    std::vector<trace::LayerRecord> layers;
};

/// Runs three times (step by step, recorded, replayed), which must agree bit for bit. Fails the test when anything goes wrong.
EngineOutcome runOnCuda(const Graph& graph, const std::vector<NamedTensor>& inputs);
std::vector<NamedTensor> runOnReference(const Graph& graph, const std::vector<NamedTensor>& inputs);

/// ‖cuda − reference‖ / ‖reference‖ of every floating output at most `tolerance`; other outputs equal. Returns the layers.
std::vector<trace::LayerRecord> expectLikeReference(const Graph& graph, const std::vector<NamedTensor>& inputs, double tolerance = 1e-5);
void expectClose(const std::vector<NamedTensor>& actual, const std::vector<NamedTensor>& expected, double tolerance);

/// The record of the first node with this operator; fails the test without one.
trace::LayerRecord layerOf(const std::vector<trace::LayerRecord>& layers, const std::string& op);

}  // namespace trimtab::cuda
