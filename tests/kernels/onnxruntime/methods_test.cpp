// Every method of compression in every form that a file takes: what ONNX Runtime makes of the exported model, held against our own
// engine's outputs of the compressed one, within the tolerance that the worker states for written files.
#include <gmock/gmock.h>

#include <cmath>

#include "core/base/random.h"
#include "core/tensor/convert.h"
#include "kernels/cpu/cpu_engine.h"
#include "kernels/cpu/tensor_math.h"
#include "profiler/worker/calibration_runs.h"
#include "profiler/worker/read_back.h"
#include "tests/kernels/onnxruntime/harness.h"

namespace trimtab::onnxruntime {
namespace {

using support::ModelBuilder;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr int kOldOpset = 15;  // of the samples
constexpr int kNewOpset = 21;  // DequantizeLinear takes float8 and blocks

Tensor drawn(const Shape& shape, std::uint64_t seed, double size) {
    base::Random random(seed);
    std::vector<float> values(static_cast<std::size_t>(shape.elementCount()));
    for (float& value : values) value = static_cast<float>(random.normal() * size);
    return Tensor::fromFloats(shape, values);
}

/// Two products by MatMul and one by Gemm, of which some inputs stand out.
Graph products(int opset, DataType type = DataType::Float32) {
    const auto weight = [type](const Shape& shape, std::uint64_t seed, double size) {
        return *tensor::convert(drawn(shape, seed, size), type);
    };
    return built(ModelBuilder()
                     .opset(opset)
                     .input("x", type, {"batch", 64})
                     .constant("size", weight({64}, 1, 3))
                     .constant("w1", weight({64, 96}, 2, 0.1))
                     .constant("w2", weight({96, 48}, 3, 0.1))
                     .constant("w3", weight({16, 48}, 4, 0.1))
                     .constant("b3", weight({16}, 5, 0.1))
                     .node("Mul", {"x", "size"}, {"sized"})
                     .node("MatMul", {"sized", "w1"}, {"h1"}, {}, "first")
                     .node("Relu", {"h1"}, {"r1"})
                     .node("MatMul", {"r1", "w2"}, {"h2"}, {}, "second")
                     .node("Relu", {"h2"}, {"r2"})
                     .node("Gemm", {"r2", "w3", "b3"}, {"y"}, {{"transB", 1}}, "third")
                     .output("y", type, {"batch", 16}));
}

Graph convolutions(int opset) {
    return built(ModelBuilder()
                     .opset(opset)
                     .input("x", DataType::Float32, {"batch", 4, 8, 8})
                     .constant("w1", drawn({16, 4, 3, 3}, 6, 0.2))
                     .constant("b1", drawn({16}, 7, 0.1))
                     .constant("w2", drawn({16, 8, 3, 3}, 8, 0.1))
                     .node("Conv", {"x", "w1", "b1"}, {"h"}, {{"pads", {1, 1, 1, 1}}}, "first")
                     .node("Relu", {"h"}, {"r"})
                     .node("Conv", {"r", "w2"}, {"y"}, {{"group", 2}}, "second")
                     .output("y", DataType::Float32, {"batch", 16, 6, 6}));
}

std::vector<NamedTensor> inputsOf(const Graph& graph, std::int64_t batch, std::uint64_t seed) {
    recipe::RunSetting setting;
    setting.batch = batch;
    setting.seed = seed;
    return runtime::makeInputs(graph, setting).value();
}

struct Agreement {
    double difference = 0;  // relative to the largest output
    double tolerance = 0;
    std::vector<trace::LayerRecord> rows;
};

class Methods : public WithLibrary {
protected:
    /// Compressed by our own calibration, run by both. No value where the recipe is refused.
    std::optional<Agreement> agreementOf(const Graph& graph, const std::string& text) {
        const auto recipe = recipe::parse(text);
        if (!recipe) return std::nullopt;
        worker::CalibrationRuns runs({inputsOf(graph, 48, 1), inputsOf(graph, 48, 2)}, *m_cpu, recipe::RunSetting{}, m_call);
        compress::Tools tools;
        tools.activations = &runs;
        tools.math = m_math.get();
        const auto made = compress::compress(graph, *recipe, tools);
        EXPECT_TRUE(made) << text << ": " << made.error().text();
        if (!made) return std::nullopt;
        const auto inputs = inputsOf(graph, 5, 9);
        const auto wanted = ref::makeReferenceEngine()->compile(made->graph, {}).value()->run(inputs).value();
        const auto compiled = engine()->compile(made->graph, {});
        EXPECT_TRUE(compiled) << text << ": " << compiled.error().text();
        if (!compiled) return std::nullopt;
        const auto got = (*compiled)->run(inputs).value();
        Agreement agreement{.tolerance = worker::readBackTolerance(made->graph), .rows = (*compiled)->layers()};
        double largest = 0;
        for (std::int64_t k = 0; k < wanted[0].tensor.elementCount(); ++k) {
            const double a = tensor::elementAsDouble(wanted[0].tensor, k), b = tensor::elementAsDouble(got[0].tensor, k);
            EXPECT_TRUE(std::isfinite(b)) << text;
            largest = std::max(largest, std::abs(a));
            agreement.difference = std::max(agreement.difference, std::abs(a - b));
        }
        agreement.difference /= largest;
        return agreement;
    }

