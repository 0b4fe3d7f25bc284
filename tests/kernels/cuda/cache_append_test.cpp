#include <algorithm>
#include <cmath>

#include "kernels/cuda/kernels/attention.h"
#include "tests/kernels/cuda/device_test.h"

namespace trimtab::cuda {
namespace {

struct AppendCase {
    DataType type = DataType::BFloat16;
    std::int64_t batch = 1, heads = 4, kvHeads = 2, headSize = 64, queries = 1, past = 0;
    Rotary rotary{true, false, 32};
    std::int64_t gap = 0;     // elements between two tokens' q, k and v
    std::int64_t offset = 0;  // elements before q and the caches
    std::vector<std::int32_t>
        last;  // not empty: each sequence's tokens in all less one, on the device, of which at most `past` came before

    std::int64_t before(std::int64_t b) const {
        return last.empty() ? past : std::max<std::int64_t>(0, last[static_cast<std::size_t>(b)] + 1 - queries);
    }
};

class CacheAppendTest : public DeviceTest {
protected:
    /// As a projection leaves it: a token's q, k and v heads behind one another, then the gap.
    struct Projected {
        std::vector<float> values;
        std::int64_t token = 0;
        std::size_t at(const AppendCase& c, std::int64_t b, std::int64_t s, std::int64_t slot, std::int64_t d) const {
            return static_cast<std::size_t>(c.offset + (b * c.queries + s) * token + slot * c.headSize + d);
        }
    };

    static Attention attentionOf(const AppendCase& c, std::int64_t token) {
        Attention a;
        a.type = c.type;
        a.batch = c.batch;
        a.heads = c.heads;
        a.kvHeads = c.kvHeads;
        a.headSize = c.headSize;
        a.queries = c.queries;
        a.past = c.past;
        a.capacity = c.past + c.queries + 2;
        a.qHeadStride = a.kvHeadStride = c.headSize;
        a.qTokenStride = a.kvTokenStride = token;
        a.qBatchStride = a.kvBatchStride = c.queries * token;
        return a;
    }

    /// The head rotated as RoFormer's equation 34 states it, in double.
    static std::vector<double> rotated(const Rotary& rotary, std::vector<double> head, const float* cos, const float* sin) {
        for (std::int64_t i = 0; rotary.apply && i < rotary.half; ++i) {
            const auto first = static_cast<std::size_t>(rotary.interleaved ? 2 * i : i);
            const auto second = static_cast<std::size_t>(rotary.interleaved ? 2 * i + 1 : i + rotary.half);
            const double x = head[first];
            const double y = head[second];
            head[first] = x * cos[i] - y * sin[i];
            head[second] = y * cos[i] + x * sin[i];
        }
        return head;
    }

    static void expectClose(const AppendCase& c) {
        Projected projected;
        projected.token = (c.heads + 2 * c.kvHeads) * c.headSize + c.gap;
        projected.values =
            toFloats(c.type, toBytes(c.type, normal(static_cast<std::size_t>(c.offset + c.batch * c.queries * projected.token), 1)));
        Attention a = attentionOf(c, projected.token);
        const std::int64_t half = std::max<std::int64_t>(c.rotary.half, 1);
        const auto angles = normal(static_cast<std::size_t>((c.past + c.queries) * half), 2);
        std::vector<float> cos;
        std::vector<float> sin;
        for (const float angle : angles) {
            cos.push_back(std::cos(angle));
            sin.push_back(std::sin(angle));
        }
        const auto memory = array(toBytes(c.type, projected.values));
        const auto deviceCos = array(cos);
        const auto deviceSin = array(sin);
        const std::int64_t width = c.type == DataType::Float32 ? 4 : 2;
        const std::int64_t cacheElements = c.batch * c.kvHeads * a.capacity * c.headSize;
        const std::vector<float> untouched =
            toFloats(c.type, toBytes(c.type, normal(static_cast<std::size_t>(cacheElements + c.offset), 3)));
        const auto keys = array(toBytes(c.type, untouched));
        const auto values = array(toBytes(c.type, untouched));
        DeviceArray<std::int32_t> last;
        if (!c.last.empty()) {
            last = array(c.last);
            a.lastOnDevice = last.data();
            a.past = a.capacity - a.queries;
        }
        std::uint8_t* const first = memory.data() + c.offset * width;
        const Status launched = launchAppendToCache(stream(), a, c.rotary, first, first + c.heads * c.headSize * width,
                                                    first + (c.heads + c.kvHeads) * c.headSize * width, deviceCos.data(), deviceSin.data(),
                                                    keys.data() + c.offset * width, values.data() + c.offset * width);
        ASSERT_TRUE(launched) << launched.error().text();
        check(c, a.capacity, projected, cos, sin, untouched, toFloats(c.type, read(memory)), toFloats(c.type, read(keys)),
              toFloats(c.type, read(values)));
    }

