// What attention does on tiles, against its definition in double, in every format of rows and every instruction set of this machine.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "core/base/random.h"
#include "core/tensor/data_type.h"
#include "kernels/cpu/simd/isa.h"
#include "kernels/cpu/simd/kernel_table.h"

namespace trimtab::cpu::simd {
namespace {

constexpr RowFormat kFormats[] = {RowFormat::Float32, RowFormat::BFloat16, RowFormat::Float16, RowFormat::Codes8, RowFormat::Codes4};

/// Rows in memory, and the numbers that they stand for.
struct Rows {
    std::vector<std::byte> bytes;
    std::vector<double> values;
};

void putCodes(int bits, std::int64_t size, base::Random& random, std::byte* to, double* values) {
    const float low = static_cast<float>(random.uniform(-2, 0)), scale = static_cast<float>(random.uniform(0.001, 0.1));
    std::memcpy(to, &low, 4);
    std::memcpy(to + 4, &scale, 4);
    to += tensor::kKeptRangeBytes;
    for (std::int64_t i = 0; i < size; ++i) {
        const auto code = static_cast<unsigned>(random.below(std::uint64_t{1} << bits));
        values[i] = low + static_cast<double>(scale) * code;
        if (bits == 8)
            to[i] = static_cast<std::byte>(code);
        else
            to[i / 16 * 8 + i % 8] |= static_cast<std::byte>(code << (i % 16 / 8 * 4));
    }
}

Rows drawn(RowFormat format, std::int64_t count, std::int64_t size, base::Random& random) {
    const std::int64_t width = rowBytes(format, size);
    Rows rows{std::vector<std::byte>(static_cast<std::size_t>(count * width)), std::vector<double>(static_cast<std::size_t>(count * size))};
    for (std::int64_t r = 0; r < count; ++r) {
        std::byte* to = rows.bytes.data() + r * width;
        double* values = rows.values.data() + r * size;
        if (format == RowFormat::Codes8 || format == RowFormat::Codes4) {
            putCodes(format == RowFormat::Codes8 ? 8 : 4, size, random, to, values);
            continue;
        }
        for (std::int64_t i = 0; i < size; ++i) {
            const auto value = static_cast<float>(random.normal());
            if (format == RowFormat::Float32) {
                values[i] = value;
                std::memcpy(to + 4 * i, &value, 4);
                continue;
            }
            const bool isBfloat = format == RowFormat::BFloat16;
            const std::uint16_t half = isBfloat ? tensor::floatToBfloat(value) : tensor::floatToHalf(value);
            values[i] = isBfloat ? tensor::bfloatToFloat(half) : tensor::halfToFloat(half);
            std::memcpy(to + 2 * i, &half, 2);
        }
    }
    return rows;
}

TEST(Tiles, MeetQueriesAsTheDotProductsThatTheyAre) {
    base::Random random(5);
    for (const Isa isa : availableIsas())
        for (const RowFormat format : kFormats)
            for (const std::int64_t size : {1, 15, 16, 17, 64, 80})
                for (const std::int64_t queries : {1, 2, 3, 4, 6, 7, 8})
                    for (const std::int64_t count : {1, 2, 3, 5, 63, 64}) {
                        const Rows rows = drawn(format, count, size, random);
                        const std::int64_t stride = (size + 15) / 16 * 16;
                        std::vector<float> asked(static_cast<std::size_t>(queries * stride), 0.0F);
                        for (std::int64_t q = 0; q < queries; ++q)
                            for (std::int64_t i = 0; i < size; ++i)
                                asked[static_cast<std::size_t>(q * stride + i)] = static_cast<float>(random.normal());
                        std::vector<float> scores(static_cast<std::size_t>(queries * kTileKeys), NAN);
                        kernels(isa).tiles.meetRows(format, rows.bytes.data(), count, size, asked.data(), stride, queries, scores.data());
                        for (std::int64_t q = 0; q < queries; ++q)
                            for (std::int64_t r = 0; r < count; ++r) {
                                double sum = 0, magnitude = 0;
                                for (std::int64_t i = 0; i < size; ++i) {
                                    const double term = static_cast<double>(asked[static_cast<std::size_t>(q * stride + i)]) *
                                                        rows.values[static_cast<std::size_t>(r * size + i)];
                                    sum += term;
                                    magnitude += std::abs(term);
                                }
                                ASSERT_NEAR(scores[static_cast<std::size_t>(q * kTileKeys + r)], sum, 1e-5 * magnitude + 1e-6)
                                    << name(isa) << " format " << static_cast<int>(format) << " size " << size << " query " << q << " of "
                                    << queries << " row " << r << " of " << count;
                            }
                    }
}

}  // namespace
}  // namespace trimtab::cpu::simd
