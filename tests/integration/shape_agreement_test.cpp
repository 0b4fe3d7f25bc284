// Shape inference against the recorded outputs of the ONNX backend tests: what the files declare of intermediate values and outputs is
// erased first, so that only the rules speak. Whatever they call known must be what was recorded.
#include <algorithm>
#include <filesystem>
#include <set>

#include <gtest/gtest.h>

#include "core/formats/onnx/reader.h"
#include "core/graph/shape_inference.h"

namespace trimtab {
namespace {

namespace fs = std::filesystem;

struct BackendTest {
    std::string name;
    Graph graph;                    // declarations erased but for inputs
    std::vector<Tensor> inputs;     // undefined where the file holds no tensor
    std::vector<Tensor> outputs;
};

/// Tensors named like input_0.pb, in order; undefined for sequences and optionals.
std::vector<Tensor> readTensors(const fs::path& folder, const std::string& stem, const Graph& graph,
                                const std::vector<graph::ValueId>& ids) {
    std::vector<Tensor> tensors;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const graph::ValueType& type = graph.value(ids[i]).type;
        const fs::path path = folder / (stem + "_" + std::to_string(i) + ".pb");
        tensors.emplace_back();
        if (type.isSequence || type.isOptional || !fs::exists(path)) continue;
        auto read = formats::onnx::readTensorFile(path);
        if (read) tensors.back() = std::move(*read);
    }
    return tensors;
}

std::vector<BackendTest> readFolder(const std::string& folder, std::vector<std::string>& refused) {
    std::vector<BackendTest> tests;
    std::set<fs::path> paths;
    for (const auto& entry : fs::directory_iterator(fs::path(TRIMTAB_ONNX_TESTDATA) / folder)) {
        // Records of bfloat16 are kept as plain 16-bit integers, of another shape than the model says.
        if (entry.path().filename().string().find("BFLOAT16") == std::string::npos) paths.insert(entry.path());
    }
    for (const fs::path& path : paths) {
        auto read = formats::onnx::read(path / "model.onnx");
        if (!read) {
            refused.push_back(path.filename().string() + ": " + read.error().text());
            continue;
        }
        BackendTest test{path.filename().string(), std::move(read->graph), {}, {}};
        test.inputs = readTensors(path / "test_data_set_0", "input", test.graph, test.graph.inputs);
        test.outputs = readTensors(path / "test_data_set_0", "output", test.graph, test.graph.outputs);
        std::set<graph::ValueId> inputs(test.graph.inputs.begin(), test.graph.inputs.end());
        for (std::size_t i = 0; i < test.graph.values.size(); ++i) {
            if (!inputs.contains(static_cast<graph::ValueId>(i))) test.graph.values[i].type = {};
        }
        tests.push_back(std::move(test));
    }
    return tests;
}

/// Compares every output with its record; returns how many have no open dim left.
int agree(const BackendTest& test, const Graph& graph) {
    int complete = 0;
    for (std::size_t i = 0; i < graph.outputs.size(); ++i) {
        const Tensor& recorded = test.outputs[i];
        const graph::ValueType& type = graph.value(graph.outputs[i]).type;
        if (!recorded.defined()) continue;
        if (type.type != DataType::Undefined) {
            EXPECT_EQ(type.type, recorded.type()) << test.name << " output " << i;
        }
        if (!type.dims) continue;
        EXPECT_EQ(static_cast<int>(type.dims->size()), recorded.shape().rank()) << test.name << " output " << i << ": " << type.text();
        if (static_cast<int>(type.dims->size()) != recorded.shape().rank()) continue;
        for (int axis = 0; axis < recorded.shape().rank(); ++axis) {
            const graph::Dim& dim = (*type.dims)[static_cast<std::size_t>(axis)];
            if (dim.isKnown()) {
                EXPECT_EQ(dim.extent, recorded.shape()[axis])
                    << test.name << " output " << i << ": " << type.text() << " but " << recorded.shape().text();
            }
        }
        complete += type.shape().has_value() ? 1 : 0;
    }
    return complete;
}

int recordedOutputs(const BackendTest& test) {
    int count = 0;
    for (const Tensor& output : test.outputs) count += output.defined() ? 1 : 0;
    return count;
}

/// Inputs become constants: rules that need values have them.
Graph withValues(const BackendTest& test) {
    Graph graph = test.graph;
    std::vector<graph::ValueId> open;
    for (std::size_t i = 0; i < graph.inputs.size(); ++i) {
        if (test.inputs[i].defined()) {
            graph.value(graph.inputs[i]).constant = test.inputs[i];
        } else {
            open.push_back(graph.inputs[i]);
        }
    }
    graph.inputs = open;
    return graph;
}

/// Every extent of every input becomes a symbol of its own.
Graph withSymbols(const BackendTest& test) {
    Graph graph = test.graph;
    for (const graph::ValueId id : graph.inputs) {
        if (!graph.value(id).type.dims) continue;
        for (graph::Dim& dim : *graph.value(id).type.dims) dim = graph::Dim::unknown();
    }
    return graph;
}

void checkAll(const std::vector<BackendTest>& tests, int& recorded, int& complete, std::set<std::string>& incomplete) {
    for (const BackendTest& test : tests) {
        Graph known = withValues(test);
        const Status status = graph::inferShapes(known);
        EXPECT_TRUE(status) << test.name << ": " << status.error().text();
        const int here = agree(test, known);
        recorded += recordedOutputs(test);
        complete += here;
        if (here < recordedOutputs(test)) incomplete.insert(test.name);

        Graph symbolic = withSymbols(test);
        const Status open = graph::inferShapes(symbolic);
        EXPECT_TRUE(open) << test.name << ": " << open.error().text();
        agree(test, symbolic);
        std::map<std::string, Shape> shapes;
        for (std::size_t i = 0; i < symbolic.inputs.size(); ++i) {
            if (test.inputs[i].defined()) shapes[symbolic.value(symbolic.inputs[i]).name] = test.inputs[i].shape();
        }
        const Status bound = graph::bindInputShapes(symbolic, shapes);
        EXPECT_TRUE(bound) << test.name << ": " << bound.error().text();
        agree(test, symbolic);
    }
}

TEST(ShapeAgreement, EveryOutputOfTheConformanceModelsIsKnownAndAsRecorded) {
    for (const char* folder : {"simple", "pytorch-converted", "pytorch-operator"}) {
        std::vector<std::string> refused;
        const auto tests = readFolder(folder, refused);
        int recorded = 0;
        int complete = 0;
        std::set<std::string> incomplete;
        checkAll(tests, recorded, complete, incomplete);
        // Text normalisation and gradients have no rule, and an element of a sequence is known when it runs.
        std::erase_if(incomplete, [](const std::string& name) {
            return name.find("strnorm") != std::string::npos || name.find("gradient") != std::string::npos ||
                   name.find("sequence") != std::string::npos;
        });
        EXPECT_TRUE(incomplete.empty()) << folder << ": " << *incomplete.begin();
        EXPECT_GT(complete, 0) << folder;
        for (const std::string& reason : refused) EXPECT_TRUE(reason.find("strnorm") != std::string::npos) << reason;
    }
}

TEST(ShapeAgreement, SingleOperatorModelsAgreeWithTheirRecords) {
    std::vector<std::string> refused;
    const auto tests = readFolder("node", refused);
    int recorded = 0;
    int complete = 0;
    std::set<std::string> incomplete;
    checkAll(tests, recorded, complete, incomplete);
    // Extents that depend on values, nodes with subgraphs, and operators without a rule.
    constexpr std::string_view kOpen[] = {"compress",
                                          "nonmaxsuppression",
                                          "nonzero",
                                          "unique",
                                          "if",
                                          "loop",
                                          "scan",
                                          "range_float_type_positive_delta_expanded",
                                          "range_int32_type_negative_delta_expanded",
                                          "adagrad",
                                          "adam",
                                          "momentum",
                                          "nesterov",
                                          "dft",
                                          "stft",
                                          "melweight",
                                          "tfidf"};
    std::erase_if(incomplete, [&](const std::string& name) {
        return std::ranges::any_of(kOpen, [&](std::string_view stem) { return name.starts_with("test_" + std::string(stem)); });
    });
    for (const std::string& name : incomplete) ADD_FAILURE() << name << " has an output whose shape stays open";
    EXPECT_GT(complete, recorded * 9 / 10);
}

}  // namespace
}  // namespace trimtab