    void expectAgreement(const Graph& graph, const std::string& text, double atLeast = 0) {
        const auto agreement = agreementOf(graph, text);
        ASSERT_TRUE(agreement) << text;
        EXPECT_LE(agreement->difference, std::max(agreement->tolerance, atLeast)) << text;
        ++m_agreements;
    }

    int m_agreements = 0;

private:
    worker::Call m_call{[](double, const std::string&) {}, [] { return false; }};
    std::unique_ptr<runtime::Engine> m_cpu = cpu::makeCpuEngine(1);
    std::unique_ptr<compress::TensorMath> m_math = cpu::makeTensorMath();
};

constexpr double kHalfSteps = 0x1p-8;  // roundings of bfloat16 at other places; four of float16

/// The keys of `weights` that choose a form, and what stands beside `weights`.
struct Form {
    const char* weights;
    const char* beside = "";
};

constexpr char kInt8Products[] = R"(, "activations": {"bits": 8}, "compute": "int8")";

const std::vector<Form> kIntegerForms{
    {R"("bits": 8)", kInt8Products},
    {R"("bits": 8, "format": "fixed")", kInt8Products},
    {R"("bits": 8)"},
    {R"("bits": 8, "scheme": "asymmetric")"},
    {R"("bits": 8, "group": 32)"},
    {R"("bits": 6)"},
    {R"("bits": 4, "group": 32)"},
    {R"("bits": 4, "group": 32, "scheme": "asymmetric")"},
    {R"("bits": 4, "group": 12)"},
    {R"("bits": 3, "group": 16)"},
    {R"("bits": 2, "group": 16)"},
    {R"("bits": 2, "group": 16, "scheme": "asymmetric")"},
};

const std::vector<Form> kOtherForms{
    {R"("bits": 8, "format": "fixed")"},    {R"("bits": 4, "format": "fixed", "group": 32)"},
    {R"("bits": 8, "format": "fp8_e4m3")"}, {R"("bits": 8, "format": "fp8_e4m3", "group": 16)"},
    {R"("bits": 8, "format": "fp8_e5m2")"}, {R"("bits": 4, "format": "nf4", "group": 32)"},
    {R"("bits": 4, "format": "nf4")"},      {R"("bits": 4, "format": "fp4", "group": 16)"},
    {R"("bits": 4, "format": "mxfp4")"},    {R"("bits": 4, "format": "nvfp4")"},
};

std::string recipeOf(const Form& form, const std::string& method, const std::string& more = "") {
    return std::string("{\"weights\": {") + form.weights + ", \"method\": \"" + method + "\"" + more + "}" + form.beside + "}";
}

/// AWQ and SmoothQuant rescale the inputs of products alone.
const std::vector<std::string> kRoundings{"rtn", "mse", "gptq"};
const std::vector<std::string> kRescalings{"awq", "awq+mse", "awq+gptq", "smoothquant", "smoothquant+mse", "smoothquant+gptq"};

TEST_F(Methods, ProductsAgreeInEveryFormAndMethod) {
    for (const int opset : {kOldOpset, kNewOpset}) {
        const Graph graph = products(opset);
        for (const auto* forms : {&kIntegerForms, &kOtherForms}) {
            for (const Form& form : *forms) {
                for (const auto* methods : {&kRoundings, &kRescalings})
                    for (const std::string& method : *methods) expectAgreement(graph, recipeOf(form, method));
                expectAgreement(graph, recipeOf(form, "gptq", R"(, "act_order": true, "static_groups": true)"));
            }
        }
        for (const Form& form : kIntegerForms) {
            if (std::string(form.weights).find("fixed") != std::string::npos) continue;
            for (const char* method : {"hqq", "awq+hqq", "smoothquant+hqq"}) expectAgreement(graph, recipeOf(form, method));
        }
    }
    EXPECT_EQ(m_agreements, 2 * (22 * 10 + 11 * 3));
}

TEST_F(Methods, ConvolutionsAgreeInEveryFormAndMethod) {
    for (const int opset : {kOldOpset, kNewOpset}) {
        const Graph graph = convolutions(opset);
        for (const auto* forms : {&kIntegerForms, &kOtherForms})
            for (const Form& form : *forms)
                for (const std::string& method : kRoundings) expectAgreement(graph, recipeOf(form, method));
        for (const char* recipe : {R"({"weights": {"bits": 8, "method": "hqq"}})", R"({"weights": {"bits": 16, "format": "bf16"}})"})
            expectAgreement(graph, recipe);
    }
    EXPECT_EQ(m_agreements, 2 * (22 * 3 + 2));
}

/// A product that no other operator surrounds: ONNX Runtime has few for bfloat16.
Graph bareProduct(DataType type) {
    return built(ModelBuilder()
                     .opset(kNewOpset)
                     .input("x", type, {"batch", 64})
                     .constant("w", *tensor::convert(drawn({64, 48}, 2, 0.1), type))
                     .node("MatMul", {"x", "w"}, {"y"}, {}, "first")
                     .output("y", type, {"batch", 48}));
}

TEST_F(Methods, CodesInModelsOfSixteenBitsAgree) {
    const Graph halves = products(kNewOpset, DataType::Float16);
    const Graph bfloats = bareProduct(DataType::BFloat16);
    for (const Graph* graph : {&halves, &bfloats})
        for (const auto* forms : {&kIntegerForms, &kOtherForms})
            for (const Form& form : *forms) {
                // Its sums of products of codes saturate on processors without VNNI, which the larger values of one product reach.
                if (graph == &bfloats && form.beside == kInt8Products) continue;
                expectAgreement(*graph, recipeOf(form, "rtn"), kHalfSteps);
            }
    EXPECT_EQ(m_agreements, 2 * 22 - 2);
}

TEST_F(Methods, SixteenBitsAgree) {
    const Graph graph = products(kOldOpset);
    for (const char* format : {"bf16", "fp16"}) {
        const std::string weights = std::string(R"({"weights": {"bits": 16, "format": ")") + format + "\"}";
        expectAgreement(graph, weights + "}");
        expectAgreement(graph, weights + R"(, "compute": ")" + format + "\"}");
    }
}

TEST_F(Methods, PruningAgreesAloneAndBeforeRounding) {
    const Graph graph = products(kOldOpset);
    for (const char* method : {"magnitude", "random", "wanda", "sparsegpt"}) {
        for (const char* pattern : {R"("ratio": 0.5)", R"("pattern": "2:4")"}) {
            const std::string prune = std::string(R"({"prune": {"method": ")") + method + "\", " + pattern + "}";
            expectAgreement(graph, prune + "}");
            for (const char* weights :
                 {R"("bits": 4, "group": 32, "method": "gptq")", R"("bits": 4, "format": "nf4", "group": 32, "method": "gptq")",
                  R"("bits": 8, "format": "fp8_e4m3")"})
                expectAgreement(graph, prune + R"(, "weights": {)" + weights + "}}");
            expectAgreement(graph, prune + R"(, "weights": {"bits": 8, "method": "gptq"})" + kInt8Products + "}");
        }
    }
}

TEST_F(Methods, TheFormSaysWhatTheFileHolds) {
    const auto formOf = [&](int opset, const std::string& text) { return agreementOf(products(opset), text)->rows; };
    const auto first = [](const std::vector<trace::LayerRecord>& rows) {
        for (const auto& row : rows)
            if (row.node == "first") return row;
        return trace::LayerRecord{};
    };
    const auto nf4 = first(formOf(kOldOpset, R"({"weights": {"bits": 4, "format": "nf4", "group": 32}})"));
    EXPECT_THAT(nf4.kernel, HasSubstr("MatMulBnb4 nf4 in blocks of 32"));
    EXPECT_EQ(nf4.execution, trace::Execution::Native) << nf4.reason;
    EXPECT_EQ(nf4.weightFormat, "nf4");
    const auto two = first(formOf(kOldOpset, R"({"weights": {"bits": 2, "group": 16}})"));
    EXPECT_THAT(two.kernel, HasSubstr("MatMulNBits int2"));
    EXPECT_EQ(two.execution, trace::Execution::Native) << two.reason;
    const auto old = first(formOf(kOldOpset, R"({"weights": {"bits": 8, "format": "fp8_e4m3"}})"));
    EXPECT_EQ(old.execution, trace::Execution::Emulated);
    EXPECT_THAT(old.reason, HasSubstr("operator set 15 has no DequantizeLinear of float8"));
    const auto fresh = first(formOf(kNewOpset, R"({"weights": {"bits": 8, "format": "fp8_e4m3"}})"));
    EXPECT_THAT(fresh.kernel, HasSubstr("fp8_e4m3 DequantizeLinear"));
    EXPECT_EQ(fresh.weightFormat, "fp8_e4m3");
    const auto micro = first(formOf(kNewOpset, R"({"weights": {"bits": 4, "format": "mxfp4"}})"));
    EXPECT_EQ(micro.execution, trace::Execution::Emulated);
    EXPECT_THAT(micro.reason, HasSubstr("rounded to mxfp4"));
}

}  // namespace
}  // namespace trimtab::onnxruntime
