// Weights held as codes or in 16 bits, widened in front of each product, on the CPU engine against the reference engine: which kernels read
// them as they are stored, and what the layer records say where none does.
#include "core/compress/quantize/round_to_nearest.h"
#include "core/tensor/convert.h"
#include "tests/kernels/cpu/harness.h"
#include "tests/kernels/cpu/integer_products.h"

namespace trimtab::test {
namespace {

using tensor::WeightLayout;

class WeightOnly : public testing::TestWithParam<int> {};

TEST_P(WeightOnly, AgreesWithTheDequantisedProduct) {
    const int bits = GetParam();
    for (const std::int64_t group : {0, 32, 20}) {
        for (const std::int64_t m : {1, 3, 16, 40}) {
            GraphMaker maker;
            const auto x = maker.input("x", Shape{m, 100});
            const auto w = maker.quantized(quantize(normalTensor(Shape{100, 50}, 2), WeightLayout::OutputsLast, bits, group));
            auto y = maker.node("MatMul", {x, w});
            maker.last().treatment.weightBits = bits;
            y = maker.node("Add", {y, maker.constant(normalTensor(Shape{50}, 3))});
            maker.output(y);
            const auto layers = expectLikeReference(maker.finish(), {{"x", normalTensor(Shape{m, 100}, 1)}}, {1e-6, 1e-5});
            const bool hasKernel = bits == 4 || bits == 8;
            EXPECT_EQ(layers.front().execution, hasKernel ? trace::Execution::Native : trace::Execution::Emulated) << layers.front().kernel;
            EXPECT_EQ(layers.front().kernel.find("weight-only") == 0, hasKernel);
            EXPECT_EQ(layers.front().weightBits, bits);
            if (!hasKernel) {
                EXPECT_NE(layers.front().reason.find(std::to_string(bits) + "-bit weights"), std::string::npos);
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Bits, WeightOnly, testing::Values(2, 3, 4, 5, 6, 7, 8));

TEST(CodesOfAFile, AreReadAsTheyAreForAnyNumberOfRowsWhereGroupsShareScales) {
    for (const int bits : {4, 8})
        for (const std::int64_t group : {16, 32})
            for (const std::int64_t m : {1, 40}) {
                GraphMaker maker;
                const auto x = maker.input("x", Shape{m, 96});
                maker.output(maker.node(
                    "MatMul", {x, maker.quantized(quantize(normalTensor(Shape{96, 50}, 2), WeightLayout::OutputsLast, bits, group))}));
                const auto layers = expectLikeReference(maker.finish(), {{"x", normalTensor(Shape{m, 96}, 1)}}, {1e-6, 1e-5});
                EXPECT_EQ(layers.front().execution, trace::Execution::Native);
                EXPECT_EQ(layers.front().kernel.find(bits == 4 ? "weight-only int4" : "weight-only int8"), 0U) << layers.front().kernel;
                EXPECT_EQ(layers.front().weightBits, bits);
                EXPECT_EQ(layers.front().group, group);
            }
}

/// Codes of a format as compression makes them.
tensor::QuantizedWeight rounded(const Tensor& weight, WeightLayout layout, int bits, const char* format, std::int64_t group) {
    recipe::WeightSpec spec{bits};
    spec.format = format;
    spec.group = group;
    const auto rows = tensor::toRows(weight, layout).value();
    const std::int64_t outputs = layout == WeightLayout::OutputsFirst ? weight.shape()[0] : weight.shape()[weight.shape().rank() - 1];
    auto made = compress::roundToNearest(rows, outputs, static_cast<std::int64_t>(rows.size()) / outputs, spec).value();
    made.originalShape = weight.shape();
    made.layout = layout;
    return made;
}

struct NamedFormat {
    const char* name;
    int bits;
    std::int64_t group;
};
constexpr NamedFormat kFloatingFormats[] = {{"fp8_e4m3", 8, 0}, {"fp8_e5m2", 8, 20}, {"nf4", 4, 32},
                                            {"fp4", 4, 20},     {"mxfp4", 4, 0},     {"nvfp4", 4, 0}};

TEST(WeightOnlyFormats, FloatingCodesAreReadNativelyInProducts) {
    for (const NamedFormat& format : kFloatingFormats) {
        for (const std::int64_t m : {1, 3, 40}) {
            GraphMaker maker;
            const auto w = maker.quantized(
                rounded(normalTensor(Shape{100, 50}, 2), WeightLayout::OutputsLast, format.bits, format.name, format.group));
            maker.output(maker.node("MatMul", {maker.input("x", Shape{m, 100}), w}));
            maker.last().treatment.weightBits = format.bits;
            const auto layers = expectLikeReference(maker.finish(), {{"x", normalTensor(Shape{m, 100}, 1)}}, {1e-6, 1e-5});
            EXPECT_EQ(layers.front().execution, trace::Execution::Native) << layers.front().reason;
            EXPECT_EQ(layers.front().kernel.find(std::string("weight-only ") + format.name), 0U) << layers.front().kernel;
            EXPECT_EQ(layers.front().weightFormat, format.name);
        }
    }
}

TEST(WeightOnlyFormats, AreDecodedWhereNoKernelReadsThem) {
    for (const NamedFormat& format : kFloatingFormats) {
        GraphMaker maker;
        const auto w = maker.quantized(
            rounded(normalTensor(Shape{8, 4, 3, 3}, 2), WeightLayout::OutputsFirst, format.bits, format.name, format.group));
        maker.output(maker.node("Conv", {maker.input("x", Shape{1, 4, 6, 6}), w}));
        maker.last().treatment.weightBits = format.bits;
        const auto layers = expectLikeReference(maker.finish(), {{"x", normalTensor(Shape{1, 4, 6, 6}, 1)}}, {1e-6, 2e-5});
        EXPECT_EQ(layers.front().execution, trace::Execution::Emulated);
        EXPECT_EQ(layers.front().reason, std::string("no kernel executes ") + format.name + " weights of FusedConv");
    }
}

TEST(WeightOnlyFormats, IntegerProductsNeverTakeFloatingCodesForIntegers) {
    for (const NamedFormat& format : kFloatingFormats) {
        for (const bool isConv : {false, true}) {
            GraphMaker maker;
            const Shape input = isConv ? Shape{1, 8, 6, 6} : Shape{5, 64};
            const Shape weight = isConv ? Shape{16, 8, 3, 3} : Shape{64, 24};
            const auto layout = isConv ? WeightLayout::OutputsFirst : WeightLayout::OutputsLast;
            const auto w = maker.quantized(rounded(normalTensor(weight, 2), layout, format.bits, format.name, 0));
            maker.output(maker.node(isConv ? "Conv" : "MatMul", {maker.input("x", input), w}));
            treatInt8(maker.last().treatment);
            maker.last().treatment.weightBits = format.bits;
            const auto layers = expectLikeReference(maker.finish(), {{"x", normalTensor(input, 1)}}, {1e-5, 1e-5});
            EXPECT_EQ(layers.front().execution, trace::Execution::Emulated);
        }
    }
}

TEST(WeightOnlyFormats, FixedPointIsIntegersToEveryKernel) {
    GraphMaker maker;
    const auto w = maker.quantized(rounded(normalTensor(Shape{64, 24}, 2), WeightLayout::OutputsLast, 8, "fixed", 0));
    maker.output(maker.node("MatMul", {maker.input("x", Shape{5, 64}), w}));
    treatInt8(maker.last().treatment);
    const auto layers = expectLikeReference(maker.finish(), {{"x", normalTensor(Shape{5, 64}, 1)}}, kExactCodes);
    EXPECT_EQ(layers.front().execution, hasIntegerProducts() ? trace::Execution::Native : trace::Execution::Emulated)
        << layers.front().reason;
    EXPECT_EQ(layers.front().weightFormat, "fixed");
}

TEST(WeightOnlyHalf, SixteenBitStorageIsNativeForProducts) {
    for (const bool bfloat : {true, false}) {
        const DataType type = bfloat ? DataType::BFloat16 : DataType::Float16;
        const Tensor rounded = tensor::convert(tensor::convert(normalTensor(Shape{33, 17}, 2), type).value(), DataType::Float32).value();
        GraphMaker maker;
        maker.output(maker.node("Gemm", {maker.input("x", Shape{2, 17}), maker.constant(rounded)}, {{"transB", std::int64_t{1}}}));
        maker.last().treatment.weightBits = 16;
        maker.last().treatment.weightsBfloat = bfloat;
        const auto layers = expectLikeReference(maker.finish(), {{"x", normalTensor(Shape{2, 17}, 1)}}, {1e-6, 1e-5});
        EXPECT_EQ(layers.front().kernel.find(bfloat ? "weight-only bf16" : "weight-only fp16"), 0U);
        EXPECT_EQ(layers.front().execution, trace::Execution::Native);
    }
}

}  // namespace
}  // namespace trimtab::test
