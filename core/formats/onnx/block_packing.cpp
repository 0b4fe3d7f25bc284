#include "core/formats/onnx/block_packing.h"

#include <cassert>

namespace trimtab::formats::onnx {
namespace {

/// Writes codes one after the other, the first of two 4-bit codes into the low half of the byte.
class CodeWriter {
public:
    CodeWriter(std::byte* to, int bits) : m_to(to), m_bits(bits) {}
    void put(std::int64_t position, int code) {
        if (m_bits == 8) m_to[position] = static_cast<std::byte>(code);
        else m_to[position / 2] |= static_cast<std::byte>(code << (position % 2 * 4));
    }

private:
    std::byte* m_to;
    int m_bits;
};

}  // namespace

Result<BlockPacked> packBlocks(const tensor::QuantizedWeight& weight, int bits, std::int64_t block) {
    assert((bits == 4 || bits == 8) && weight.bits <= bits);
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
        CodeWriter codes(packed.codes.mutableBytes().data() + n * rowBytes, bits);
        for (std::int64_t b = 0; b < blocks; ++b) {
            const auto group = static_cast<std::size_t>(n * weight.groups() + b * block / weight.group);
            const int zero = weight.zeroPoints.empty() ? 0 : weight.zeroPoints[group];
            packed.scales.mutableData<float>()[static_cast<std::size_t>(n * blocks + b)] = weight.scales[group];
            if (packed.zeroPoints) CodeWriter(packed.zeroPoints->mutableBytes().data() + n * zeroRowBytes, bits).put(b, zero + middle);
            for (std::int64_t k = b * block; k < (b + 1) * block; ++k) {
                const int code = k < weight.columns ? weight.codes[static_cast<std::size_t>(n * weight.columns + k)] : zero;
                codes.put(k, code + middle);
            }
        }
    }
    return packed;
}

}  // namespace trimtab::formats::onnx
