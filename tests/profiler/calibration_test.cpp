// Calibrated compression on the language sample, with the engine and the runs that a worker uses.
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/compress/calibrate/input_rows.h"
#include "core/compress/calibrate/layer_inputs.h"
#include "core/compress/compress.h"
#include "core/compress/prune/prune_layer.h"
#include "core/compress/quantize/round_layer.h"
#include "core/compress/rescale/rescale_graph.h"
#include "core/formats/onnx/reader.h"
#include "core/graph/passes/passes.h"
#include "core/graph/shape_inference.h"
#include "core/graph/weights.h"
#include "core/runtime/inputs.h"
#include "core/tensor/code_values.h"
#include "core/tensor/convert.h"
#include "kernels/cpu/cpu_engine.h"
#include "kernels/cpu/tensor_math.h"
#include "kernels/ref/reference.h"
#include "profiler/worker/calibration_runs.h"

namespace trimtab::worker {
namespace {

using testing::HasSubstr;

Graph sample(const std::string& name) {
    auto read = formats::onnx::read(std::string(TRIMTAB_SOURCE_DIR) + "/resources/samples/" + name + "/" + name + ".onnx").value();
    EXPECT_TRUE(graph::inferShapes(read.graph));
    ref::ReferenceEvaluator evaluator;
    EXPECT_TRUE(graph::simplify(read.graph, evaluator));
    return std::move(read.graph);
}

std::vector<std::vector<NamedTensor>> drawnBatches(const Graph& graph, int count, std::uint64_t seed) {
    std::vector<std::vector<NamedTensor>> batches;
    recipe::RunSetting setting;
    for (const std::string& symbol : graph::openSymbols(graph)) setting.symbols[symbol] = symbol == "batch" ? 2 : 24;
    for (int i = 0; i < count; ++i) {
        setting.seed = seed + static_cast<std::uint64_t>(i);
        batches.push_back(runtime::makeInputs(graph, setting).value());
    }
    return batches;
}

std::vector<float> outputOf(const Graph& graph, const std::vector<NamedTensor>& inputs) {
    auto engine = cpu::makeCpuEngine(2);
    auto model = engine->compile(graph, {}).value();
    return tensor::toFloats(model->run(inputs).value()[0].tensor);
}

double distance(const std::vector<float>& a, const std::vector<float>& b) {
    double error = 0, norm = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        error += std::pow(static_cast<double>(a[i]) - b[i], 2);
        norm += std::pow(static_cast<double>(a[i]), 2);
    }
    return std::sqrt(error / norm);
}

class Calibration : public testing::Test {
protected:
    void open(const std::string& name) {
        m_graph = sample(name);
        m_runs = std::make_unique<CalibrationRuns>(drawnBatches(m_graph, 8, 1), *m_engine, recipe::RunSetting{}, m_call);
        m_tools.activations = m_runs.get();
        m_tools.math = m_math.get();
    }
    Graph compressed(const std::string& recipe) {
        m_runs->restart();
        auto made = compress::compress(m_graph, recipe::parse(recipe).value(), m_tools);
        EXPECT_TRUE(made) << recipe << ": " << made.error().text();
        return made ? std::move(made->graph) : Graph();
    }
    /// Of the compressed model's output from the model's own, on inputs that calibration did not see.
    double loss(const std::string& recipe) {
        const Graph graph = compressed(recipe);
        double sum = 0;
        for (const auto& inputs : drawnBatches(m_graph, 3, 100)) sum += distance(outputOf(m_graph, inputs), outputOf(graph, inputs));
        return sum / 3;
    }

    Call m_call{[](double, const std::string&) {}, [] { return false; }};
    std::unique_ptr<runtime::Engine> m_engine = cpu::makeCpuEngine(2);
    std::unique_ptr<compress::TensorMath> m_math = cpu::makeTensorMath();
    std::unique_ptr<CalibrationRuns> m_runs;
    compress::Tools m_tools;
    Graph m_graph;
};

TEST_F(Calibration, ShowsEveryValueAsOneWholeRunMakesIt) {
    for (const char* name : {"language", "classifier"}) {
        open(name);
        const auto batches = drawnBatches(m_graph, 8, 1);
        for (const graph::WeightUse& use : graph::compressibleWeights(m_graph)) {
            const graph::ValueId input = m_graph.nodes[static_cast<std::size_t>(use.node)].input(0);
            Graph whole = m_graph;
            whole.outputs = {input};
            whole.removeDeadNodes();
            std::size_t batch = 0;
            const auto taken = m_runs->forEach(m_graph, std::span(&input, 1), [&](std::size_t, const Tensor& value) -> Status {
                const bool isGiven = std::ranges::find(m_graph.inputs, input) != m_graph.inputs.end();
                if (!isGiven && batch < 2) { EXPECT_LT(distance(outputOf(whole, batches[batch]), tensor::toFloats(value)), 1e-5); }
                ++batch;
                return {};
            });
            ASSERT_TRUE(taken) << taken.error().text();
            EXPECT_EQ(batch, 8U);
        }
    }
}

TEST_F(Calibration, RescalingMeansTheSame) {
    open("language");
    for (const char* method : {"awq", "smoothquant"}) {
        m_runs->restart();
        const auto recipe = recipe::parse(R"({"weights": {"bits": 4, "group": 32, "method": ")" + std::string(method) + "\"}}").value();
        const auto scaled = compress::rescaled(m_graph, recipe, m_tools);
        ASSERT_TRUE(scaled) << scaled.error().text();
        ASSERT_TRUE(scaled->validate());
        for (const auto& inputs : drawnBatches(m_graph, 2, 50))
            EXPECT_LT(distance(outputOf(m_graph, inputs), outputOf(*scaled, inputs)), 1e-5) << method;
    }
}

