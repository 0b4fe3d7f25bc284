// Models whose own type is not float32: what was compressed is what the written file computes.
#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/base/file.h"
#include "core/base/random.h"
#include "core/compress/compress.h"
#include "core/formats/onnx/reader.h"
#include "core/formats/onnx/writer.h"
#include "core/graph/shape_inference.h"
#include "core/runtime/inputs.h"
#include "core/tensor/convert.h"
#include "kernels/cpu/cpu_engine.h"
#include "kernels/cpu/tensor_math.h"
#include "profiler/worker/calibration_runs.h"
#include "profiler/worker/read_back.h"
#include "tests/support/model_builder.h"

namespace trimtab::worker {
namespace {

using support::ModelBuilder;

Tensor drawn(DataType type, const Shape& shape, std::uint64_t seed, double size) {
    base::Random random(seed);
    std::vector<float> values(static_cast<std::size_t>(shape.elementCount()));
    for (float& value : values) value = static_cast<float>(random.normal() * size);
    return *tensor::convert(Tensor::fromFloats(shape, values), type);
}

/// Two products behind a factor a column, the second with a bias; some inputs stand out.
Graph products(DataType type, int opset) {
    const std::string bytes = ModelBuilder()
                                  .opset(opset)
                                  .input("x", type, {"batch", 64})
                                  .constant("size", drawn(type, {64}, 1, 3))
                                  .constant("w1", drawn(type, {64, 96}, 2, 0.1))
                                  .constant("w2", drawn(type, {16, 96}, 3, 0.1))
                                  .constant("b2", drawn(type, {16}, 4, 0.1))
                                  .node("Mul", {"x", "size"}, {"sized"})
                                  .node("MatMul", {"sized", "w1"}, {"h"}, {}, "first")
                                  .node("Relu", {"h"}, {"r"})
                                  .node("Gemm", {"r", "w2", "b2"}, {"y"}, {{"transB", 1}}, "second")
                                  .output("y", type, {"batch", 16})
                                  .bytes();
    auto read = formats::onnx::readBytes(std::as_bytes(std::span(bytes)), nullptr, ".");
    EXPECT_TRUE(read) << read.error().text();
    EXPECT_TRUE(graph::inferShapes(read->graph));
    return std::move(read->graph);
}

class NarrowModels : public testing::Test {
protected:
    std::vector<NamedTensor> inputsOf(const Graph& graph, std::int64_t batch, std::uint64_t seed) {
        recipe::RunSetting setting;
        setting.batch = batch;
        setting.seed = seed;
        return runtime::makeInputs(graph, setting).value();
    }

    Result<compress::Compressed> compressed(const Graph& graph, const std::string& text) {
        TRIMTAB_TRY(const auto recipe, recipe::parse(text));
        CalibrationRuns runs({inputsOf(graph, 300, 1)}, *m_cpu, recipe::RunSetting{}, m_call);
        compress::Tools tools;
        tools.activations = &runs;
        tools.math = m_math.get();
        return compress::compress(graph, recipe, tools);
    }

    /// Of the written file's outputs, as a share of the largest.
    double errorOfFile(const Graph& graph) {
        recipe::RunSetting setting;
        setting.batch = 7;
        const auto meant = runMeant(graph, setting, m_call);
        EXPECT_TRUE(meant) << meant.error().text();
        const auto file = m_folder.path() / "model.onnx";
        const auto written = formats::onnx::write(graph, file);
        EXPECT_TRUE(written) << written.error().text();
        const auto error = readBackError(*meant, file.string(), m_call);
        EXPECT_TRUE(error) << error.error().text();
        return error.value_or(INFINITY);
    }

