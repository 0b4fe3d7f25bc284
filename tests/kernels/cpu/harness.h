#pragma once
// Runs a graph on engine cpu and on the reference engine and compares every output.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/runtime/engine.h"
#include "tests/kernels/cpu/graph_maker.h"

namespace trimtab::test {

struct Tolerance {
    double absolute = 1e-5;
    double relative = 1e-5;  // of the largest magnitude of the reference's output
};

struct Outcome {
    std::vector<NamedTensor> outputs;  // own copies
    std::vector<trace::LayerRecord> layers;
};

/// One run (repeated once, to catch a replay that differs). Fails the test when anything goes wrong.
Outcome runOnCpu(const Graph& graph, const std::vector<NamedTensor>& inputs, int threads = 2);
std::vector<NamedTensor> runOnReference(const Graph& graph, const std::vector<NamedTensor>& inputs);

/// Same shapes and types; floats within the tolerance, everything else equal.
void expectClose(const std::vector<NamedTensor>& actual, const std::vector<NamedTensor>& expected, Tolerance tolerance);

/// Runs both and compares. Returns the CPU engine's layers.
std::vector<trace::LayerRecord> expectLikeReference(const Graph& graph, const std::vector<NamedTensor>& inputs, Tolerance tolerance = {});

/// The record of the first node with this operator; fails the test without one.
trace::LayerRecord layerOf(const std::vector<trace::LayerRecord>& layers, const std::string& op);

}  // namespace trimtab::test