    static void check(const AppendCase& c, std::int64_t capacity, const Projected& before, const std::vector<float>& cos,
                      const std::vector<float>& sin, const std::vector<float>& untouched, const std::vector<float>& after,
                      const std::vector<float>& keys, const std::vector<float>& values) {
        std::vector<double> wantedProjection(before.values.begin(), before.values.end());
        std::vector<double> wantedKeys(untouched.begin(), untouched.end());
        std::vector<double> wantedValues = wantedKeys;
        for (std::int64_t b = 0; b < c.batch; ++b)
            for (std::int64_t s = 0; s < c.queries; ++s)
                for (std::int64_t slot = 0; slot < c.heads + 2 * c.kvHeads; ++slot) {
                    const auto from = before.values.begin() + static_cast<std::ptrdiff_t>(before.at(c, b, s, slot, 0));
                    std::vector<double> head(from, from + c.headSize);
                    const std::int64_t row = (c.before(b) + s) * c.rotary.half;
                    if (slot < c.heads + c.kvHeads) head = rotated(c.rotary, head, cos.data() + row, sin.data() + row);
                    const std::int64_t kvHead = (slot - c.heads) % c.kvHeads;
                    for (std::int64_t d = 0; d < c.headSize; ++d) {
                        const double value = head[static_cast<std::size_t>(d)];
                        const auto place =
                            static_cast<std::size_t>(c.offset + ((b * c.kvHeads + kvHead) * capacity + c.before(b) + s) * c.headSize + d);
                        if (slot < c.heads)
                            wantedProjection[before.at(c, b, s, slot, d)] = value;
                        else if (slot < c.heads + c.kvHeads)
                            wantedKeys[place] = value;
                        else
                            wantedValues[place] = value;
                    }
                }
        const double tolerance = c.type == DataType::Float32 ? 1e-6 : c.type == DataType::Float16 ? 4e-4 : 3e-3;
        const auto what = [&] {
            return ::testing::Message() << "type " << static_cast<int>(c.type) << ", head " << c.headSize << ", half " << c.rotary.half;
        };
        EXPECT_LT(relativeError(after, wantedProjection), tolerance) << what();
        EXPECT_LT(relativeError(keys, wantedKeys), tolerance) << what();
        EXPECT_EQ(relativeError(values, wantedValues), 0) << what();
        for (std::size_t i = 0; i < keys.size(); ++i) {
            if (wantedKeys[i] != untouched[i]) continue;
            ASSERT_EQ(keys[i], untouched[i]) << "place " << i << " of the cache";
        }
    }
};

constexpr DataType kTypes[] = {DataType::Float32, DataType::Float16, DataType::BFloat16};

TEST_F(CacheAppendTest, RotatesAndWritesOneToken) {
    for (const DataType type : kTypes)
        for (const bool interleaved : {false, true})
            for (const std::int64_t past : {0, 5}) expectClose({.type = type, .past = past, .rotary = {true, interleaved, 32}});
}

TEST_F(CacheAppendTest, WritesManyTokensOfManySequences) {
    for (const DataType type : kTypes)
        expectClose(
            {.type = type, .batch = 3, .heads = 6, .kvHeads = 3, .headSize = 128, .queries = 5, .past = 2, .rotary = {true, false, 64}});
    expectClose({.batch = 257, .heads = 1, .kvHeads = 1, .headSize = 16, .rotary = {true, true, 8}});
}

TEST_F(CacheAppendTest, RotatesPartOfAHead) {
    for (const DataType type : kTypes)
        for (const bool interleaved : {false, true})
            for (const std::int64_t half : {1, 8, 12, 16, 31})
                expectClose({.type = type, .queries = 2, .past = 1, .rotary = {true, interleaved, half}});
}

TEST_F(CacheAppendTest, OddHeadsAndPlaces) {
    for (const DataType type : kTypes)
        for (const bool interleaved : {false, true}) {
            expectClose({.type = type, .headSize = 22, .queries = 2, .rotary = {true, interleaved, 11}});
            expectClose({.type = type, .queries = 2, .rotary = {true, interleaved, 32}, .gap = 1});
            expectClose({.type = type, .queries = 2, .rotary = {true, interleaved, 32}, .gap = 64});
            expectClose({.type = type, .queries = 2, .rotary = {true, interleaved, 32}, .offset = 1});
        }
}

TEST_F(CacheAppendTest, WithoutRotationOnlyTheCachesChange) {
    for (const DataType type : kTypes)
        for (const std::int64_t headSize : {15, 64})
            expectClose({.type = type, .headSize = headSize, .queries = 3, .past = 4, .rotary = {}});
}

TEST_F(CacheAppendTest, TokensMayBeCountedOnTheDeviceForEachSequence) {
    for (const DataType type : kTypes) {
        expectClose({.type = type, .batch = 3, .queries = 2, .past = 9, .last = {4, 10, 1}});
        expectClose({.type = type, .batch = 3, .queries = 5, .past = 4, .last = {4, 0, 2}});
    }
}

TEST_F(CacheAppendTest, RefusesAFullCache) {
    Attention a = attentionOf({}, 512);
    a.past = a.capacity;
    EXPECT_FALSE(launchAppendToCache(stream(), a, {}, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr));
}

}  // namespace
}  // namespace trimtab::cuda
