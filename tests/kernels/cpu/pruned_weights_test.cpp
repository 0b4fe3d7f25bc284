// Pruned weights on the CPU engine against the reference engine: which form skips their zeros, and what the layer records say about it.
#include "core/base/random.h"
#include "kernels/cpu/cpu_engine.h"
#include "tests/kernels/cpu/harness.h"

namespace trimtab::test {
namespace {

TEST(PrunedWeights, SkipZerosOnlyWhereThatWasMeasuredToBeFaster) {
    Tensor weight = normalTensor(Shape{512, 512}, 2);
    base::Random random(6);
    for (float& value : weight.mutableData<float>()) value = random.uniform() < 0.97 ? 0.0F : value;
    for (const std::int64_t m : {1, 3, 80}) {
        GraphMaker maker;
        const auto y = maker.node("MatMul", {maker.input("x", Shape{m, 512}), maker.constant(weight)});
        maker.last().treatment.pruned = true;
        maker.last().treatment.density = 0.03;
        maker.output(maker.node("Relu", {maker.node("Add", {y, maker.constant(normalTensor(Shape{512}, 3))})}));
        const auto layers = expectLikeReference(maker.finish(), {{"x", normalTensor(Shape{m, 512}, 1)}}, {1e-6, 1e-5});
        EXPECT_EQ(layers.front().execution, trace::Execution::Native);
        EXPECT_NE(layers.front().reason.find("measured speed"), std::string::npos) << layers.front().kernel;
        EXPECT_EQ(layers.front().kernel.find("µs"), std::string::npos) << "equal plans would get different names";
    }
}

TEST(PrunedWeights, OfEveryStructureAreMultipliedRightAndNameWhatWasTimed) {
    const auto stays = [](const std::string& form, std::int64_t n, std::int64_t k) {
        if (form == "packed 2:4") return (n + k) % 4 < 2;
        if (form == "bsr 16x16") return (n / 16 * 7 + k / 16 * 5) % 8 == 0;
        return (n / 4 * 13 + k * 29) % 16 == 0;
    };
    for (const std::string form : {"packed 2:4", "bsr 16x16", "bsr 4x1"}) {
        for (const std::int64_t m : {1, 40}) {
            Tensor weight = normalTensor(Shape{200, 264}, 2);  // k × n
            auto values = weight.mutableData<float>();
            double kept = 0;
            for (std::int64_t k = 0; k < 200; ++k) {
                for (std::int64_t n = 0; n < 264; ++n) {
                    if (stays(form, n, k)) ++kept;
                    else values[static_cast<std::size_t>(k * 264 + n)] = 0;
                }
            }
            GraphMaker maker;
            const auto y = maker.node("MatMul", {maker.input("x", Shape{m, 200}), maker.constant(weight)});
            maker.last().treatment.pruned = true;
            maker.last().treatment.density = kept / (200 * 264);
            maker.output(maker.node("Add", {y, maker.constant(normalTensor(Shape{264}, 3))}));
            const auto layers = expectLikeReference(maker.finish(), {{"x", normalTensor(Shape{m, 200}, 1)}}, {1e-6, 1e-5});
            const auto& layer = layers.front();
            EXPECT_NE(layer.reason.find(form), std::string::npos) << layer.reason;
            EXPECT_NE(layer.reason.find("dense"), std::string::npos) << layer.reason;
            EXPECT_NE(layer.reason.find("µs"), std::string::npos) << layer.reason;
            if (form == "packed 2:4" && m == 1) {
                EXPECT_NE(layer.reason.find("not timed: coo ("), std::string::npos) << layer.reason;
            }
            if (layer.reason.find("picked by measured speed: ") == 0) {
                EXPECT_NEAR(layer.density, kept / (200 * 264), 1e-12);
            }
        }
    }
}

TEST(PrunedWeights, ConvolutionsMultiplyTheirZeros) {
    GraphMaker maker;
    maker.output(maker.node("Conv", {maker.input("x", Shape{1, 4, 6, 6}), maker.constant(normalTensor(Shape{8, 4, 3, 3}, 2))}));
    maker.last().treatment.pruned = true;
    maker.last().treatment.density = 0.5;
    const auto layers = expectLikeReference(maker.finish(), {{"x", normalTensor(Shape{1, 4, 6, 6}, 1)}}, {1e-6, 2e-5});
    EXPECT_EQ(layers.front().execution, trace::Execution::Native);
    EXPECT_EQ(layers.front().reason, "zeros are multiplied all the same: no sparse kernel for this layer");
}

TEST(PrunedWeights, ThatAreAlsoNarrowMultiplyTheirZeros) {
    for (const bool integers : {true, false}) {
        GraphMaker maker;
        const Tensor weight = normalTensor(Shape{64, 24}, 2);
        const auto w = integers ? maker.quantized(quantize(weight, tensor::WeightLayout::OutputsLast, 8)) : maker.constant(weight);
        maker.output(maker.node("MatMul", {maker.input("x", Shape{5, 64}), w}));
        graph::Treatment& treatment = maker.last().treatment;
        treatment.compute = integers ? graph::ComputeType::Int8 : graph::ComputeType::BFloat16;
        if (integers) treatment.weightBits = treatment.activationBits = 8;
        treatment.pruned = true;
        treatment.density = 0.5;
        const auto layers = expectLikeReference(maker.finish(), {{"x", normalTensor(Shape{5, 64}, 1)}}, {1e-5, 2e-5});
        EXPECT_NE(layers.front().reason.find("zeros are multiplied all the same: no sparse kernel for this layer"), std::string::npos)
            << layers.front().reason;
        EXPECT_EQ(layers.front().density, 0.5);
    }
}

}  // namespace
}  // namespace trimtab::test