    Call m_call{[](double, const std::string&) {}, [] { return false; }};
    std::unique_ptr<runtime::Engine> m_cpu = cpu::makeCpuEngine(1);
    std::unique_ptr<compress::TensorMath> m_math = cpu::makeTensorMath();
    base::TemporaryFolder m_folder = *base::TemporaryFolder::create("narrow");
};

const std::vector<std::string> kWeights{
    R"("bits": 8)",
    R"("bits": 8, "scheme": "asymmetric")",
    R"("bits": 4, "group": 32)",
    R"("bits": 4, "group": 32, "scheme": "asymmetric")",
    R"("bits": 3, "group": 12)",
    R"("bits": 4, "group": 32, "method": "gptq")",
    R"("bits": 4, "group": 32, "method": "awq")",
    R"("bits": 8, "method": "smoothquant")",
    R"("bits": 8, "format": "fp8_e4m3")",
    R"("bits": 4, "format": "nf4", "group": 32)",
    R"("bits": 4, "format": "mxfp4")",
    R"("bits": 4, "format": "nvfp4")",
};

TEST_F(NarrowModels, TheFileComputesWhatWasCompressed) {
    for (const DataType type : {DataType::Float16, DataType::BFloat16, DataType::Float64})
        for (const int opset : {15, 21})
            for (const std::string& weights : kWeights) {
                const auto made = compressed(products(type, opset), "{\"weights\": {" + weights + "}}");
                ASSERT_TRUE(made) << tensor::name(type) << weights << ": " << made.error().text();
                EXPECT_LE(errorOfFile(made->graph), 1e-6) << tensor::name(type) << ", operator set " << opset << ", " << weights;
            }
}

TEST_F(NarrowModels, TheFileQuantisesActivationsOfSixteenBits) {
    for (const DataType type : {DataType::Float16, DataType::BFloat16})
        for (const char* mode : {"dynamic", "static"}) {
            const auto made = compressed(products(type, 15), std::string(R"({"weights": {"bits": 8}, "compute": "int8", )") +
                                                                 R"("activations": {"bits": 8, "mode": ")" + mode + "\"}}");
            ASSERT_TRUE(made) << made.error().text();
            EXPECT_LE(errorOfFile(made->graph), 2e-2) << tensor::name(type) << ", " << mode;
            const auto back = formats::onnx::read(m_folder.path() / "model.onnx");
            ASSERT_TRUE(back);
            const auto quantises = [](const graph::Node& node) {
                return node.op == "DynamicQuantizeLinear" || node.op == "QuantizeLinear";
            };
            EXPECT_EQ(std::ranges::count_if(back->graph.nodes, quantises), 2) << tensor::name(type) << ", " << mode;
        }
}

bool isPowerOfTwo(float value) {
    int exponent = 0;
    return std::frexp(value, &exponent) == 0.5F;
}

TEST_F(NarrowModels, RescalingDividesByPowersOfTwoThatCostNoDigit) {
    const Graph graph = products(DataType::BFloat16, 15);
    const auto before = tensor::toFloats(*graph.constantOf(graph.find("size")));
    for (const char* method : {"awq", "smoothquant"}) {
        const auto made = compressed(graph, std::string(R"({"weights": {"bits": 8, "method": ")") + method + "\"}}");
        ASSERT_TRUE(made) << made.error().text();
        int rescaled = 0;
        for (const graph::Node& node : made->graph.nodes) {
            if (!node.is("Mul")) continue;
            auto factors = tensor::toFloats(*made->graph.constantOf(node.input(1)));
            const bool isFolded = made->graph.value(node.input(0)).name == "x";
            for (std::size_t i = 0; i < factors.size(); ++i) {
                const float scale = isFolded ? before[i] / factors[i] : 1 / factors[i];
                EXPECT_TRUE(isPowerOfTwo(scale)) << method << ": " << scale;
                rescaled += scale != 1;
            }
        }
        EXPECT_GT(rescaled, 20) << method;
    }
}

TEST_F(NarrowModels, ProductsOfFloat64AreNotRoundedInSecret) {
    const Graph graph = products(DataType::Float64, 15);
    for (const char* recipe : {R"({"compute": "bf16"})", R"({"weights": {"bits": 8}, "compute": "int8", "activations": {"bits": 8}})"}) {
        const auto made = compressed(graph, recipe);
        ASSERT_FALSE(made) << recipe;
        EXPECT_NE(made.error().text().find("float64"), std::string::npos) << made.error().text();
        EXPECT_NE(made.error().text().find("first"), std::string::npos) << made.error().text();
    }
}

}  // namespace
}  // namespace trimtab::worker
