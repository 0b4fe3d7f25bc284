// Inputs and outputs across the boundary: every element type, odd addresses, empty tensors, what is refused, how long outputs live.
#include <gmock/gmock.h>

#include "tests/kernels/onnxruntime/harness.h"

namespace trimtab::onnxruntime {
namespace {

using ::testing::HasSubstr;

class Inputs : public WithLibrary {
protected:
    static std::unique_ptr<runtime::CompiledModel> sum() {
        return engine()->compile(built(support::ModelBuilder()
                                           .opset(17)
                                           .input("a", DataType::Float32, {"n", 2})
                                           .input("b", DataType::Float32, {"n", 2})
                                           .node("Add", {"a", "b"}, {"y"})
                                           .output("y")), {}).value();
    }
    static Error refusal(runtime::CompiledModel& model, const std::vector<NamedTensor>& inputs) {
        const auto ran = model.run(inputs);
        EXPECT_FALSE(ran);
        return ran ? Error{} : ran.error();
    }
};

TEST_F(Inputs, OfEveryElementTypePassUnchanged) {
    for (const DataType type : {DataType::Float32, DataType::Float64, DataType::Float16, DataType::BFloat16, DataType::Int8,
                                DataType::UInt8, DataType::Int16, DataType::UInt16, DataType::Int32, DataType::UInt32, DataType::Int64,
                                DataType::UInt64, DataType::Bool}) {
        SCOPED_TRACE(std::string(name(type)));
        const Graph graph = built(
            support::ModelBuilder().irVersion(10).opset(21).input("x", type, {"n"}).node("Identity", {"x"}, {"y"}).output("y", type));
        const auto model = engine()->compile(graph, {});
        ASSERT_TRUE(model) << model.error().text();
        for (const std::int64_t count : {5, 1, 0}) {
            Tensor x = Tensor::zeros(type, {count}).value();
            for (std::size_t i = 0; i < x.bytes().size(); ++i) x.mutableBytes()[i] = std::byte{1};
            const auto got = (*model)->run(std::vector<NamedTensor>{{"x", x}});
            ASSERT_TRUE(got) << got.error().text();
            const Tensor& y = got->front().tensor;
            EXPECT_EQ(y.type(), type);
            EXPECT_EQ(y.shape(), x.shape());
            EXPECT_TRUE(std::ranges::equal(y.bytes(), x.bytes()));
        }
    }
}

TEST_F(Inputs, OfFourBitsPassPacked) {
    for (const DataType type : {DataType::Int4, DataType::UInt4}) {
        const Graph graph = built(support::ModelBuilder()
                                      .irVersion(10)
                                      .opset(21)
                                      .input("x", type, {3})
                                      .constant("scale", Tensor::scalar(2))
                                      .node("DequantizeLinear", {"x", "scale"}, {"y"})
                                      .output("y"));
        const auto model = engine()->compile(graph, {});
        ASSERT_TRUE(model) << model.error().text();
        Tensor x = Tensor::zeros(type, {3}).value();
        x.mutableBytes()[0] = std::byte{0xF1};  // 1, then −1 or 15
        x.mutableBytes()[1] = std::byte{0x03};
        const auto got = (*model)->run(std::vector<NamedTensor>{{"x", x}});
        ASSERT_TRUE(got) << got.error().text();
        EXPECT_EQ(tensor::elementAsDouble(got->front().tensor, 0), 2);
        EXPECT_EQ(tensor::elementAsDouble(got->front().tensor, 1), type == DataType::Int4 ? -2 : 30);
        EXPECT_EQ(tensor::elementAsDouble(got->front().tensor, 2), 6);
    }
}

TEST_F(Inputs, AtOddAddressesAreRead) {
    const auto store = std::make_shared<std::vector<std::byte>>(17);
    const float values[4] = {1, 2, 3, 4};
    std::memcpy(store->data() + 1, values, 16);
    const Tensor odd = Tensor::view(DataType::Float32, {2, 2}, std::span(*store).subspan(1, 16), store);
    const auto got = sum()->run(std::vector<NamedTensor>{{"a", odd}, {"b", odd}}).value();
    EXPECT_EQ(tensor::elementAsDouble(got[0].tensor, 3), 8);
}

TEST_F(Inputs, ThatDoNotFitAreRefusedByName) {
    const auto model = sum();
    const Tensor good = Tensor::zeros(DataType::Float32, {3, 2}).value();
    const auto expectRefused = [&](const std::vector<NamedTensor>& inputs, const char* word) {
        const Error error = refusal(*model, inputs);
        EXPECT_EQ(error.code, ErrorCode::Refused) << word;
        EXPECT_THAT(error.text(), HasSubstr(word));
    };
    expectRefused({{"a", good}}, "b: is not given");
    expectRefused({{"a", good}, {"a", good}}, "a: is given twice");
    expectRefused({{"a", good}, {"b", good}, {"c", good}}, "c: the model has no such input");
    expectRefused({{"a", good}, {"b", Tensor::zeros(DataType::Float64, {3, 2}).value()}}, "float64");
    expectRefused({{"a", good}, {"b", Tensor::zeros(DataType::Float32, {3, 3}).value()}}, "[3, 3]");
    expectRefused({{"a", good}, {"b", Tensor::zeros(DataType::Float32, {6}).value()}}, "b: ");
    expectRefused({{"a", good}, {"b", Tensor::zeros(DataType::Float32, {4, 2}).value()}}, "n");
    EXPECT_TRUE(model->run(std::vector<NamedTensor>{{"b", good}, {"a", good}})) << "and the model still runs";
}

TEST_F(Inputs, OutputsOutliveTheNextRunAndTheModel) {
    auto model = sum();
    const Tensor one = Tensor::fromFloats({1, 2}, {1, 2});
    const auto first = model->run(std::vector<NamedTensor>{{"a", one}, {"b", one}}).value();
    const Tensor two = Tensor::fromFloats({1, 2}, {5, 6});
    const auto second = model->run(std::vector<NamedTensor>{{"a", two}, {"b", two}}).value();
    model.reset();
    EXPECT_EQ(tensor::elementAsDouble(first[0].tensor, 1), 4);
    EXPECT_EQ(tensor::elementAsDouble(second[0].tensor, 1), 12);
}

TEST_F(Inputs, ConstantsAndInputsMayBeOutputs) {
    const Graph graph = built(support::ModelBuilder()
                                  .opset(17)
                                  .input("x", DataType::Float32, {2})
                                  .constant("c", Tensor::fromFloats({2}, {7, 8}))
                                  .node("Identity", {"c"}, {"k"})
                                  .node("Identity", {"x"}, {"y"})
                                  .output("y")
                                  .output("k"));
    auto model = engine()->compile(graph, {}).value();
    const auto got = model->run(std::vector<NamedTensor>{{"x", Tensor::fromFloats({2}, {1, 2})}}).value();
    model.reset();
    EXPECT_EQ(tensor::elementAsDouble(got[0].tensor, 1), 2);
    EXPECT_EQ(tensor::elementAsDouble(got[1].tensor, 0), 7);
}

}  // namespace
}  // namespace trimtab::onnxruntime
