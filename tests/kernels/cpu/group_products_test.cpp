// Integer products whose activations have a scale for each group of columns, on the CPU engine against the reference engine.
#include "tests/kernels/cpu/harness.h"
#include "tests/kernels/cpu/integer_products.h"

namespace trimtab::test {
namespace {

using tensor::WeightLayout;

void byGroups(graph::Treatment& treatment, const tensor::QuantizedWeight& weight) {
    treatInt8(treatment);
    treatment.weightBits = weight.bits;
    treatment.activationGroup = weight.group;
}

void addZeroPoints(tensor::QuantizedWeight& weight) {
    weight.symmetric = false;
    for (std::size_t i = 0; i < weight.scales.size(); ++i)
        weight.zeroPoints.push_back(static_cast<std::int8_t>(static_cast<int>(i % 5) - 2));
}

/// Neighbouring groups of very different size, as activations with outliers have them.
Tensor uneven(const Shape& shape, std::uint64_t seed) {
    Tensor x = normalTensor(shape, seed);
    const auto values = x.mutableData<float>();
    for (std::size_t i = 0; i < values.size(); ++i) values[i] *= i / 16 % 3 == 0 ? 40.0F : 1.0F;
    return x;
}

TEST(GroupProducts, OfEveryShapeAgreeWithTheReferenceAndRunNatively) {
    for (const int bits : {4, 8}) {
        for (const std::int64_t group : {0, 32, 20}) {
            for (const bool symmetric : {true, false}) {
                for (const std::int64_t m : {1, 3, 16, 40}) {
                    GraphMaker maker;
                    auto weight = quantize(normalTensor(Shape{100, 50}, 2), WeightLayout::OutputsLast, bits, group);
                    if (!symmetric) addZeroPoints(weight);
                    auto y = maker.node("MatMul", {maker.input("x", Shape{m, 100}), maker.quantized(weight)});
                    byGroups(maker.last().treatment, weight);
                    y = maker.node("Relu", {maker.node("Add", {y, maker.constant(normalTensor(Shape{50}, 3))})});
                    maker.output(y);
                    const auto layers = expectLikeReference(maker.finish(), {{"x", uneven(Shape{m, 100}, 1)}}, {2e-6, 1e-5});
                    EXPECT_EQ(layers.front().execution, trace::Execution::Native) << layers.front().reason;
                    EXPECT_EQ(layers.front().kernel.find("integer int" + std::to_string(bits) + " × int8 by groups"), 0U)
                        << layers.front().kernel;
                    EXPECT_EQ(layers.front().weightBits, bits);
                    EXPECT_EQ(layers.front().activationBits, 8);
                }
            }
        }
    }
}

TEST(GroupProducts, LayersThatReadOneValueShareItsCodes) {
    GraphMaker maker;
    const auto x = maker.input("x", Shape{2, 64});
    for (const std::uint64_t seed : {2, 3, 4}) {
        const auto weight = quantize(normalTensor(Shape{64, 32}, seed), WeightLayout::OutputsLast, 4, seed == 4 ? 16 : 32);
        maker.output(maker.node("MatMul", {x, maker.quantized(weight)}));
        byGroups(maker.last().treatment, weight);
    }
    expectLikeReference(maker.finish(), {{"x", uneven(Shape{2, 64}, 1)}}, {2e-6, 1e-5});
}

TEST(GroupProducts, OfOtherWidthsAreImitatedAndSaySo) {
    GraphMaker maker;
    const auto weight = quantize(normalTensor(Shape{70, 50}, 2), WeightLayout::OutputsLast, 3, 20);
    maker.output(maker.node("MatMul", {maker.input("x", Shape{3, 70}), maker.quantized(weight)}));
    byGroups(maker.last().treatment, weight);
    const auto layers = expectLikeReference(maker.finish(), {{"x", uneven(Shape{3, 70}, 1)}}, {2e-6, 1e-5});
    EXPECT_EQ(layers.front().execution, trace::Execution::Emulated);
    EXPECT_NE(layers.front().reason.find("3-bit"), std::string::npos) << layers.front().reason;
}

}  // namespace
}  // namespace trimtab::test
