#include "tests/support/simt/matrices.h"

#include <cstdint>
#include <cstring>
#include <vector>

namespace trimtab::simt {

void loadMatrices(const Lanes& lanes, int count, bool transposed) {
    std::uint16_t matrices[4][8][8];
    for (int row = 0; row < count * 8; ++row) {
        std::memcpy(matrices[row / 8][row % 8], static_cast<const MatrixLoad*>(lanes.values[row])->row, 16);
    }
    for (int lane = 0; lane < 32; ++lane) {
        unsigned* registers = static_cast<const MatrixLoad*>(lanes.values[lane])->registers;
        const int g = lane / 4;
        const int t = 2 * (lane % 4);
        for (int i = 0; i < count; ++i) {
            const unsigned low = transposed ? matrices[i][t][g] : matrices[i][g][t];
            const unsigned high = transposed ? matrices[i][t + 1][g] : matrices[i][g][t + 1];
            registers[i] = low | high << 16;
        }
    }
}

namespace {

/// Every float16 as a float: products decode 384 of them an instruction.
const std::vector<float>& halves() {
    static const std::vector<float> table = [] {
        std::vector<float> made(65536);
        for (unsigned bits = 0; bits < 65536; ++bits) made[bits] = tensor::halfToFloat(static_cast<std::uint16_t>(bits));
        return made;
    }();
    return table;
}

/// a [16, depth] and b [8, depth] (its columns) out of the lanes' registers. Elements of `bits` bits; a register holds 32 / bits of them.
template <class Element, int depth, class Decode>
void gather(const Lanes& lanes, Element (&a)[16][depth], Element (&b)[8][depth], Decode decode) {
    constexpr int perRegister = depth / 8;
    constexpr int bits = 32 / perRegister;
    for (int lane = 0; lane < 32; ++lane) {
        const auto& mine = *static_cast<const Operands*>(lanes.values[lane]);
        const int g = lane / 4;
        const int t = perRegister * (lane % 4);
        for (int i = 0; i < perRegister; ++i) {
            for (int r = 0; r < 4; ++r) a[g + 8 * (r % 2)][t + i + depth / 2 * (r / 2)] = decode(mine.a[r] >> (bits * i));
            for (int r = 0; r < 2; ++r) b[g][t + i + depth / 2 * r] = decode(mine.b[r] >> (bits * i));
        }
    }
}

/// d += a · bᵀ. The products of one instruction are summed in Sum and rounded once.
template <class D, class Sum, class Element, int depth>
void accumulate(const Lanes& lanes, const Element (&a)[16][depth], const Element (&b)[8][depth]) {
    for (int lane = 0; lane < 32; ++lane) {
        const auto& mine = *static_cast<const Fragments<D>*>(lanes.values[lane]);
        for (int r = 0; r < 4; ++r) {
            const Element* row = a[lane / 4 + 8 * (r / 2)];
            const Element* column = b[2 * (lane % 4) + r % 2];
            Sum sum = 0;
            for (int k = 0; k < depth; ++k) sum += static_cast<Sum>(row[k]) * static_cast<Sum>(column[k]);
            mine.d[r] = static_cast<D>(static_cast<Sum>(mine.d[r]) + sum);
        }
    }
}

}  // namespace

void multiplyHalves(const Lanes& lanes) {
    float a[16][16];
    float b[8][16];
    gather(lanes, a, b, [&table = halves()](unsigned bits) { return table[bits & 0xFFFFU]; });
    accumulate<float, double>(lanes, a, b);
}

void multiplyBfloats(const Lanes& lanes) {
    float a[16][16];
    float b[8][16];
    gather(lanes, a, b, [](unsigned bits) { return std::bit_cast<float>(bits << 16); });
    accumulate<float, double>(lanes, a, b);
}

void multiplyBytes(const Lanes& lanes) {
    std::int8_t a[16][32];
    std::int8_t b[8][32];
    gather(lanes, a, b, [](unsigned bits) { return static_cast<std::int8_t>(bits); });
    accumulate<int, std::int64_t>(lanes, a, b);  // wraps beyond int32, as the instruction without .satfinite does
}

}  // namespace trimtab::simt
