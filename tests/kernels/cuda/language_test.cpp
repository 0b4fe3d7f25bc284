// The language that kernels are written in means the same on the emulator as on a GPU, and what CUDA's and PTX's manuals say.
#include "tests/kernels/cuda/language_kernels.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "tests/kernels/cuda/device_test.h"

namespace trimtab::cuda {
namespace {

class LanguageTest : public DeviceTest {
protected:
    template <class T>
    static std::vector<T> numbers(std::size_t count, unsigned seed, T low, T high) {
        std::mt19937 engine(seed);
        std::uniform_int_distribution<long long> draw(low, high);
        std::vector<T> values(count);
        for (T& value : values) value = static_cast<T>(draw(engine));
        return values;
    }
};

/// The lane that a shuffle reads, as the PTX manual's pseudo-code for shfl.sync has it (§ "shfl.sync"; the CUDA functions set its clamp
/// operand).
int sourceLane(Shuffle shuffle, int lane, int amount, int width) {
    const int segment = 32 - width;  // mask of the lane bits that name the segment
    const int first = lane & segment;
    const int clamp = first | (shuffle == Shuffle::Up ? 0 : ~segment & 31);
    switch (shuffle) {
        case Shuffle::Index: return first | (amount & ~segment & 31);
        case Shuffle::Up: return lane - amount >= clamp ? lane - amount : lane;
        case Shuffle::Down: return lane + amount <= clamp ? lane + amount : lane;
        case Shuffle::Xor: return (lane ^ amount) <= clamp ? lane ^ amount : lane;
    }
    return lane;
}

TEST_F(LanguageTest, shufflesWithinSegments) {
    std::vector<float> values(96);
    std::iota(values.begin(), values.end(), 0.5F);
    const auto in = array(values);
    for (const Shuffle shuffle : {Shuffle::Index, Shuffle::Up, Shuffle::Down, Shuffle::Xor}) {
        for (const int width : {1, 2, 8, 16, 32}) {
            for (const int amount : {0, 1, 3, 7, 16, 31}) {
                const auto out = uninitialised<float>(96);
                ASSERT_TRUE(launchShuffle(stream(), shuffle, 0xFFFFFFFFU, amount, width, 96, in.data(), out.data()));
                const auto got = read(out);
                for (int i = 0; i < 96; ++i) {
                    const int wanted = i / 32 * 32 + sourceLane(shuffle, i % 32, amount, width);
                    ASSERT_EQ(got[static_cast<std::size_t>(i)], values[static_cast<std::size_t>(wanted)])
                        << "shuffle " << static_cast<int>(shuffle) << " by " << amount << " of " << width << ", thread " << i;
                }
            }
        }
    }
}

TEST_F(LanguageTest, shufflesAmongTheLanesOfAMask) {
    std::vector<float> values(64);
    std::iota(values.begin(), values.end(), 0.5F);
    const auto in = array(values);
    const auto out = uninitialised<float>(64);
    ASSERT_TRUE(launchShuffle(stream(), Shuffle::Xor, 0x55555555U, 2, 32, 64, in.data(), out.data()));
    const auto got = read(out);
    for (std::size_t i = 0; i < 64; i += 2) EXPECT_EQ(got[i], values[i ^ 2]);
    for (std::size_t i = 1; i < 64; i += 2) EXPECT_TRUE(std::isnan(got[i])) << "a lane outside of the mask wrote";
}

TEST_F(LanguageTest, votesAndReducesOverWarps) {
    const std::size_t threads = 77;
    const auto values = numbers<int>(threads, 3, -100, 100);
    auto positive = values;
    for (std::size_t i = 32; i < 64; ++i) positive[i] = std::abs(positive[i]) + 1;  // one warp of which all agree
    const auto in = array(positive);
    const auto out = uninitialised<int>(threads * 5);
    ASSERT_TRUE(launchVotes(stream(), threads, in.data(), out.data()));
    const auto got = read(out);
    for (std::size_t i = 0; i < threads; ++i) {
        const auto first = positive.begin() + static_cast<std::ptrdiff_t>(i / 32 * 32);
        const auto last = positive.begin() + static_cast<std::ptrdiff_t>(std::min(i / 32 * 32 + 32, threads));
        unsigned ballot = 0;
        for (auto at = first; at != last; ++at) ballot |= (*at > 0 ? 1U : 0U) << (at - first);
        const bool all = std::all_of(first, last, [](int value) { return value > 0; });
        const int sum = std::accumulate(first, last, 0);
        const std::vector<int> wanted{static_cast<int>(ballot), ballot != 0, all, sum, *std::max_element(first, last)};
        const auto mine = got.begin() + static_cast<std::ptrdiff_t>(5 * i);
        EXPECT_EQ(std::vector<int>(mine, mine + 5), wanted) << "thread " << i;
    }
}

TEST_F(LanguageTest, countsThreadsAndBlocksAlongThreeAxes) {
    struct Extents {
        unsigned grid[3];
        unsigned block[3];
    };
    for (const auto& [grid, block] : {Extents{{1, 1, 1}, {1, 1, 1}}, Extents{{3, 2, 2}, {5, 3, 2}}, Extents{{2, 1, 3}, {257, 1, 1}},
                                      Extents{{1, 1, 1}, {1024, 1, 1}}, Extents{{1, 7, 1}, {8, 8, 4}}}) {
        const std::size_t blocks = grid[0] * grid[1] * grid[2];
        const std::size_t threads = block[0] * block[1] * block[2];
        const auto values = numbers<int>(blocks * threads, 5, -1000, 1000);
        const auto in = array(values);
        const auto out = uninitialised<int>(blocks);
        ASSERT_TRUE(launchTreeSum(stream(), grid, block, in.data(), out.data()));
        const auto got = read(out);
        for (std::size_t b = 0; b < blocks; ++b) {
            const auto first = values.begin() + static_cast<std::ptrdiff_t>(b * threads);
            EXPECT_EQ(got[b], std::accumulate(first, first + static_cast<std::ptrdiff_t>(threads), 0));
        }
    }
}

TEST_F(LanguageTest, givesAKernelTheDynamicSharedMemoryItAsksFor) {
    for (const int count : {1, 255, 3000, 24000}) {  // the last needs more than 48 KiB
        auto values = numbers<int>(static_cast<std::size_t>(count), 7, -1000, 1000);
        const auto in = array(values);
        const auto out = uninitialised<int>(static_cast<std::size_t>(count));
        ASSERT_TRUE(launchReverse(stream(), count, in.data(), out.data()));
        std::reverse(values.begin(), values.end());
        EXPECT_EQ(read(out), values);
    }
}

TEST_F(LanguageTest, addsAndComparesAtomically) {
    const int count = 1000;
    const auto values = numbers<int>(count, 11, -500, 500);
    const auto in = array(values);
    const auto counts = array(std::vector<int>(16, 0));
    const auto extremes = array(std::vector<int>{-1000, 1000, 0});
    const auto sum = array(std::vector<float>{0});
    const auto ticket = array(std::vector<unsigned>{0});
    const auto lasts = array(std::vector<int>{0});
    ASSERT_TRUE(launchAtomics(stream(), count, in.data(), counts.data(), extremes.data(), sum.data(), ticket.data(), lasts.data()));
    std::vector<int> wanted(16, 0);
    for (const int value : values) ++wanted[static_cast<std::size_t>(value & 15)];
    const int total = std::accumulate(values.begin(), values.end(), 0);
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    EXPECT_EQ(read(counts), wanted);
    EXPECT_EQ(read(extremes), (std::vector<int>{*high, *low, total}));
    EXPECT_EQ(read(sum)[0], static_cast<float>(total));  // whole numbers below 2^24: exact in any order
    EXPECT_EQ(read(ticket)[0], 16U);
    EXPECT_EQ(read(lasts)[0], total) << "the last block, and it alone, sees all sums";
}

TEST_F(LanguageTest, copiesAsynchronouslyAndFillsWithZeros) {
    for (const int count : {4, 508, 512, 516, 2044}) {
        const auto values = numbers<int>(static_cast<std::size_t>(count), 13, -1000, 1000);
        const auto in = array(values);
        std::vector<int> wanted((static_cast<std::size_t>(count) + 511) / 512 * 512, 0);
        std::transform(values.begin(), values.end(), wanted.begin(), [](int value) { return 3 * value; });
        const auto out = uninitialised<int>(wanted.size());
        ASSERT_TRUE(launchPipeline(stream(), count, in.data(), out.data()));
        EXPECT_EQ(read(out), wanted);
    }
}

TEST_F(LanguageTest, loadsMatricesIntoFragments) {
    std::vector<std::uint16_t> rows(32 * 8);
    std::iota(rows.begin(), rows.end(), std::uint16_t{100});
    const auto in = array(rows);
    const auto out = uninitialised<unsigned>(3 * 32 * 4);
    ASSERT_TRUE(launchMatrixLoads(stream(), in.data(), out.data()));
    const auto got = read(out);
    const auto element = [&](std::size_t matrix, std::size_t row, std::size_t column) -> unsigned {
        return rows[(matrix * 8 + row) * 8 + column];
    };
    for (std::size_t lane = 0; lane < 32; ++lane) {
        const std::size_t g = lane / 4;
        const std::size_t t = lane % 4 * 2;
        for (std::size_t i = 0; i < 4; ++i) {
            EXPECT_EQ(got[lane * 4 + i], element(i, g, t) | element(i, g, t + 1) << 16);
            EXPECT_EQ(got[128 + lane * 4 + i], element(i, t, g) | element(i, t + 1, g) << 16);
        }
        for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(got[256 + lane * 4 + i], got[lane * 4 + i]);
    }
}

TEST_F(LanguageTest, multipliesMatricesOf16BitFloats) {
    for (const DataType type : {DataType::Float16, DataType::BFloat16}) {
        const auto bytesA = toBytes(type, normal(16 * 16, 17));
        const auto bytesB = toBytes(type, normal(8 * 16, 19));
        const auto start = normal(16 * 8, 23);
        const auto a = array(bytesA);
        const auto b = array(bytesB);
        const auto d = array(start);
        ASSERT_TRUE(launchHalfProduct(stream(), type == DataType::BFloat16, a.data(), b.data(), d.data()));
        const auto x = toFloats(type, bytesA);
        const auto w = toFloats(type, bytesB);
        const auto got = read(d);
        for (std::size_t i = 0; i < 16; ++i) {
            for (std::size_t j = 0; j < 8; ++j) {
                double wanted = start[i * 8 + j];
                for (std::size_t k = 0; k < 16; ++k) wanted += static_cast<double>(x[i * 16 + k]) * w[j * 16 + k];
                EXPECT_NEAR(got[i * 8 + j], wanted, 1e-5) << i << ", " << j;  // 17 terms below 10 at 2^-23 each
            }
        }
    }
}

TEST_F(LanguageTest, multipliesMatricesOfBytes) {
    const auto x = numbers<std::int8_t>(16 * 32, 29, -128, 127);
    const auto w = numbers<std::int8_t>(8 * 32, 31, -128, 127);
    const auto start = numbers<int>(16 * 8, 37, -100000, 100000);
    const auto a = array(x);
    const auto b = array(w);
    const auto d = array(start);
    ASSERT_TRUE(launchByteProduct(stream(), a.data(), b.data(), d.data()));
    auto wanted = start;
    for (std::size_t i = 0; i < 16; ++i) {
        for (std::size_t j = 0; j < 8; ++j) {
            for (std::size_t k = 0; k < 32; ++k) wanted[i * 8 + j] += x[i * 32 + k] * w[j * 32 + k];
        }
    }
    EXPECT_EQ(read(d), wanted);
}

}  // namespace
}  // namespace trimtab::cuda