TEST_F(Calibration, AwqLosesLessThanRoundingWhereNoChannelStandsOut) {
    open("language");
    for (const char* bits : {"3", "4"}) {
        const std::string weights = R"({"weights": {"group": 64, "bits": )" + std::string(bits);
        EXPECT_LT(loss(weights + R"(, "method": "awq"}})"), 0.95 * loss(weights + "}}")) << bits;
    }
}

TEST_F(Calibration, SecondOrderBeatsRoundingAndMagnitude) {
    open("language");
    EXPECT_LT(loss(R"({"weights": {"bits": 3, "method": "gptq"}})"), 0.95 * loss(R"({"weights": {"bits": 3}})"));
    const double magnitude = loss(R"({"prune": {"ratio": 0.5}})");
    EXPECT_LT(loss(R"({"prune": {"ratio": 0.5, "method": "sparsegpt"}})"), 0.95 * magnitude);
    EXPECT_LT(magnitude, 0.8 * loss(R"({"prune": {"ratio": 0.5, "method": "random"}})"));
}

// Bounds stand a quarter above what is lost today, or half way to an output of zeros, which loses 1.
TEST_F(Calibration, EveryMethodAndCompositionKeepsMostOfTheOutput) {
    open("language");
    const std::pair<const char*, double> bounds[] = {
        {R"({"weights": {"bits": 4, "method": "mse"}})", 0.22},
        {R"({"weights": {"bits": 4, "method": "hqq", "scheme": "asymmetric", "group": 32}})", 0.16},
        {R"({"weights": {"bits": 4, "method": "gptq", "group": 32, "act_order": true}})", 0.13},
        {R"({"weights": {"bits": 4, "method": "awq+gptq"}})", 0.16},
        {R"({"weights": {"bits": 8, "method": "smoothquant"}, "activations": {"bits": 8}, "compute": "int8"})", 0.04},
        {R"({"weights": {"bits": 8, "method": "smoothquant+gptq"}, "activations": {"bits": 8}, "compute": "int8"})", 0.04},
        {R"({"prune": {"ratio": 0.5, "method": "wanda"}})", 0.56},
        {R"({"prune": {"pattern": "2:4", "method": "wanda"}})", 0.8},
        {R"({"prune": {"pattern": "2:4", "method": "sparsegpt"}, "weights": {"bits": 4, "method": "gptq"}})", 0.55},
        {R"({"prune": {"ratio": 0.25, "pattern": "block 4x4"}})", 0.8},
        {R"({"prune": {"ratio": 0.25, "pattern": "rows"}})", 0.95}};
    for (const auto& [recipe, bound] : bounds) EXPECT_LT(loss(recipe), bound) << recipe;
}

TEST_F(Calibration, PrunedWeightsStayZeroUnderGptq) {
    open("language");
    const Graph graph = compressed(R"({"prune": {"pattern": "2:4", "method": "sparsegpt"}, "weights": {"bits": 4, "method": "gptq"}})");
    for (const graph::WeightUse& use : graph::compressibleWeights(graph)) {
        const auto& codes = *graph.value(use.value).quantized;
        for (std::int64_t row = 0; row < codes.rows; ++row) {
            for (std::int64_t begin = row * codes.columns; begin + 4 <= (row + 1) * codes.columns; begin += 4) {
                int others = 0;
                for (std::int64_t k = begin; k < begin + 4; ++k) others += codes.codes[static_cast<std::size_t>(k)] != 0;
                ASSERT_LE(others, 2) << graph.nodes[static_cast<std::size_t>(use.node)].name << ", row " << row;
            }
        }
    }
}

