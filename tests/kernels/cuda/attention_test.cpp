#include "kernels/cuda/kernels/attention.h"

#include <algorithm>

#include "tests/kernels/cuda/device_test.h"

namespace trimtab::cuda {
namespace {

std::vector<float> rounded(DataType type, const std::vector<float>& values) { return toFloats(type, toBytes(type, values)); }

/// The head's sum over keys, in double, as the header states it; `past`: of each sequence.
std::vector<double> reference(Attention a, const std::vector<std::int64_t>& past, const std::vector<float>& q, const std::vector<float>& k,
                              const std::vector<float>& v) {
    std::vector<double> o;
    for (std::int64_t b = 0; b < a.batch; ++b) {
        a.past = past[static_cast<std::size_t>(b)];
        for (std::int64_t s = 0; s < a.queries; ++s)
            for (std::int64_t h = 0; h < a.heads; ++h) {
                const float* query = &q[static_cast<std::size_t>(b * a.qBatchStride + s * a.qTokenStride + h * a.qHeadStride)];
                const std::size_t head = static_cast<std::size_t>((b * a.kvHeads + h / (a.heads / a.kvHeads)) * a.capacity * a.headSize);
                const std::int64_t last = a.causal ? a.past + s : a.past + a.queries - 1;
                const std::int64_t first = a.window > 0 ? std::max<std::int64_t>(0, a.past + s - a.window + 1) : 0;
                std::vector<double> scores;
                for (std::int64_t t = first; t <= last; ++t) {
                    double score = 0;
                    for (std::int64_t d = 0; d < a.headSize; ++d)
                        score += static_cast<double>(query[d]) * k[head + static_cast<std::size_t>(t * a.headSize + d)];
                    score *= a.scale;
                    scores.push_back(a.softCap > 0 ? a.softCap * std::tanh(score / a.softCap) : score);
                }
                const double largest = *std::max_element(scores.begin(), scores.end());
                double weight = 0;
                for (double& score : scores) weight += score = std::exp(score - largest);
                for (std::int64_t d = 0; d < a.headSize; ++d) {
                    double sum = 0;
                    for (std::int64_t t = first; t <= last; ++t)
                        sum += scores[static_cast<std::size_t>(t - first)] * v[head + static_cast<std::size_t>(t * a.headSize + d)];
                    o.push_back(sum / weight);
                }
            }
    }
    return o;
}

struct Places {
    std::int64_t qOffset = 0, cacheOffset = 0, outputOffset = 0;  // elements before the data: pointers that are not aligned
    std::vector<std::int32_t> last;                               // not empty: each sequence's tokens in all less one, on the device
};

class AttentionTest : public DeviceTest {
protected:
    /// q stands as [batch, queries, heads, headSize] with `gap` elements behind each token unless the strides are set.
    static Attention shaped(DataType type, std::int64_t batch, std::int64_t heads, std::int64_t kvHeads, std::int64_t headSize,
                            std::int64_t queries, std::int64_t past, std::int64_t gap = 0) {
        Attention a;
        a.type = type;
        a.batch = batch;
        a.heads = heads;
        a.kvHeads = kvHeads;
        a.headSize = headSize;
        a.queries = queries;
        a.past = past;
        a.capacity = past + queries + 3;
        a.scale = static_cast<float>(1.5 / std::sqrt(static_cast<double>(headSize)));
        a.qHeadStride = headSize;
        a.qTokenStride = heads * headSize + gap;
        a.qBatchStride = queries * a.qTokenStride;
        return a;
    }

