// Copies between strided views, fills and gathers against plain index arithmetic.
#include "kernels/cuda/kernels/movement.h"

#include "kernels/cuda/kernels/copy_plan.h"
#include "kernels/cuda/kernels/index_space.h"
#include "tests/kernels/cuda/device_test.h"

namespace trimtab::cuda {
namespace {

using Ints = std::vector<std::int64_t>;
using Bytes = std::vector<std::uint8_t>;

Bytes counted(std::size_t count) {
    Bytes bytes(count);
    for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::uint8_t>(i * 131 + i / 256 * 7 + i / 65536);
    return bytes;
}

StridedCopy copyOf(int elementBytes, const Ints& extents, const Ints& from, const Ints& to, std::int64_t fromOffset = 0,
                   std::int64_t toOffset = 0) {
    StridedCopy copy;
    copy.elementBytes = elementBytes;
    copy.rank = static_cast<int>(extents.size());
    std::copy(extents.begin(), extents.end(), copy.extents.begin());
    std::copy(from.begin(), from.end(), copy.fromStrides.begin());
    std::copy(to.begin(), to.end(), copy.toStrides.begin());
    copy.fromOffset = fromOffset;
    copy.toOffset = toOffset;
    return copy;
}

Ints rowMajor(const Ints& extents) {
    Ints strides(extents.size(), 1);
    for (std::size_t a = extents.size(); a-- > 1;) strides[a - 1] = strides[a] * extents[a];
    return strides;
}

class MovementTest : public DeviceTest {
protected:
    /// The copy done by loops.
    static void copyPlainly(const StridedCopy& copy, const Bytes& from, Bytes& to) {
        std::int64_t count = 1;
        for (int a = 0; a < copy.rank; ++a) count *= copy.extents[static_cast<std::size_t>(a)];
        for (std::int64_t number = 0; number < count; ++number) {
            std::int64_t rest = number;
            std::int64_t read = copy.fromOffset;
            std::int64_t written = copy.toOffset;
            for (auto a = static_cast<std::size_t>(copy.rank); a-- > 0;) {
                read += rest % copy.extents[a] * copy.fromStrides[a];
                written += rest % copy.extents[a] * copy.toStrides[a];
                rest /= copy.extents[a];
            }
            std::memcpy(&to[static_cast<std::size_t>(written * copy.elementBytes)],
                        &from[static_cast<std::size_t>(read * copy.elementBytes)], static_cast<std::size_t>(copy.elementBytes));
        }
    }

    static void check(const StridedCopy& copy, std::int64_t fromElements, std::int64_t toElements, std::size_t shift = 0) {
        const auto width = static_cast<std::size_t>(copy.elementBytes);
        const Bytes from = counted(static_cast<std::size_t>(fromElements) * width);
        Bytes wanted(static_cast<std::size_t>(toElements) * width, 0xFF);
        copyPlainly(copy, from, wanted);
        Bytes shifted(shift * width);
        shifted.insert(shifted.end(), from.begin(), from.end());
        const auto source = array(shifted);
        const auto target = uninitialised<std::uint8_t>((static_cast<std::size_t>(toElements) + shift) * width);
        const Status launched = launchStridedCopy(stream(), copy, source.data() + shift * width, target.data() + shift * width);
        ASSERT_TRUE(launched) << launched.error().text();
        const auto got = read(target);
        EXPECT_EQ(Bytes(got.begin() + static_cast<std::ptrdiff_t>(shift * width), got.end()), wanted) << copy.elementBytes << " bytes";
    }

