// Both samples whole, under every form that a file takes, against the reference; and what the rows say of the layers.
#include <gmock/gmock.h>

#include <cmath>
#include <cstdlib>

#include "core/base/file.h"

#include "kernels/onnxruntime/processor.h"
#include "tests/kernels/onnxruntime/harness.h"

namespace trimtab::onnxruntime {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;

constexpr double kExact = 1e-4;
constexpr double kRounded = 3e-2;  // quantised activations and 16-bit values are rounded in another place
/// Where sums of integer products saturate, some outputs are far from what they should be; that the rows must say.
double summed() { return integerSumsSaturate() ? 0.3 : kRounded; }

constexpr char kInt8[] = R"({"weights": {"bits": 8}, "activations": {"bits": 8}, "compute": "int8"})";
constexpr char kInt4[] = R"({"weights": {"bits": 4, "group": 32}})";
constexpr char kWeightOnly8[] = R"({"weights": {"bits": 8}})";
constexpr char kBf16[] = R"({"weights": {"bits": 16, "format": "bf16"}, "compute": "bf16"})";
constexpr char kFp16[] = R"({"weights": {"bits": 16, "format": "fp16"}, "compute": "fp16"})";
constexpr char kPruned[] = R"({"prune": {"ratio": 0.5}})";

using Rows = std::vector<trace::LayerRecord>;

/// The largest difference of any output, in parts of its largest entry; the rows by the way.
double differenceFromReference(const Graph& model, Rows& rows, SessionSetting setting = {}) {
    recipe::RunSetting run;
    run.batch = 2;
    for (const std::string& symbol : graph::openSymbols(model))
        if (symbol != "batch") run.symbols[symbol] = 12;
    const auto inputs = runtime::makeInputs(model, run).value();
    const auto reference = ref::makeReferenceEngine()->compile(model, {}).value();
    const auto wanted = reference->run(inputs).value();
    const auto compiled = OnnxRuntimeModel::make(*openLibrary().value(), model, formats::onnx::planWeights(model), setting).value();
    const auto got = compiled->run(inputs).value();
    rows = compiled->layers();
    EXPECT_EQ(wanted.size(), got.size());
    double worst = 0;
    for (std::size_t i = 0; i < got.size(); ++i) {
        EXPECT_EQ(wanted[i].name, got[i].name);
        EXPECT_EQ(wanted[i].tensor.shape(), got[i].tensor.shape());
        double largest = 0, difference = 0;
        for (std::int64_t k = 0; k < wanted[i].tensor.elementCount(); ++k) {
            const double a = tensor::elementAsDouble(wanted[i].tensor, k), b = tensor::elementAsDouble(got[i].tensor, k);
            EXPECT_TRUE(std::isfinite(b));
            largest = std::max(largest, std::fabs(a));
            difference = std::max(difference, std::fabs(a - b));
        }
        worst = std::max(worst, difference / largest);
    }
    return worst;
}

class Samples : public WithLibrary {
protected:
    static Rows expectLikeReference(const Graph& graph, const char* recipe, double tolerance) {
        SCOPED_TRACE(recipe);
        Rows rows;
        EXPECT_LE(differenceFromReference(compressed(graph, recipe), rows), tolerance);
        return rows;
    }
};

bool isWeighted(const trace::LayerRecord& row) {
    return row.op == "Conv" || row.op == "Gemm" || (row.op == "MatMul" && row.parameters > 0);
}

TEST_F(Samples, TheClassifierAgreesWithTheReference) {
    const Graph graph = sample("classifier");
    for (const auto& row : expectLikeReference(graph, "{}", kExact)) EXPECT_EQ(row.execution, trace::Execution::Native) << row.node;
    expectLikeReference(graph, kWeightOnly8, kExact);
    expectLikeReference(graph, kInt4, kExact);
    expectLikeReference(graph, kBf16, kRounded);
    expectLikeReference(graph, kFp16, kRounded);
    expectLikeReference(graph, kPruned, kExact);
    for (const auto& row : expectLikeReference(graph, kInt8, kRounded)) {
        if (!isWeighted(row)) continue;
        EXPECT_EQ(row.execution, trace::Execution::Emulated) << row.node << ": ONNX Runtime has no such integer convolution";
        EXPECT_THAT(row.reason, HasSubstr("fp32"));
    }
}

TEST_F(Samples, TheLanguageModelAgreesWithTheReference) {
    const Graph graph = sample("language");
    expectLikeReference(graph, "{}", kExact);
    expectLikeReference(graph, kWeightOnly8, kExact);
    expectLikeReference(graph, kBf16, kRounded);
    expectLikeReference(graph, kFp16, kRounded);
    int weighted = 0;
    for (const auto& row : expectLikeReference(graph, kInt4, kExact)) {
        if (!isWeighted(row)) continue;
        ++weighted;
        EXPECT_EQ(row.execution, trace::Execution::Native) << row.node << ": " << row.reason;
        EXPECT_THAT(row.kernel, HasSubstr("MatMulNBits int4"));
    }
    EXPECT_EQ(weighted, 43);
    for (const auto& row : expectLikeReference(graph, kInt8, summed())) {
        if (!isWeighted(row)) continue;
        EXPECT_EQ(row.execution, trace::Execution::Native) << row.node << ": " << row.reason;
        EXPECT_EQ(row.reason.find("saturate") != std::string::npos, integerSumsSaturate()) << row.reason;
        EXPECT_EQ(row.compute, "int8");
        EXPECT_THAT(row.kernel, AnyOf(HasSubstr("MatMulIntegerToFloat"), HasSubstr("DynamicQuantizeMatMul")));
    }
}

TEST_F(Samples, WithoutOptimisationsNoIntegerProductIsClaimed) {
    SessionSetting plain;
    plain.optimization = ORT_DISABLE_ALL;
    Rows rows;
    EXPECT_LE(differenceFromReference(compressed(sample("language"), kInt8), rows, plain), kRounded);
    for (const auto& row : rows) {
        if (!isWeighted(row)) continue;
        EXPECT_EQ(row.execution, trace::Execution::Emulated) << row.node;
    }
}

TEST_F(Samples, ThroughAFileIsTheSame) {
    SessionSetting setting;
    setting.mostInMemory = 0;
    Rows rows;
    EXPECT_LE(differenceFromReference(sample("classifier"), rows, setting), kExact);
    EXPECT_LE(differenceFromReference(compressed(sample("language"), kInt8), rows, setting), summed());
    for (const auto& row : rows) {
        if (!isWeighted(row)) continue;
        EXPECT_EQ(row.execution, trace::Execution::Native) << row.node << ": evidence with weights beside it";
    }
}

TEST_F(Samples, LeaveNoFilesBehind) {
    const auto folder = base::TemporaryFolder::create("onnxruntime-test").value();
    const char* before = std::getenv("TMPDIR");
    const std::string kept = before ? before : "";
    ::setenv("TMPDIR", folder.path().c_str(), 1);
    SessionSetting setting;
    setting.mostInMemory = 0;
    Rows rows;
    differenceFromReference(compressed(sample("language"), kWeightOnly8), rows, setting);
    before ? ::setenv("TMPDIR", kept.c_str(), 1) : ::unsetenv("TMPDIR");
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace trimtab::onnxruntime