    static double error(Attention a, const Places& places = {}) {
        const std::size_t width = a.type == DataType::Float32 ? 4 : 2;
        const auto q = rounded(a.type, normal(static_cast<std::size_t>(a.batch * a.qBatchStride), 1));
        const auto count = static_cast<std::size_t>(a.batch * a.kvHeads * a.capacity * a.headSize);
        auto k = rounded(a.type, normal(count, 2));
        auto v = rounded(a.type, normal(count, 3));
        std::vector<std::int64_t> past(static_cast<std::size_t>(a.batch), a.past);
        for (std::size_t b = 0; b < places.last.size(); ++b) past[b] = std::max<std::int64_t>(0, places.last[b] + 1 - a.queries);
        // What lies behind the last token in the cache is nobody's.
        for (std::size_t i = 0; i < count; ++i) {
            const std::int64_t row = static_cast<std::int64_t>(i) / a.headSize;
            if (row % a.capacity >= past[static_cast<std::size_t>(row / a.capacity / a.kvHeads)] + a.queries)
                k[i] = v[i] = std::numeric_limits<float>::quiet_NaN();
        }

        const auto shifted = [&](const std::vector<float>& values, std::int64_t offset) {
            auto bytes = toBytes(a.type, values);
            bytes.insert(bytes.begin(), static_cast<std::size_t>(offset) * width, 0xFF);
            return array(bytes);
        };
        const auto at = [&](const DeviceArray<std::uint8_t>& memory, std::int64_t offset) {
            return memory.data() + static_cast<std::size_t>(offset) * width;
        };
        const auto deviceQ = shifted(q, places.qOffset);
        const auto deviceK = shifted(k, places.cacheOffset);
        const auto deviceV = shifted(v, places.cacheOffset);
        const auto wanted = reference(a, past, q, k, v);
        const auto deviceO = uninitialised<std::uint8_t>((wanted.size() + static_cast<std::size_t>(places.outputOffset)) * width);
        DeviceArray<std::int32_t> last;
        if (!places.last.empty()) {
            last = array(places.last);
            a.lastOnDevice = last.data();
            a.past = a.capacity - a.queries;
        }
        const auto workspace = uninitialised<std::uint8_t>(static_cast<std::size_t>(attentionWorkspace(a)));
        const Status launched = launchAttention(stream(), a, at(deviceQ, places.qOffset), at(deviceK, places.cacheOffset),
                                                at(deviceV, places.cacheOffset), workspace.data(), at(deviceO, places.outputOffset));
        EXPECT_TRUE(launched) << (launched ? "" : launched.error().text());
        auto bytes = read(deviceO);
        bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(places.outputOffset) * width));
        return relativeError(toFloats(a.type, bytes), wanted);
    }
    static double tolerance(DataType type) { return type == DataType::Float32 ? 2e-6 : type == DataType::Float16 ? 6e-4 : 5e-3; }
    static void expectClose(const Attention& a, const Places& places = {}) {
        EXPECT_LT(error(a, places), tolerance(a.type))
            << "type " << static_cast<int>(a.type) << ", batch " << a.batch << ", heads " << a.heads << '/' << a.kvHeads << " of "
            << a.headSize << ", queries " << a.queries << ", past " << a.past;
    }
};

constexpr DataType kTypes[] = {DataType::Float32, DataType::Float16, DataType::BFloat16};

TEST_F(AttentionTest, OneNewTokenAfterAnyNumberOfOthers) {
    for (const DataType type : kTypes)
        for (const std::int64_t past : {0, 1, 14, 15, 16, 17, 126, 127, 128, 255}) expectClose(shaped(type, 1, 4, 2, 64, 1, past));
}

TEST_F(AttentionTest, KeysDividedAmongBlocks) {
    for (const DataType type : kTypes)
        for (const std::int64_t past : {256, 383, 1000}) expectClose(shaped(type, 1, 4, 1, 64, 1, past));
    expectClose(shaped(DataType::BFloat16, 3, 2, 2, 128, 1, 517));
}

TEST_F(AttentionTest, EveryNumberOfHeadsToAKeyHead) {
    for (const DataType type : kTypes)
        for (const std::int64_t group : {1, 2, 3, 4, 5, 7, 8, 9, 16}) expectClose(shaped(type, 1, 2 * group, 2, 64, 1, 40));
}

TEST_F(AttentionTest, DecodeOfEveryHeadSize) {
    for (const DataType type : kTypes)
        for (const std::int64_t headSize : {1, 8, 20, 32, 40, 80, 96, 100, 128, 160, 256})
            expectClose(shaped(type, 1, 2, 1, headSize, 1, 45));
    expectClose(shaped(DataType::Float16, 1, 2, 1, 256, 1, 400));
    expectClose(shaped(DataType::Float32, 1, 2, 1, 256, 1, 400));
}

TEST_F(AttentionTest, DecodeOfManySequences) {
    for (const DataType type : kTypes) expectClose(shaped(type, 64, 2, 1, 64, 1, 9));
    expectClose(shaped(DataType::BFloat16, 257, 1, 1, 16, 1, 2));
}

TEST_F(AttentionTest, FewTokensSeeOnlyWhatIsBeforeThem) {
    for (const DataType type : kTypes) {
        expectClose(shaped(type, 2, 4, 2, 64, 3, 21));
        expectClose(shaped(type, 1, 2, 2, 64, 5, 300));
    }
}

TEST_F(AttentionTest, PromptOfAnyLength) {
    for (const DataType type : kTypes)
        for (const std::int64_t queries : {17, 63, 64, 65, 130}) expectClose(shaped(type, 1, 2, 1, 64, queries, 0));
}

TEST_F(AttentionTest, PromptOfEveryHeadSize) {
    for (const DataType type : kTypes)
        for (const std::int64_t headSize : {8, 20, 80, 128, 160, 256}) expectClose(shaped(type, 1, 1, 1, headSize, 70, 0));
}

TEST_F(AttentionTest, PromptBehindEarlierTokens) {
    for (const DataType type : kTypes)
        for (const std::int64_t group : {1, 3, 8}) expectClose(shaped(type, 1, group, 1, 64, 20, 77));
    expectClose(shaped(DataType::BFloat16, 2, 6, 2, 128, 33, 31));
}