    /// Transpose: axis i of the result is axis order[i] of the input.
    static void checkTranspose(int elementBytes, const Ints& extents, const std::vector<std::size_t>& order, std::size_t shift = 0) {
        const Ints strides = rowMajor(extents);
        Ints resultExtents;
        Ints fromStrides;
        std::int64_t count = 1;
        for (const std::size_t axis : order) {
            resultExtents.push_back(extents[axis]);
            fromStrides.push_back(strides[axis]);
            count *= extents[axis];
        }
        check(copyOf(elementBytes, resultExtents, fromStrides, rowMajor(resultExtents)), count, count, shift);
    }
};

TEST_F(MovementTest, TranspositionsOfEveryWidth) {
    for (const int bytes : {1, 2, 4, 8}) {
        checkTranspose(bytes, {64, 96}, {1, 0});
        checkTranspose(bytes, {33, 70}, {1, 0});
        checkTranspose(bytes, {3, 40, 50}, {0, 2, 1});
        checkTranspose(bytes, {2, 9, 4, 16}, {0, 2, 1, 3});   // heads before positions
        checkTranspose(bytes, {2, 3, 17, 20}, {0, 2, 3, 1});  // channels last
        checkTranspose(bytes, {2, 17, 20, 3}, {0, 3, 1, 2});
        checkTranspose(bytes, {12, 10, 11}, {2, 1, 0});
        checkTranspose(bytes, {12, 1000}, {1, 0});
        checkTranspose(bytes, {2, 132, 140}, {0, 2, 1});
        checkTranspose(bytes, {40, 33}, {1, 0}, 1);
    }
}

TEST_F(MovementTest, TranspositionsOfManyAxes) {
    checkTranspose(4, {2, 3, 4, 5, 6, 7}, {5, 3, 1, 4, 2, 0});
    checkTranspose(2, {2, 2, 2, 2, 2, 2, 2, 8}, {6, 4, 2, 0, 1, 3, 5, 7});
    checkTranspose(2, {3, 2, 3, 2, 9, 8}, {4, 2, 0, 1, 3, 5});
}

TEST_F(MovementTest, SlicesWithStepsForwardAndBack) {
    for (const int bytes : {1, 2, 4, 8}) {
        check(copyOf(bytes, {6, 16}, {32, 1}, {16, 1}, 8), 6 * 32, 96);
        check(copyOf(bytes, {5, 7}, {40, 3}, {7, 1}, 2), 200, 35);
        check(copyOf(bytes, {4, 9}, {-20, -1}, {9, 1}, 79), 80, 36);
        check(copyOf(bytes, {3, 50}, {50, 1}, {64, 1}, 0, 7), 150, 3 * 64 + 7);
    }
}

TEST_F(MovementTest, ExpansionsAndConcatenations) {
    for (const int bytes : {1, 2, 4, 8}) {
        check(copyOf(bytes, {4, 5, 16}, {16, 0, 1}, {80, 16, 1}), 64, 320);
        check(copyOf(bytes, {7, 40}, {1, 0}, {40, 1}), 7, 280);
        check(copyOf(bytes, {300}, {0}, {1}), 1, 300);
        check(copyOf(bytes, {3, 8, 4}, {32, 4, 1}, {96, 4, 1}, 0, 64), 96, 3 * 96);  // the last third of an axis of 24
    }
}

TEST_F(MovementTest, EveryLengthAndAddressOfAPlainCopy) {
    for (const int bytes : {1, 2, 4, 8})
        for (const std::int64_t count : {1, 2, 3, 15, 16, 17, 255, 4099})
            for (const std::size_t shift : {0U, 1U, 2U}) check(copyOf(bytes, {count}, {1}, {1}), count, count, shift);
}

TEST_F(MovementTest, NothingIsCopiedOfEmptyExtents) {
    const auto memory = array(Bytes(16, 9));
    EXPECT_TRUE(launchStridedCopy(stream(), copyOf(4, {3, 0}, {1, 1}, {1, 1}), nullptr, memory.data()));
    EXPECT_TRUE(launchFill(stream(), 4, 0, 1, memory.data()));
    Gather gather;
    EXPECT_TRUE(launchGather(stream(), gather, nullptr, nullptr, memory.data(), nullptr));
    EXPECT_EQ(read(memory), Bytes(16, 9));
    EXPECT_FALSE(launchStridedCopy(stream(), copyOf(3, {2}, {1}, {1}), memory.data(), memory.data()));
    EXPECT_FALSE(launchFill(stream(), 3, 1, 1, memory.data()));
}

TEST_F(MovementTest, AScalarIsOneElement) { check(copyOf(4, {}, {}, {}, 3, 1), 5, 3); }

TEST_F(MovementTest, FillsOfEveryWidthLengthAndAddress) {
    constexpr std::uint64_t kValue = 0x8877665544332211;
    for (const std::size_t bytes : {1U, 2U, 4U, 8U})
        for (const std::size_t count : {1U, 3U, 16U, 77U, 5000U})
            for (const std::size_t shift : {0U, 1U, 3U}) {
                const auto memory = uninitialised<std::uint8_t>((count + shift + 1) * bytes);
                ASSERT_TRUE(
                    launchFill(stream(), static_cast<int>(bytes), static_cast<std::int64_t>(count), kValue, memory.data() + shift * bytes));
                const auto got = read(memory);
                for (std::size_t i = 0; i < got.size(); ++i) {
                    const bool inside = i >= shift * bytes && i < (shift + count) * bytes;
                    ASSERT_EQ(got[i], inside ? static_cast<std::uint8_t>(kValue >> (8 * (i % bytes))) : 0xFF)
                        << bytes << " x " << count << " at " << i;
                }
            }
}

/// indices[i] of [count] (or of [outer, count, inner] when perElement) chooses along the middle axis.
void gatherPlainly(const Gather& g, bool perElement, const Bytes& from, const Ints& indices, Bytes& to) {
    const auto width = static_cast<std::size_t>(g.elementBytes);
    for (std::int64_t o = 0; o < g.outer; ++o)
        for (std::int64_t i = 0; i < g.count; ++i)
            for (std::int64_t k = 0; k < g.inner; ++k) {
                const std::int64_t written = (o * g.count + i) * g.inner + k;
                std::int64_t index = indices[static_cast<std::size_t>(perElement ? written : i)];
                if (index < 0) index += g.axis;
                const auto at = static_cast<std::size_t>(written) * width;
                if (index < 0 || index >= g.axis)
                    std::memset(&to[at], 0, width);
                else
                    std::memcpy(&to[at], &from[static_cast<std::size_t>((o * g.axis + index) * g.inner + k) * width], width);
            }
}

class GatherTest : public DeviceTest {
protected:
    static void check(const Gather& g, bool perElement, bool outOfRange) {
        const auto width = static_cast<std::size_t>(g.elementBytes);
        const Bytes from = counted(static_cast<std::size_t>(g.outer * g.axis * g.inner) * width);
        const std::int64_t total = g.outer * g.count * g.inner;
        std::mt19937 engine(1);
        Ints indices;
        for (std::int64_t i = 0; i < (perElement ? total : g.count); ++i)
            indices.push_back(static_cast<std::int64_t>(engine() % static_cast<unsigned>(2 * g.axis)) - g.axis);
        if (outOfRange) {
            indices.front() = g.axis;
            indices.back() = -g.axis - 1;
        }
        Bytes wanted(static_cast<std::size_t>(total) * width, 0xFF);
        gatherPlainly(g, perElement, from, indices, wanted);
        const auto source = array(from);
        const auto wide = array(indices);
        const auto narrow = array(std::vector<std::int32_t>(indices.begin(), indices.end()));
        const auto target = uninitialised<std::uint8_t>(wanted.size());
        const auto fault = array(std::vector<int>{0});
        const void* chosen = g.indexType == DataType::Int64 ? static_cast<const void*>(wide.data()) : narrow.data();
        const Status launched = perElement ? launchGatherElements(stream(), g, source.data(), chosen, target.data(), fault.data())
                                           : launchGather(stream(), g, source.data(), chosen, target.data(), fault.data());
        ASSERT_TRUE(launched) << launched.error().text();
        EXPECT_EQ(read(target), wanted) << g.elementBytes << " bytes, " << g.outer << " x " << g.count << " of " << g.axis << " x "
                                        << g.inner;
        EXPECT_EQ(read(fault).front(), outOfRange ? g.faultCode : 0);
    }
};

TEST_F(GatherTest, RowsOfEveryWidthAndLength) {
    for (const int bytes : {1, 2, 4, 8})
        for (const std::int64_t inner : {1, 3, 8, 64})
            for (const DataType indexType : {DataType::Int32, DataType::Int64})
                for (const bool outOfRange : {false, true}) {
                    check({bytes, 1, 11, inner, 17, indexType, 7}, false, outOfRange);
                    check({bytes, 3, 5, inner, 4, indexType, 7}, false, outOfRange);
                    check({bytes, 2, 6, inner, 5, indexType, 7}, true, outOfRange);
                }
}

TEST_F(GatherTest, EmbeddingsOfOneAndManyTokens) {
    for (const std::int64_t tokens : {1, 2, 257}) check({2, 1, 40, 96, tokens, DataType::Int64, 1}, false, false);
}

/// GatherND by its definition: each tuple walks down the leading axes.
Bytes gatherNdPlainly(const GatherNd& g, const Bytes& from, const Ints& indices) {
    const auto bytes = static_cast<std::size_t>(g.elementBytes) * static_cast<std::size_t>(g.inner);
    Bytes to;
    for (std::int64_t i = 0; i < g.count; ++i) {
        std::int64_t row = 0;
        bool inside = true;
        for (int d = 0; d < g.depth; ++d) {
            const std::int64_t extent = g.extents[static_cast<std::size_t>(d)];
            const std::int64_t given = indices[static_cast<std::size_t>(i * g.depth + d)];
            inside = inside && given >= -extent && given < extent;
            row = row * extent + (given < 0 ? given + extent : given);
        }
        if (!inside)
            to.insert(to.end(), bytes, 0);
        else
            to.insert(to.end(), &from[static_cast<std::size_t>(row) * bytes], &from[static_cast<std::size_t>(row) * bytes] + bytes);
    }
    return to;
}

TEST_F(GatherTest, TuplesOfIndicesWalkDownTheLeadingAxes) {
    std::mt19937 engine(3);
    for (const int depth : {1, 2, 3, 4})
        for (const int bytes : {1, 2, 4})
            for (const std::int64_t inner : {1, 3, 64})
                for (const bool outOfRange : {false, true}) {
                    const GatherNd g{bytes, depth, {3, 5, 2, 4}, inner, 9, DataType::Int64, 7};
                    std::int64_t rows = 1;
                    Ints indices;
                    for (int d = 0; d < depth; ++d) rows *= g.extents[static_cast<std::size_t>(d)];
                    for (std::int64_t i = 0; i < g.count * depth; ++i) {
                        const auto extent = g.extents[static_cast<std::size_t>(i % depth)];
                        indices.push_back(static_cast<std::int64_t>(engine() % static_cast<unsigned>(2 * extent)) - extent);
                    }
                    if (outOfRange) indices.back() = g.extents[static_cast<std::size_t>(depth - 1)];
                    const Bytes from = counted(static_cast<std::size_t>(rows * inner * bytes));
                    const auto source = array(from);
                    const auto tuples = array(indices);
                    const auto target = uninitialised<std::uint8_t>(static_cast<std::size_t>(g.count * inner * bytes));
                    const auto fault = array(std::vector<int>{0});
                    ASSERT_TRUE(launchGatherNd(stream(), g, source.data(), tuples.data(), target.data(), fault.data()));
                    EXPECT_EQ(read(target), gatherNdPlainly(g, from, indices)) << depth << " deep, " << bytes << " bytes x " << inner;
                    EXPECT_EQ(read(fault).front(), outOfRange ? g.faultCode : 0);
                }
    EXPECT_FALSE(launchGatherNd(stream(), {4, 5}, nullptr, nullptr, nullptr, nullptr));
}

TEST_F(GatherTest, OtherIndexTypesAreRefused) {
    const auto memory = array(Bytes(16, 9));
    EXPECT_FALSE(launchGather(stream(), {4, 1, 2, 1, 2, DataType::Float32, 1}, memory.data(), memory.data(), memory.data(), nullptr));
}

TEST(IndexSpaceTest, ProductsAndShiftsDivideAsDivisionDoes) {
    std::mt19937 engine(2);
    for (const std::uint32_t divisor : {1U, 2U, 3U, 5U, 7U, 10U, 255U, 256U, 257U, 641U, 65535U, 65537U, 1000003U, 1U << 30, 0x7FFFFFFFU}) {
        const Divider divider(divisor);
        for (int i = 0; i < 2000; ++i) {
            const std::uint32_t n = engine() >> 1;
            ASSERT_EQ(divider.quotient(n), n / divisor) << n << " / " << divisor;
        }
        for (const std::uint32_t n : {0U, divisor - 1, divisor, 0x7FFFFFFFU}) ASSERT_EQ(divider.quotient(n), n / divisor);
    }
}

TEST(CopyPlanTest, ContiguousAxesBecomeOneOfTheWidestUnits) {
    alignas(16) static std::byte memory[32];
    const CopyPlan plan = planCopy(copyOf(2, {4, 3, 8}, {24, 8, 1}, {24, 8, 1}), memory, memory);
    EXPECT_EQ(plan.axes.rank, 1);
    EXPECT_EQ(plan.unitBytes, 16);
    EXPECT_EQ(plan.axes.extents[0], 12);
    EXPECT_EQ(planCopy(copyOf(2, {96}, {1}, {1}), memory + 4, memory).unitBytes, 4);
    EXPECT_EQ(planCopy(copyOf(2, {96}, {1}, {1}, 1), memory, memory).unitBytes, 2);
}

TEST(CopyPlanTest, TranspositionsAreTiledWhereBothExtentsAreLongEnough) {
    alignas(16) static std::byte memory[32];
    EXPECT_TRUE(planCopy(copyOf(4, {64, 32}, {1, 64}, {32, 1}), memory, memory).tiled);
    EXPECT_EQ(planCopy(copyOf(2, {64, 32}, {1, 64}, {32, 1}), memory, memory).tilePack, 2);
    EXPECT_EQ(planCopy(copyOf(1, {64, 32}, {1, 64}, {32, 1}), memory, memory).tilePack, 4);
    EXPECT_EQ(planCopy(copyOf(2, {63, 32}, {1, 64}, {32, 1}), memory, memory).tilePack, 1);
    EXPECT_EQ(planCopy(copyOf(2, {64, 32}, {1, 64}, {32, 1}), memory + 2, memory).tilePack, 1);
    EXPECT_FALSE(planCopy(copyOf(4, {64, 4}, {1, 64}, {4, 1}), memory, memory).tiled);
    EXPECT_FALSE(planCopy(copyOf(4, {64, 32}, {32, 1}, {32, 1}), memory, memory).tiled);
}

}  // namespace
}  // namespace trimtab::cuda
