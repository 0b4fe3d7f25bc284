#include "core/graph/operand_rounding.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/tensor/convert.h"

namespace trimtab::graph {
namespace {

constexpr ComputeType kAll[] = {ComputeType::Float32, ComputeType::Tf32,   ComputeType::BFloat16,
                                ComputeType::Float16, ComputeType::Float8, ComputeType::Int8};

TEST(ComputeType, EveryWordNamesItsType) {
    for (const ComputeType type : kAll) EXPECT_EQ(computeTypeFromName(name(type)), type);
    EXPECT_EQ(name(ComputeType::Tf32), "tf32");
    EXPECT_EQ(name(ComputeType::Float8), "fp8");
    EXPECT_FALSE(computeTypeFromName("fp64"));
}

TEST(OperandRounding, EveryTypeErrsByHalfAUnitOfItsMantissaAtMost) {
    const Tensor x = *tensor::randomTensor(DataType::Float32, Shape{500}, 5);
    float largest = 0;
    for (const float value : x.data<float>()) largest = std::max(largest, std::fabs(value));
    const auto worst = [&](ComputeType type, double floor) {
        const auto rounded = roundedOperand(type, x);
        double error = 0;
        for (std::size_t i = 0; i < 500; ++i) {
            const double exact = x.data<float>()[i];
            error = std::max(error, std::fabs(rounded->data<float>()[i] - exact) / std::max(std::fabs(exact), floor));
        }
        return error;
    };
    // The bound is 2^-(bits + 1); the best of 500 values comes near it. fp8 is subnormal below 2^-6 of its scale.
    for (const auto& [type, bits, floor] :
         {std::tuple(ComputeType::Tf32, 10, 1e-30), std::tuple(ComputeType::BFloat16, 7, 1e-30),
          std::tuple(ComputeType::Float16, 10, 6.2e-5), std::tuple(ComputeType::Float8, 3, largest / 448.0 / 64)}) {
        EXPECT_TRUE(roundsOperands(type));
        EXPECT_LE(worst(type, floor), std::ldexp(1.0 + 1e-6, -bits - 1)) << name(type);
        EXPECT_GE(worst(type, floor), std::ldexp(0.8, -bits - 1)) << name(type);
    }
    EXPECT_FALSE(roundsOperands(ComputeType::Float32));
    EXPECT_FALSE(roundsOperands(ComputeType::Int8));
}

TEST(OperandRounding, OnlyFp8CarriesAScaleAndItIsTakenFromTheWholeTensor) {
    const Tensor x = Tensor::fromFloats({3}, {1, -4480, 100});
    const auto narrow = roundOperand(ComputeType::Float8, x);
    EXPECT_EQ(narrow->scale, 10);
    EXPECT_EQ(tensor::toFloats(narrow->values), (std::vector<float>{0.1015625F, -448, 10}));
    EXPECT_EQ(tensor::toFloats(*roundedOperand(ComputeType::Float8, x)), (std::vector<float>{1.015625F, -4480, 100}));
    EXPECT_EQ(roundOperand(ComputeType::Tf32, x)->scale, 1);
    const auto zeros = roundOperand(ComputeType::Float8, Tensor::fromFloats({2}, {0, 0}));
    EXPECT_EQ(zeros->scale, 1);
    EXPECT_EQ(tensor::toFloats(zeros->values), (std::vector<float>{0, 0}));
}

}  // namespace
}  // namespace trimtab::graph