/// ‖X (W − Ŵ)ᵀ‖² over all rows of a layer's input.
double layerError(const std::vector<std::vector<float>>& inputs, const std::vector<float>& before, const std::vector<float>& after,
                  std::size_t columns) {
    const std::size_t rows = before.size() / columns / inputs.size();
    double error = 0;
    for (std::size_t part = 0; part < inputs.size(); ++part) {
        for (std::size_t row = part * rows; row < (part + 1) * rows; ++row) {
            std::vector<double> lost(columns);
            for (std::size_t j = 0; j < columns; ++j) lost[j] = static_cast<double>(before[row * columns + j]) - after[row * columns + j];
            for (std::size_t x = 0; x < inputs[part].size(); x += columns) {
                double output = 0;
                for (std::size_t j = 0; j < columns; ++j) output += lost[j] * inputs[part][x + j];
                error += output * output;
            }
        }
    }
    return error;
}

TEST_F(Calibration, SecondOrderIsWorseInNoLayerOfTheSamples) {
    for (const char* name : {"language", "classifier"}) {
        open(name);
        std::size_t layers = 0;
        for (const graph::WeightUse& use : graph::compressibleWeights(m_graph)) {
            const graph::Node& node = m_graph.nodes[static_cast<std::size_t>(use.node)];
            const Tensor& weight = *m_graph.constantOf(use.value);
            const recipe::PruneSpec half{"sparsegpt", "unstructured", "layer", 0.5};
            recipe::WeightSpec four{4};
            four.method = "gptq";
            recipe::Settings settings;
            settings.prune = half;
            settings.weights = four;
            m_runs->restart();
            const auto known = compress::collectInputs(m_graph, use, compress::needsOf(settings), m_tools);
            ASSERT_TRUE(known) << known.error().text();
            std::vector<std::vector<float>> inputs(known->size());
            m_runs->restart();
            const graph::ValueId input = node.input(0);
            ASSERT_TRUE(m_runs->forEach(m_graph, std::span(&input, 1), [&](std::size_t, const Tensor& value) -> Status {
                for (std::size_t part = 0; part < inputs.size(); ++part) {
                    TRIMTAB_TRY(const auto rows, compress::inputRows(node, weight.shape(), value, static_cast<std::int64_t>(part)));
                    inputs[part].insert(inputs[part].end(), rows.values.begin(), rows.values.end());
                }
                return {};
            }));
            const std::vector<float> before = tensor::toRows(weight, use.layout).value();
            const auto error = [&](const std::vector<float>& after) {
                return layerError(inputs, before, after, static_cast<std::size_t>(use.columns));
            };
            const auto rounded = [&](const recipe::WeightSpec& spec) {
                return error(tensor::decodedRows(
                    compress::roundLayer(before, use.rows, use.columns, spec, false, *known, m_tools).value()));
            };
            const auto pruned = [&](const recipe::PruneSpec& spec) {
                std::vector<float> after = before;
                EXPECT_TRUE(compress::pruneLayer(after, use.rows, use.columns, spec, *known, node.name, m_tools));
                return error(after);
            };
            EXPECT_LE(rounded(four), rounded(recipe::WeightSpec{4})) << name << " " << node.name;
            EXPECT_LE(pruned(half), pruned({"magnitude", "unstructured", "layer", 0.5})) << name << " " << node.name;
            ++layers;
        }
        EXPECT_GE(layers, 4U) << name;
    }
}

TEST_F(Calibration, ConvolutionsAreUnfolded) {
    open("classifier");
    EXPECT_LT(loss(R"({"weights": {"bits": 3, "method": "gptq"}})"), loss(R"({"weights": {"bits": 3}})"));
    EXPECT_LT(loss(R"({"prune": {"ratio": 0.7, "method": "sparsegpt"}})"), loss(R"({"prune": {"ratio": 0.7}})"));
    m_runs->restart();
    const auto refused = compress::compress(m_graph, recipe::parse(R"({"weights": {"bits": 4, "method": "awq"}})").value(), m_tools);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().text(), HasSubstr("matrix products"));
}

TEST_F(Calibration, WithoutDataItIsRefused) {
    open("language");
    for (const char* recipe : {R"({"weights": {"bits": 4, "method": "gptq"}})", R"({"weights": {"bits": 4, "method": "awq"}})",
                               R"({"prune": {"ratio": 0.5, "method": "wanda"}})"}) {
        const auto refused = compress::compress(m_graph, recipe::parse(recipe).value());
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, ErrorCode::Refused);
        EXPECT_THAT(refused.error().text(), HasSubstr("calibration"));
    }
}

}  // namespace
}  // namespace trimtab::worker
