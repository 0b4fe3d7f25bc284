// Activations of 8 bits under a step of their own for each token, and under a static one: both engines against plain loops and against each
// other.
#include <algorithm>
#include <cmath>

#include "core/tensor/convert.h"
#include "tests/kernels/cpu/harness.h"
#include "tests/kernels/cpu/integer_products.h"

namespace trimtab::test {
namespace {

using tensor::WeightLayout;
using Ints = std::vector<std::int64_t>;

void byToken(graph::Treatment& treatment) {
    treatInt8(treatment);
    treatment.activationPerToken = true;
}

auto withStep(float scale, int zero) {
    return [=](graph::Treatment& treatment) {
        treatInt8(treatment);
        treatment.activationStep = graph::ActivationStep{scale, zero};
    };
}

/// Integer sums are the same in every order; where they are imitated in floats they are so to rounding.
void expectSame(const std::vector<float>& a, const std::vector<float>& b) {
    if (hasIntegerProducts()) {
        EXPECT_EQ(a, b);
        return;
    }
    ASSERT_EQ(a.size(), b.size());
    float largest = 0;
    for (const float value : a) largest = std::max(largest, std::abs(value));
    for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-6F * largest) << i;
}

template <class Treat>
Graph product(const Shape& input, const tensor::QuantizedWeight& weight, Treat treat, bool bias = false) {
    GraphMaker maker;
    auto y = maker.node("MatMul", {maker.input("x", input), maker.quantized(weight)});
    treat(maker.last().treatment);
    if (bias) y = maker.node("Relu", {maker.node("Add", {y, maker.constant(normalTensor(Shape{weight.rows}, 3))})});
    maker.output(y);
    return maker.finish();
}

/// Rows of very different size, as tokens have them.
Tensor tokens(const Shape& shape, std::uint64_t seed) {
    Tensor x = normalTensor(shape, seed);
    const std::int64_t width = shape[shape.rank() - 1];
    const auto values = x.mutableData<float>();
    for (std::size_t i = 0; i < values.size(); ++i) {
        const auto row = static_cast<std::int64_t>(i) / width;
        values[i] = values[i] * std::pow(4.0F, static_cast<float>(row % 5)) + static_cast<float>(row % 3 - 1);
    }
    return x;
}

Tensor rowsOf(const Tensor& x, std::int64_t first, std::int64_t count) {
    const std::int64_t width = x.shape()[x.shape().rank() - 1];
    const auto values = x.data<float>().subspan(static_cast<std::size_t>(first * width), static_cast<std::size_t>(count * width));
    return Tensor::fromFloats(Shape{count, width}, {values.begin(), values.end()});
}

TEST(TokenSteps, MatricesOfEveryShapeAgreeWithTheReference) {
    for (const auto& [k, n] : {std::pair<std::int64_t, std::int64_t>{7, 5}, {64, 64}, {130, 33}, {257, 96}, {1, 1}}) {
        for (const std::int64_t m : {1, 2, 5, 17, 64}) {
            for (const bool bias : {false, true}) {
                const auto weight = quantize(normalTensor(Shape{k, n}, 2), WeightLayout::OutputsLast, 8);
                const auto layers =
                    expectLikeReference(product(Shape{m, k}, weight, byToken, bias), {{"x", tokens(Shape{m, k}, 1)}}, kExactCodes);
                if (!hasIntegerProducts()) continue;
                EXPECT_EQ(layers.front().execution, trace::Execution::Native) << layers.front().reason;
                EXPECT_NE(layers.front().kernel.find("token"), std::string::npos) << layers.front().kernel;
            }
        }
    }
}

TEST(TokenSteps, AreThoseOfEachRowRunByItself) {
    const auto weight = quantize(normalTensor(Shape{40, 12}, 2), WeightLayout::OutputsLast, 8);
    const Tensor x = tokens(Shape{9, 40}, 4);
    const auto all = runOnReference(product(Shape{9, 40}, weight, byToken), {{"x", x}});
    const auto ofCpu = runOnCpu(product(Shape{9, 40}, weight, byToken), {{"x", x}}).outputs;
    for (std::int64_t row = 0; row < 9; ++row) {
        const NamedTensor alone{"x", rowsOf(x, row, 1)};
        const auto dynamic = runOnReference(product(Shape{1, 40}, weight, treatInt8), {alone});
        EXPECT_EQ(tensor::toFloats(rowsOf(all.front().tensor, row, 1)), tensor::toFloats(dynamic.front().tensor)) << row;
        const auto aloneOnCpu = runOnCpu(product(Shape{1, 40}, weight, byToken), {alone}).outputs;
        expectSame(tensor::toFloats(rowsOf(ofCpu.front().tensor, row, 1)), tensor::toFloats(aloneOnCpu.front().tensor));
    }
}

TEST(TokenSteps, TakeInputsOfMoreAxesAndARowOfZeros) {
    const auto weight = quantize(normalTensor(Shape{24, 10}, 2), WeightLayout::OutputsLast, 8);
    Tensor x = tokens(Shape{2, 3, 24}, 5);
    std::fill_n(x.mutableData<float>().data() + 24, 24, 0.0F);
    expectLikeReference(product(Shape{2, 3, 24}, weight, byToken), {{"x", x}}, kExactCodes);
}

TEST(TokenSteps, LoseLessThanOneStepForAllWhereTokensDiffer) {
    const Tensor plain = normalTensor(Shape{64, 16}, 2);
    const auto weight = quantize(plain, WeightLayout::OutputsLast, 8);
    const Tensor x = tokens(Shape{20, 64}, 6);
    const auto untreated = [](graph::Treatment&) {};
    const auto exact = tensor::toFloats(runOnReference(product(Shape{20, 64}, weight, untreated), {{"x", x}}).front().tensor);
    const auto errorOf = [&](auto treat) {
        const auto got = tensor::toFloats(runOnReference(product(Shape{20, 64}, weight, treat), {{"x", x}}).front().tensor);
        double sum = 0;
        for (std::size_t i = 0; i < 16; ++i) sum += std::pow(static_cast<double>(got[i]) - exact[i], 2);  // of the smallest token
        return sum;
    };
    EXPECT_LT(errorOf(byToken) * 100, errorOf(treatInt8));
}

TEST(TokenSteps, AreImitatedWhereNoKernelHasThem) {
    // Codes in groups have no integer kernel.
    const auto weight = quantize(normalTensor(Shape{64, 10}, 2), WeightLayout::OutputsLast, 8, 16);
    const auto layers = expectLikeReference(product(Shape{5, 64}, weight, byToken), {{"x", tokens(Shape{5, 64}, 1)}}, {1e-4, 1e-5});
    EXPECT_EQ(layers.front().execution, trace::Execution::Emulated);
    EXPECT_FALSE(layers.front().reason.empty());
}

TEST(StaticSteps, EqualTheProductsOfCodesFormedByHand) {
    constexpr float kScale = 0.02F;
    constexpr int kZero = 70;
    const auto weight = quantize(normalTensor(Shape{19, 6}, 2), WeightLayout::OutputsLast, 8);
    const Tensor x = normalTensor(Shape{4, 19}, 7, 2.0);  // some values lie outside −1.4 … 3.7
    std::vector<float> expected;
    for (std::size_t m = 0; m < 4; ++m) {
        for (std::size_t n = 0; n < 6; ++n) {
            long sum = 0;
            for (std::size_t k = 0; k < 19; ++k) {
                const long code = std::min(255L, std::max(0L, std::lrint(x.data<float>()[m * 19 + k] / kScale) + kZero));
                sum += (code - kZero) * weight.codes[n * 19 + k];
            }
            expected.push_back(static_cast<float>(static_cast<double>(sum) * kScale * weight.scales[n]));
        }
    }
    const Graph graph = product(Shape{4, 19}, weight, withStep(kScale, kZero));
    for (const auto& got : {runOnReference(graph, {{"x", x}}), runOnCpu(graph, {{"x", x}}).outputs})
        for (std::size_t i = 0; i < expected.size(); ++i)
            EXPECT_NEAR(got.front().tensor.data<float>()[i], expected[i], 2e-6 * (1 + std::abs(expected[i])));
}

TEST(StaticSteps, MatricesOfEveryShapeAgreeWithTheReference) {
    for (const auto& [k, n] : {std::pair<std::int64_t, std::int64_t>{7, 5}, {64, 64}, {130, 33}, {257, 96}}) {
        for (const std::int64_t m : {1, 5, 17}) {
            for (const int zero : {0, 128, 255}) {
                const auto weight = quantize(normalTensor(Shape{k, n}, 2), WeightLayout::OutputsLast, 8);
                const Graph graph = product(Shape{m, k}, weight, withStep(0.031F, zero), true);
                const auto layers = expectLikeReference(graph, {{"x", normalTensor(Shape{m, k}, 1, 2.0)}}, kExactCodes);
                if (!hasIntegerProducts()) continue;
                EXPECT_EQ(layers.front().execution, trace::Execution::Native) << layers.front().reason;
                EXPECT_NE(layers.front().kernel.find("static"), std::string::npos) << layers.front().kernel;
            }
        }
    }
}

TEST(StaticSteps, ConvolutionsPadWithZeroAndNotWithItsCode) {
    for (const Ints& pads : {Ints{0, 0, 0, 0}, Ints{1, 1, 1, 1}, Ints{0, 2, 1, 1}}) {
        for (const std::int64_t group : {1, 4}) {
            GraphMaker maker;
            const Shape shape{2, 16, 9, 7};
            const auto weight = quantize(normalTensor(Shape{12, 16 / group, 3, 3}, 2, 0.2), WeightLayout::OutputsFirst, 8);
            const auto bias = maker.constant(normalTensor(Shape{12}, 3));
            maker.output(maker.node("Conv", {maker.input("x", shape), maker.quantized(weight), bias}, {{"pads", pads}, {"group", group}}));
            withStep(0.02F, 33)(maker.last().treatment);
            expectLikeReference(maker.finish(), {{"x", normalTensor(shape, 1)}}, kExactCodes);
        }
    }
}

TEST(StaticSteps, TwoLayersReadOneValueUnderStepsOfTheirOwn) {
    GraphMaker maker;
    const auto x = maker.input("x", Shape{3, 32});
    for (const float scale : {0.01F, 0.05F}) {
        maker.output(maker.node("MatMul", {x, maker.quantized(quantize(normalTensor(Shape{32, 8}, 2), WeightLayout::OutputsLast, 8))}));
        withStep(scale, 100)(maker.last().treatment);
    }
    expectLikeReference(maker.finish(), {{"x", normalTensor(Shape{3, 32}, 1, 2.0)}}, kExactCodes);
}

TEST(Steps, StaticOnesAndThoseOfTokensDoNotDependOnTheBatch) {
    const auto weight = quantize(normalTensor(Shape{48, 20}, 2), WeightLayout::OutputsLast, 8);
    const Tensor x = tokens(Shape{6, 48}, 8);
    const auto firstRows = [&](auto treat) {
        const auto whole = runOnCpu(product(Shape{6, 48}, weight, treat), {{"x", x}}).outputs;
        const auto part = runOnCpu(product(Shape{2, 48}, weight, treat), {{"x", rowsOf(x, 0, 2)}}).outputs;
        return std::pair(tensor::toFloats(rowsOf(whole.front().tensor, 0, 2)), tensor::toFloats(part.front().tensor));
    };
    const auto [staticWhole, staticPart] = firstRows(withStep(0.05F, 120));
    expectSame(staticWhole, staticPart);
    const auto [tokenWhole, tokenPart] = firstRows(byToken);
    expectSame(tokenWhole, tokenPart);
    const auto [whole, part] = firstRows(treatInt8);
    EXPECT_NE(whole, part) << "one step for the tensor follows the largest row";
}

}  // namespace
}  // namespace trimtab::test
