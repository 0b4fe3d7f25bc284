#include <gtest/gtest.h>

#include "core/base/memory_budget.h"
#include "core/tensor/tensor.h"

namespace trimtab::tensor {
namespace {

TEST(Shape, CountsElementsAndKnowsWhatOverflows) {
    EXPECT_EQ((Shape{2, 3, 4}).elementCount(), 24);
    EXPECT_EQ(Shape{}.elementCount(), 1);
    EXPECT_EQ((Shape{1LL << 62, 1LL << 62, 0}).checkedElementCount(), 0);
    EXPECT_FALSE((Shape{1LL << 62, 4}).checkedElementCount());
    EXPECT_FALSE((Shape{-1, 4}).checkedElementCount());
    EXPECT_EQ((Shape{2, 3, 4}).strides(), (std::vector<std::int64_t>{12, 4, 1}));
    EXPECT_EQ((Shape{2, 3}).text(), "[2, 3]");
}

TEST(Shape, BroadcastsLikeNumPy) {
    EXPECT_EQ(broadcast(Shape{8, 1, 6, 1}, Shape{7, 1, 5}), (Shape{8, 7, 6, 5}));
    EXPECT_EQ(broadcast(Shape{}, Shape{3}), (Shape{3}));
    EXPECT_EQ(broadcast(Shape{0, 1}, Shape{1, 4}), (Shape{0, 4}));
    EXPECT_FALSE(broadcast(Shape{2}, Shape{3}));
}

TEST(Shape, NormalizesNegativeAxes) {
    EXPECT_EQ(normalizeAxis(-1, 3), 2);
    EXPECT_EQ(normalizeAxis(0, 1), 0);
    EXPECT_FALSE(normalizeAxis(3, 3));
    EXPECT_FALSE(normalizeAxis(-4, 3));
}

TEST(Tensor, SubByteTypesRoundUpToWholeBytes) {
    EXPECT_EQ(byteSize(DataType::Int4, 5), 3);
    EXPECT_EQ(byteSize(DataType::Float32, 5), 20);
    EXPECT_FALSE(byteSize(DataType::String, 5));
    EXPECT_FALSE(byteSize(DataType::Float64, INT64_MAX / 2));
}

TEST(Tensor, MemoryIsAlignedCountedAndGivenBack) {
    base::MemoryBudget& budget = base::MemoryBudget::process();
    const std::int64_t before = budget.used();
    {
        const auto tensor = Tensor::allocate(DataType::Float32, Shape{100});
        ASSERT_TRUE(tensor);
        EXPECT_TRUE(tensor->aligned(64));
        EXPECT_EQ(budget.used(), before + 448);
        const Tensor shared = *tensor;
        EXPECT_EQ(budget.used(), before + 448);
    }
    EXPECT_EQ(budget.used(), before);
}

TEST(Tensor, ImpossibleAndUnaffordableSizesAreRefusedBeforeAllocation) {
    EXPECT_EQ(Tensor::allocate(DataType::Float32, Shape{-1}).error().code, ErrorCode::Refused);
    EXPECT_EQ(Tensor::allocate(DataType::Float32, Shape{1LL << 62, 1LL << 10}).error().code, ErrorCode::Refused);
    base::MemoryBudget& budget = base::MemoryBudget::process();
    budget.setLimit(budget.used() + (1 << 20));
    EXPECT_EQ(Tensor::allocate(DataType::Float32, Shape{1LL << 40}).error().code, ErrorCode::OutOfMemory);
    budget.setLimit(0);
}

TEST(Tensor, AnEmptyTensorHasNoBytesButATypeAndAShape) {
    const auto tensor = Tensor::zeros(DataType::Float32, Shape{3, 0});
    ASSERT_TRUE(tensor);
    EXPECT_EQ(tensor->elementCount(), 0);
    EXPECT_TRUE(tensor->data<float>().empty());
}

TEST(Tensor, ClonesAreIndependentAndReshapesShare) {
    Tensor tensor = Tensor::fromFloats(Shape{2, 2}, {1, 2, 3, 4});
    Tensor copy = *tensor.clone();
    copy.mutableData<float>()[0] = 9;
    EXPECT_EQ(tensor.data<float>()[0], 1);
    EXPECT_EQ(tensor.reshaped(Shape{4}).bytes().data(), tensor.bytes().data());
}

}  // namespace
}  // namespace trimtab::tensor
