// The engine itself: devices, models it cannot take, memory, and that nothing throws through.
#include <gmock/gmock.h>

#include "core/base/memory_budget.h"
#include "tests/kernels/onnxruntime/harness.h"

namespace trimtab::onnxruntime {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Targets, AreReadFromDeviceWords) {
    EXPECT_EQ(targetFromDevice("").value().provider, "");
    EXPECT_EQ(targetFromDevice("cpu").value().provider, "");
    EXPECT_EQ(targetFromDevice("cuda:3").value().provider, "CUDA");
    EXPECT_EQ(targetFromDevice("cuda:3").value().ordinal, 3);
    EXPECT_EQ(targetFromDevice("tensorrt").value().provider, "Tensorrt");
    for (const char* word : {"cuda:", "cuda:-1", "cuda:1x", "gpu", "tensorrt:99999999999"}) {
        const auto target = targetFromDevice(word);
        ASSERT_FALSE(target) << word;
        EXPECT_EQ(target.error().code, ErrorCode::Usage);
    }
}

class Engines : public WithLibrary {};

TEST_F(Engines, SayWhatTheyAre) {
    const runtime::EngineInfo info = makeOnnxRuntimeEngine(3, "cpu").value()->info();
    EXPECT_EQ(info.name, "onnxruntime");
    EXPECT_THAT(info.version, HasSubstr("ONNX Runtime " + openLibrary().value()->version));
    EXPECT_THAT(info.version, HasSubstr("CPUExecutionProvider"));
    EXPECT_EQ(info.threads, 3);
}

TEST_F(Engines, NameAProviderThatIsMissing) {
    Library without = *openLibrary().value();
    without.providers = {"CPUExecutionProvider"};
    EXPECT_TRUE(checkProvider(without, {}));
    const Status missing = checkProvider(without, {"Tensorrt", 0});
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, ErrorCode::Unsupported);
    EXPECT_THAT(missing.error().text(), HasSubstr("TensorrtExecutionProvider"));
}

TEST_F(Engines, SayInOneLineWhatTheyCannotTake) {
    for (const char* domain : {"", "com.nobody"}) {
        const Graph graph = built(support::ModelBuilder()
                                      .opset(17)
                                      .opset(1, "com.nobody")
                                      .input("x", DataType::Float32, {2})
                                      .node("NobodyKnowsThis", {"x"}, {"y"}, {}, "strange", domain)
                                      .output("y", DataType::Float32, {2}));
        const auto compiled = engine()->compile(graph, {});
        ASSERT_FALSE(compiled);
        EXPECT_THAT(compiled.error().text(), HasSubstr("NobodyKnowsThis"));
        EXPECT_THAT(compiled.error().text(), Not(HasSubstr("\n")));
        EXPECT_TRUE(compiled.error().code == ErrorCode::Unsupported || compiled.error().code == ErrorCode::Refused ||
                    compiled.error().code == ErrorCode::Failed);
    }
}

TEST_F(Engines, FailARunAndGoOn) {
    const Graph graph = built(support::ModelBuilder()
                                  .opset(17)
                                  .input("x", DataType::Float32, {"n"})
                                  .input("shape", DataType::Int64, {1})
                                  .node("Reshape", {"x", "shape"}, {"y"})
                                  .output("y", DataType::Float32, {"m"}));
    const auto model = engine()->compile(graph, {}).value();
    const Tensor x = Tensor::fromFloats({4}, {1, 2, 3, 4});
    const auto bad = model->run(std::vector<NamedTensor>{{"x", x}, {"shape", Tensor::fromInt64s({1}, {5})}});
    ASSERT_FALSE(bad);
    EXPECT_THAT(bad.error().text(), Not(HasSubstr("\n")));
    EXPECT_TRUE(model->run(std::vector<NamedTensor>{{"x", x}, {"shape", Tensor::fromInt64s({1}, {4})}}));
}

TEST_F(Engines, RefuseValuesAboveTheMemoryLimit) {
    const Graph graph = built(support::ModelBuilder()
                                  .opset(17)
                                  .input("n", DataType::Float32, {"n"})
                                  .constant("axes", Tensor::fromInt64s({1}, {1}))
                                  .node("Unsqueeze", {"n", "axes"}, {"column"})
                                  .node("Mul", {"column", "n"}, {"square"})
                                  .node("ReduceSum", {"square"}, {"y"}, {{"keepdims", 0}})
                                  .output("y"));
    const auto model = engine()->compile(graph, {}).value();
    auto& budget = base::MemoryBudget::process();
    const std::int64_t before = budget.limit();
    budget.setLimit(std::int64_t{1} << 28);
    const Tensor n = Tensor::zeros(DataType::Float32, {100000}).value();
    const auto ran = model->run(std::vector<NamedTensor>{{"n", n}});
    budget.setLimit(before);
    ASSERT_FALSE(ran) << "40 GB";
    EXPECT_EQ(ran.error().code, ErrorCode::OutOfMemory);
    EXPECT_THAT(ran.error().text(), HasSubstr("square"));
}

TEST_F(Engines, TellTheirBytes) {
    const Graph graph = sample("classifier");
    const auto dense = engine()->compile(graph, {}).value();
    const auto narrow = engine()->compile(compressed(graph, R"({"weights": {"bits": 8}})"), {}).value();
    EXPECT_LT(narrow->weightBytes() * 3, dense->weightBytes());
    recipe::RunSetting setting;
    setting.batch = 8;
    ASSERT_TRUE(dense->run(runtime::makeInputs(graph, setting).value()));
    if (openLibrary().value()->apiVersion < 23) GTEST_SKIP() << "the library does not tell what its arena takes";
    EXPECT_GT(dense->arenaBytes(), 8 * 32 * 32 * 4);
}

}  // namespace
}  // namespace trimtab::onnxruntime