TEST_F(AttentionTest, ManyBlocksTakeLargerTiles) {
    expectClose(shaped(DataType::BFloat16, 133, 2, 2, 64, 18, 5));
    expectClose(shaped(DataType::Float16, 264, 2, 1, 48, 17, 70));
}

TEST_F(AttentionTest, WithoutMaskEveryTokenSeesAll) {
    for (const DataType type : kTypes)
        for (const std::int64_t queries : {1, 6, 75}) {
            Attention a = shaped(type, 2, 2, 2, 64, queries, 0);
            a.causal = false;
            expectClose(a);
        }
}

TEST_F(AttentionTest, WindowHidesOldKeys) {
    for (const DataType type : kTypes)
        for (const std::int64_t window : {1, 30, 64, 500})
            for (const std::int64_t queries : {1, 3, 90}) {
                Attention a = shaped(type, 1, 2, 1, 64, queries, 350);
                a.window = window;
                expectClose(a);
            }
}

TEST_F(AttentionTest, CapHoldsScoresDown) {
    for (const DataType type : kTypes)
        for (const std::int64_t queries : {1, 40}) {
            Attention a = shaped(type, 1, 2, 1, 64, queries, 33);
            a.scale = 1;
            a.softCap = 5;
            expectClose(a);
        }
}

TEST_F(AttentionTest, QueriesBetweenOtherColumns) {
    for (const DataType type : kTypes)
        for (const std::int64_t gap : {1, 4, 64})
            for (const std::int64_t queries : {1, 19}) expectClose(shaped(type, 2, 2, 1, 64, queries, 20, gap));
}

TEST_F(AttentionTest, PointersThatAreNotAligned) {
    for (const DataType type : kTypes)
        for (const std::int64_t queries : {1, 19}) {
            expectClose(shaped(type, 1, 2, 1, 64, queries, 20), {.qOffset = 1});
            expectClose(shaped(type, 1, 2, 1, 64, queries, 20), {.cacheOffset = 1});
            expectClose(shaped(type, 1, 2, 1, 64, queries, 20), {.outputOffset = 1});
        }
}

TEST_F(AttentionTest, TokensMayBeCountedOnTheDeviceForEachSequence) {
    for (const DataType type : kTypes)
        for (const std::int32_t queries : {1, 18}) {
            Attention a = shaped(type, 4, 2, 1, 64, queries, 0);
            a.capacity = 700;
            expectClose(a, {.last = {queries - 1, queries + 6, queries + 289, 699}});
        }
}

TEST_F(AttentionTest, PromptsThatArePaddedAtTheirEndHaveNoTokensBefore) {
    for (const DataType type : kTypes) {
        Attention a = shaped(type, 3, 2, 2, 64, 18, 0);
        a.capacity = 40;
        expectClose(a, {.last = {17, 0, 11}});
    }
}

TEST_F(AttentionTest, WorkspaceNeverShrinksAsTheCacheGrows) {
    std::int64_t before = 0;
    for (std::int64_t past = 0; past < 9000; past += 50) {
        const std::int64_t bytes = attentionWorkspace(shaped(DataType::BFloat16, 2, 32, 8, 64, 1, past));
        EXPECT_GE(bytes, before);
        before = bytes;
    }
    EXPECT_GT(before, 0);
    EXPECT_EQ(attentionWorkspace(shaped(DataType::BFloat16, 1, 32, 8, 64, 1, 200)), 0);
    EXPECT_EQ(attentionWorkspace(shaped(DataType::BFloat16, 1, 32, 8, 64, 512, 4000)), 0);
}

TEST_F(AttentionTest, NoSequencesAndNoTokensAreNoWork) {
    expectClose(shaped(DataType::BFloat16, 0, 2, 1, 64, 1, 10));
    expectClose(shaped(DataType::BFloat16, 1, 2, 1, 64, 0, 10));
}

TEST_F(AttentionTest, RefusesWhatItCannotHold) {
    EXPECT_FALSE(launchAttention(stream(), shaped(DataType::BFloat16, 1, 2, 1, 257, 1, 0), nullptr, nullptr, nullptr, nullptr, nullptr));
    EXPECT_FALSE(launchAttention(stream(), shaped(DataType::Int8, 1, 2, 1, 64, 1, 0), nullptr, nullptr, nullptr, nullptr, nullptr));
    EXPECT_FALSE(launchAttention(stream(), shaped(DataType::Float32, 1, 3, 2, 64, 1, 0), nullptr, nullptr, nullptr, nullptr, nullptr));
    Attention full = shaped(DataType::Float32, 1, 2, 2, 64, 1, 8);
    full.capacity = 8;
    EXPECT_FALSE(launchAttention(stream(), full, nullptr, nullptr, nullptr, nullptr, nullptr));
}

}  // namespace
}  // namespace trimtab::cuda
