#include "kernels/cpu/simd/dot_weight.h"

#include <algorithm>
#include <string>

#include "kernels/cpu/simd/kernel_table.h"

namespace trimtab::cpu::simd {
namespace {

std::int64_t stepsOf(std::int64_t columns) { return (columns + kDotStep - 1) / kDotStep; }

/// Byte and shift of column i of a step, within the words of one row.
struct Place {
    std::int64_t byte = 0;
    int shift = 0;
};
Place placeOf(int bits, std::int64_t row, std::int64_t i) {
    if (bits == 4) return {row * 4 + i % 4, static_cast<int>(i / 4 * 4)};
    return {i / 4 * kLanes * 4 + row * 4 + i % 4, 0};
}

bool hasVnni([[maybe_unused]] Isa isa) {
#if defined(__x86_64__)
    static const bool has = __builtin_cpu_supports("avx512vnni");
    return isa == Isa::Avx512 && has;
#else
    return false;
#endif
}

const DotKernels& dotKernels(Isa isa) {
#if defined(__x86_64__)
    if (hasVnni(isa)) return kAvx512VnniDot;
#endif
    return kernels(isa).dot;
}

}  // namespace

Result<DotWeight> DotWeight::pack(const tensor::QuantizedWeight& weight) {
    if (weight.format != tensor::CodeFormat::Integer || (weight.bits != 4 && weight.bits != 8))
        return fail(ErrorCode::Unsupported, "no integer product with weights of " + std::to_string(weight.bits) + " bits");
    DotWeight packed;
    packed.bits = weight.bits;
    packed.rows = weight.rows;
    packed.columns = weight.columns;
    packed.group = std::max<std::int64_t>(weight.group, 1);
    packed.groups = (packed.columns + packed.group - 1) / packed.group;
    packed.asymmetric = !weight.zeroPoints.empty();
    packed.halfScales = std::ranges::all_of(weight.scales, [](float s) { return tensor::halfToFloat(tensor::floatToHalf(s)) == s; });
    std::vector<std::int64_t> groupAt;  // first byte of each group within a block
    for (std::int64_t start = 0; start < packed.columns; start += packed.group) {
        groupAt.push_back(packed.blockBytes);
        packed.blockBytes += packed.factorBytes() + stepsOf(std::min(packed.group, packed.columns - start)) * kLanes * packed.bits;
    }
    TRIMTAB_TRY(packed.codes, Tensor::zeros(DataType::UInt8, Shape{packed.blocks() * packed.blockBytes}));

    auto* bytes = packed.codes.mutableData<std::uint8_t>().data();
    const int offset = packed.bits == 4 ? 8 : 0;
    for (std::int64_t n = 0; n < packed.rows; ++n) {
        const std::int64_t row = n % kLanes;
        for (std::int64_t g = 0; g < packed.groups; ++g) {
            const auto from = static_cast<std::size_t>(n * packed.groups + g);
            std::uint8_t* at = bytes + n / kLanes * packed.blockBytes + groupAt[static_cast<std::size_t>(g)];
            std::uint8_t* scales = at;
            if (packed.asymmetric) {
                reinterpret_cast<float*>(at)[row] = static_cast<float>(weight.zeroPoints[from]);
                scales += kLanes * 4;
            }
            if (packed.halfScales)
                reinterpret_cast<std::uint16_t*>(scales)[row] = tensor::floatToHalf(weight.scales[from]);
            else
                reinterpret_cast<float*>(scales)[row] = weight.scales[from];
            at += packed.factorBytes();
            const std::int64_t start = g * packed.group, length = std::min(packed.group, packed.columns - start);
            for (std::int64_t i = 0; i < length; ++i) {
                const auto code = static_cast<unsigned>(weight.codes[static_cast<std::size_t>(n * packed.columns + start + i)] + offset);
                const Place place = placeOf(packed.bits, row, i % kDotStep);
                at[i / kDotStep * kLanes * packed.bits + place.byte] |=
                    static_cast<std::uint8_t>(packed.bits == 4 ? (code & 15U) << place.shift : code);
            }
        }
    }
    return packed;
}

std::string dotName(Isa isa) { return std::string(name(isa)) + (hasVnni(isa) ? " vnni" : ""); }

void quantizeGroups(const float* x, std::int64_t rows, std::int64_t columns, const DotActivations& to, Isa isa) {
    dotKernels(isa).quantize(x, rows, columns, to);
}

void matMul(const DotWeight& weight, const DotActivations& x, std::int64_t m, float* y, const Epilogue& epilogue, Isa isa) {
    dotKernels(isa).multiply(weight, x, m, y, epilogue);
}

}  // namespace trimtab::cpu::simd
