#include "core/formats/onnx/block_packing.h"

#include <cassert>

#include "core/tensor/packed.h"

namespace trimtab::formats::onnx {

Result<BlockPacked> packBlocks(const tensor::QuantizedWeight& weight, int bits, std::int64_t block) {
    assert((bits == 2 || bits == 4 || bits == 8) && weight.bits <= bits);
    assert(weight.group >= weight.columns || weight.group % block == 0);
    const std::int64_t blocks = (weight.columns + block - 1) / block;
    const std::int64_t rowBytes = blocks * block * bits / 8;
    const std::int64_t zeroRowBytes = (blocks * bits + 7) / 8;
    const int middle = 1 << (bits - 1);  // codes and zero points of QuantizedWeight are shifted to be signed
    BlockPacked packed;
    TRIMTAB_TRY(packed.codes, Tensor::zeros(DataType::UInt8, {weight.rows, blocks, block * bits / 8}));
    TRIMTAB_TRY(packed.scales, Tensor::allocate(DataType::Float32, {weight.rows * blocks}));
    if (!weight.zeroPoints.empty()) {
        TRIMTAB_TRY(packed.zeroPoints, Tensor::zeros(DataType::UInt8, {weight.rows * zeroRowBytes}));
    }

    for (std::int64_t n = 0; n < weight.rows; ++n) {
        const auto codes = packed.codes.mutableBytes().subspan(static_cast<std::size_t>(n * rowBytes));
        for (std::int64_t b = 0; b < blocks; ++b) {
            const auto group = static_cast<std::size_t>(n * weight.groups() + b * block / weight.group);
            const int zero = weight.zeroPoints.empty() ? 0 : weight.zeroPoints[group];
            packed.scales.mutableData<float>()[static_cast<std::size_t>(n * blocks + b)] = weight.scales[group];
            if (packed.zeroPoints) {
                const auto zeros = packed.zeroPoints->mutableBytes().subspan(static_cast<std::size_t>(n * zeroRowBytes));
                tensor::setPackedCode(zeros, bits, b, static_cast<unsigned>(zero + middle));
            }
            for (std::int64_t k = b * block; k < (b + 1) * block; ++k) {
                const int code = k < weight.columns ? weight.codes[static_cast<std::size_t>(n * weight.columns + k)] : zero;
                tensor::setPackedCode(codes, bits, k, static_cast<unsigned>(code + middle));
            }
        }
    }
    return packed;
}

Result<BlockPacked> packNormalFloat(const tensor::QuantizedWeight& weight, std::int64_t block) {
    assert(weight.format == tensor::CodeFormat::NormalFloat4 && weight.columns % block == 0 && block % 2 == 0);
    const std::int64_t blocks = weight.columns / block;
    BlockPacked packed;
    TRIMTAB_TRY(packed.codes, Tensor::allocate(DataType::UInt8, {weight.rows * weight.columns / 2}));
    TRIMTAB_TRY(packed.scales, Tensor::allocate(DataType::Float32, {weight.rows * blocks}));
    const auto bytes = packed.codes.mutableData<std::uint8_t>();
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] =
            static_cast<std::uint8_t>(static_cast<unsigned>(weight.codes[2 * i]) << 4 | static_cast<unsigned>(weight.codes[2 * i + 1]));
    const auto scales = packed.scales.mutableData<float>();
    for (std::int64_t n = 0; n < weight.rows; ++n)
        for (std::int64_t b = 0; b < blocks; ++b)
            scales[static_cast<std::size_t>(n * blocks + b)] =
                weight.scales[static_cast<std::size_t>(n * weight.groups() + b * block / weight.group)];
    return packed;
}

}  // namespace trimtab::formats::onnx
