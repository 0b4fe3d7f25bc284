// How chains are walked, and what is refused before anything is launched.
#include "kernels/cuda/kernels/expression_plan.h"

#include <gtest/gtest.h>

namespace trimtab::cuda {
namespace {

TEST(ExpressionPlanTest, AxesThatAllWalkAsOneAreMerged) {
    alignas(16) static std::byte memory[64];
    Expression expression;
    expression.extents = {2, 1, 3, 4, 8};
    expression.outputType = DataType::Float16;
    expression.inputs = {{DataType::Float16, {96, 96, 32, 8, 1}}, {DataType::Float16, {0, 0, 32, 8, 1}}};
    const ExpressionPlan plan = planExpression(expression, {memory, memory}, memory);
    EXPECT_EQ(plan.axes.rank, 2);
    EXPECT_EQ(plan.axes.extents[0], 2);
    EXPECT_EQ(plan.axes.extents[1], 96);
    EXPECT_EQ(plan.width, 8);
    EXPECT_EQ(planExpression(expression, {memory + 2, memory}, memory).width, 1);
    EXPECT_EQ(planExpression(expression, {memory + 8, memory}, memory + 8).width, 4);
    expression.inputs[1] = {DataType::Float32, {0, 0, 0, 0, 0}};
    EXPECT_EQ(planExpression(expression, {memory, memory}, memory).axes.rank, 1);
    EXPECT_EQ(planExpression(expression, {memory, memory + 4}, memory).width, 8) << "a repeated element narrows nothing";
}

TEST(ExpressionPlanTest, PlacesBeyondThirtyTwoBitsAreWide) {
    Expression expression;
    expression.extents = {70000, 40000};
    expression.inputs = {{DataType::Float32, {40000, 1}}};
    EXPECT_TRUE(planExpression(expression, {}, nullptr).wide);
    expression.extents = {70000, 30000};
    expression.inputs = {{DataType::Float32, {30000, 1}}};
    EXPECT_FALSE(planExpression(expression, {}, nullptr).wide);
}

TEST(ExpressionPlanTest, WhatNoKernelTakesIsRefusedWithItsReason) {
    Expression expression;
    expression.extents = {4};
    expression.inputs = {{DataType::Float64, {1}}};
    EXPECT_FALSE(checkExpression(expression));
    expression.inputs = {{DataType::Int64, {1}}, {DataType::Float32, {1}}};
    EXPECT_FALSE(checkExpression(expression));
    expression.inputs = {{DataType::Int64, {1}}};
    expression.instructions = {{Op::Exp}};
    EXPECT_FALSE(checkExpression(expression));
    expression.instructions = {{Op::Add, {Operand::Kind::Input, 1, 0}}};
    EXPECT_FALSE(checkExpression(expression));
    expression.instructions = {{Op::Save, {Operand::Kind::Saved, 2, 0}}};
    EXPECT_FALSE(checkExpression(expression));
    expression.instructions = std::vector<Instruction>(kMaxInstructions + 1, Instruction{Op::Neg});
    EXPECT_FALSE(checkExpression(expression));
    expression.instructions = {Instruction{Op::Neg}};
    expression.extents = std::vector<std::int64_t>(9, 1);
    EXPECT_FALSE(checkExpression(expression));
    expression.extents = {4};
    EXPECT_TRUE(checkExpression(expression));
}

}  // namespace
}  // namespace trimtab::cuda
