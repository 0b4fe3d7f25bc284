#include "kernels/cpu/simd/packed_weight.h"

#include <algorithm>

#include "kernels/cpu/simd/kernel_table.h"

namespace trimtab::cpu::simd {
namespace {

constexpr std::int64_t kNibblesPerWord = 8;

std::int64_t unitBytes(WeightFormat format) {
    if (isEightBit(format)) return kLanes;
    return isFourBit(format) || format == WeightFormat::Float32 ? kLanes * 4 : kLanes * 2;
}

// Bytes of one block's codes: every group starts a new unit.
std::int64_t bytesOfBlock(WeightFormat format, std::int64_t columns, std::int64_t group) {
    if (!isFourBit(format)) return columns * unitBytes(format);
    std::int64_t units = 0;
    for (std::int64_t k = 0; k < columns; k += group) units += (std::min(group, columns - k) + kNibblesPerWord - 1) / kNibblesPerWord;
    return units * unitBytes(format);
}

Result<PackedWeight> prepare(WeightFormat format, std::int64_t rows, std::int64_t columns, std::int64_t group) {
    PackedWeight packed;
    packed.format = format;
    packed.rows = rows;
    packed.columns = columns;
    packed.group = std::max<std::int64_t>(group, 1);
    packed.groups = (columns + packed.group - 1) / packed.group;
    packed.blockBytes = bytesOfBlock(format, columns, packed.group);
    TRIMTAB_TRY(packed.codes, Tensor::zeros(DataType::UInt8, Shape{packed.blocks() * packed.blockBytes}));
    return packed;
}

std::vector<float> interleave(const PackedWeight& packed, auto valueOf) {
    std::vector<float> result(static_cast<std::size_t>(packed.blocks() * packed.groups * kLanes), 0.0F);
    for (std::int64_t n = 0; n < packed.rows; ++n)
        for (std::int64_t g = 0; g < packed.groups; ++g)
            result[static_cast<std::size_t>((n / kLanes * packed.groups + g) * kLanes + n % kLanes)] =
                valueOf(static_cast<std::size_t>(n * packed.groups + g));
    return result;
}

void packNibbles(PackedWeight& packed, const tensor::QuantizedWeight& weight) {
    auto bytes = packed.codes.mutableData<std::uint8_t>();
    // Padding rows and columns hold integer code 0, which is nibble 8; of other formats nobody reads what they decode to.
    const int shift = packed.format == WeightFormat::Int4 ? 8 : 0;
    std::fill(bytes.begin(), bytes.end(), std::uint8_t{0x88});
    for (std::int64_t n = 0; n < packed.rows; ++n) {
        std::int64_t unit = 0;
        for (std::int64_t start = 0; start < packed.columns; start += packed.group) {
            const std::int64_t length = std::min(packed.group, packed.columns - start);
            for (std::int64_t i = 0; i < length; ++i) {
                const std::int64_t at =
                    n / kLanes * packed.blockBytes + (unit + i / kNibblesPerWord) * kLanes * 4 + n % kLanes * 4 + i % kNibblesPerWord / 2;
                const auto code =
                    static_cast<unsigned>(weight.codes[static_cast<std::size_t>(n * packed.columns + start + i)] + shift) & 15U;
                std::uint8_t& byte = bytes[static_cast<std::size_t>(at)];
                byte = static_cast<std::uint8_t>(i % 2 == 0 ? (byte & 0xf0U) | code : (byte & 0x0fU) | (code << 4));
            }
            unit += (length + kNibblesPerWord - 1) / kNibblesPerWord;
        }
    }
}

WeightFormat formatOf(const tensor::QuantizedWeight& weight) {
    switch (weight.format) {
        case tensor::CodeFormat::Integer: return weight.bits == 4 ? WeightFormat::Int4 : WeightFormat::Int8;
        case tensor::CodeFormat::NormalFloat4: return WeightFormat::NormalFloat4;
        case tensor::CodeFormat::Float4E2M1: return WeightFormat::Float4E2M1;
        case tensor::CodeFormat::Float8E4M3: return WeightFormat::Float8E4M3;
        case tensor::CodeFormat::Float8E5M2: return WeightFormat::Float8E5M2;
    }
    return WeightFormat::Int8;
}

}  // namespace

std::int64_t PackedWeight::bytes() const {
    return static_cast<std::int64_t>(codes.bytes().size() + (scales.size() + zeroPoints.size()) * sizeof(float));
}

Result<PackedWeight> PackedWeight::pack(const tensor::QuantizedWeight& weight) {
    if (weight.bits != 4 && weight.bits != 8)
        return fail(ErrorCode::Unsupported, "no kernel executes " + std::to_string(weight.bits) + "-bit weights");
    TRIMTAB_TRY(PackedWeight packed, prepare(formatOf(weight), weight.rows, weight.columns, weight.group));
    const float unit = packed.format == WeightFormat::Float8E4M3 ? kFloat8E4M3InHalf : 1.0F;
    packed.scales = interleave(packed, [&](std::size_t i) { return weight.scales[i] * unit; });
    if (!weight.zeroPoints.empty())
        packed.zeroPoints = interleave(packed, [&](std::size_t i) { return static_cast<float>(weight.zeroPoints[i]); });
    if (weight.bits == 4) {
        packNibbles(packed, weight);
        return packed;
    }
    auto bytes = packed.codes.mutableData<std::uint8_t>();
    for (std::int64_t n = 0; n < packed.rows; ++n)
        for (std::int64_t k = 0; k < packed.columns; ++k)
            bytes[static_cast<std::size_t>(n / kLanes * packed.blockBytes + k * kLanes + n % kLanes)] =
                static_cast<std::uint8_t>(weight.codes[static_cast<std::size_t>(n * packed.columns + k)]);
    return packed;
}

Result<PackedWeight> PackedWeight::packFloats(const std::vector<float>& values, std::int64_t rows, std::int64_t columns,
                                              WeightFormat format) {
    assert(format == WeightFormat::BFloat16 || format == WeightFormat::Float16 || format == WeightFormat::Float32);
    TRIMTAB_TRY(PackedWeight packed, prepare(format, rows, columns, std::max<std::int64_t>(columns, 1)));
    auto* words = reinterpret_cast<float*>(packed.codes.mutableBytes().data());
    auto* halves = reinterpret_cast<std::uint16_t*>(packed.codes.mutableBytes().data());
    for (std::int64_t n = 0; n < rows; ++n) {
        for (std::int64_t k = 0; k < columns; ++k) {
            const float value = values[static_cast<std::size_t>(n * columns + k)];
            const std::int64_t at = n / kLanes * columns * kLanes + k * kLanes + n % kLanes;
            if (format == WeightFormat::Float32) words[at] = value;
            else halves[at] = format == WeightFormat::BFloat16 ? tensor::floatToBfloat(value) : tensor::floatToHalf(value);
        }
    }
    return packed;
}

void matMul(const PackedWeight& weight, const float* x, std::int64_t m, float* y, const Epilogue& epilogue, Isa isa) {
    kernels(isa).weightOnly(weight, x, m, y, epilogue);
}

}  // namespace trimtab::cpu::simd
