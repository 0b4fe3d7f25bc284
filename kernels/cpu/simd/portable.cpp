// Plain C++ for any processor; the compiler vectorises what it can.
#include <bit>
#include <cmath>
#include <cstring>
#include <utility>

#include "core/tensor/code_values.h"
#include "kernels/cpu/simd/all_bodies.h"

namespace trimtab::cpu::simd {
namespace {

struct Lanes {
    struct Vector {
        float lane[kLanes];
    };
    struct Words {
        std::uint32_t lane[kLanes];
    };
    using Integers = Words;
    static constexpr int kAccumulators = 2;
    template <WeightFormat F>
    using Unit = Words;

    template <class Operation>
    static Vector each(Operation operation) {
        Vector result;
        for (int i = 0; i < kLanes; ++i) result.lane[i] = operation(i);
        return result;
    }
    static Vector zero() {
        return each([](int) { return 0.0F; });
    }
    static Vector load(const float* p) {
        return each([&](int i) { return p[i]; });
    }
    static void store(float* p, const Vector& v) { std::memcpy(p, v.lane, sizeof(v.lane)); }
    static Vector broadcast(const float* p) {
        return each([value = *p](int) { return value; });
    }
    static Vector add(const Vector& a, const Vector& b) {
        return each([&](int i) { return a.lane[i] + b.lane[i]; });
    }
    static Vector subtract(const Vector& a, const Vector& b) {
        return each([&](int i) { return a.lane[i] - b.lane[i]; });
    }
    static Vector min(const Vector& a, const Vector& b) {
        return each([&](int i) { return a.lane[i] < b.lane[i] ? a.lane[i] : b.lane[i]; });
    }
    static Vector max(const Vector& a, const Vector& b) {
        return each([&](int i) { return a.lane[i] > b.lane[i] ? a.lane[i] : b.lane[i]; });
    }
    static Vector multiply(const Vector& a, const Vector& b) {
        return each([&](int i) { return a.lane[i] * b.lane[i]; });
    }
    static Vector multiplyAdd(const Vector& a, const Vector& b, const Vector& c) {
        return each([&](int i) { return a.lane[i] * b.lane[i] + c.lane[i]; });
    }
    static float horizontalSum(const Vector& v) {
        float sum = 0;
        for (const float value : v.lane) sum += value;
        return sum;
    }
    static void horizontalSums(const Vector (&v)[4], float* sums) {
        for (int i = 0; i < 4; ++i) sums[i] = horizontalSum(v[i]);
    }
    static Vector gather(const float* base, const auto* index) {
        return each([&](int i) { return base[index[i]]; });
    }

    static Vector gatherAt(const float* base, const Integers& index) { return gather(base, index.lane); }
    /// Runs of 8, or of 4, side by side.
    static Vector join(const float* a, const float* b) {
        return each([&](int i) { return i < 8 ? a[i] : b[i - 8]; });
    }
    static Vector join(const float* a, const float* b, const float* c, const float* d) {
        const float* runs[] = {a, b, c, d};
        return each([&](int i) { return runs[i / 4][i % 4]; });
    }
    /// Lanes whose bit is set take the next of the values at p, the others 0.
    static Vector expand(const float* p, std::uint16_t bits) {
        return each([&](int i) { return (bits >> i) & 1 ? *p++ : 0.0F; });
    }
    /// The unpacked code of each lane, added to `base`; at most `last`.
    template <int Bits>
    static Integers places(const std::uint32_t* words, const std::int32_t* base, std::int32_t last) {
        Integers index;
        for (int i = 0; i < kLanes; ++i) {
            const std::uint32_t code = (words[i * Bits / 32] >> (i * Bits % 32)) & ((1U << Bits) - 1);
            index.lane[i] = static_cast<std::uint32_t>(std::min(base[i] + static_cast<std::int32_t>(code), last));
        }
        return index;
    }
    /// Each lane picks one of 32 floats; the lower 8 lanes among the lower 16.
    static Vector pick(const float* x, const Integers& index) { return gather(x, index.lane); }
    static void storeColumns(std::uint32_t* columns, const Integers& index, std::uint32_t base) {
        for (int i = 0; i < kLanes; ++i) columns[i] = index.lane[i] + base;
    }
    /// Rows become columns.
    static void transpose(Vector (&rows)[kLanes]) {
        for (int i = 0; i < kLanes; ++i)
            for (int j = 0; j < i; ++j) std::swap(rows[i].lane[j], rows[j].lane[i]);
    }

    template <WeightFormat F>
    static Words loadUnit(const std::uint8_t* p) {
        Words words;
        for (int i = 0; i < kLanes; ++i) {
            if constexpr (isFourBit(F) || F == WeightFormat::Float32) {
                std::memcpy(&words.lane[i], p + 4 * i, 4);
            } else if constexpr (isEightBit(F)) {
                words.lane[i] = p[i];
            } else {
                std::uint16_t half = 0;
                std::memcpy(&half, p + 2 * i, 2);
                words.lane[i] = half;
            }
        }
        return words;
    }

    template <WeightFormat F>
    static Vector decode(const Words& unit, int j) {
        return each([&](int i) {
            const std::uint32_t word = unit.lane[i];
            if constexpr (F == WeightFormat::Int4) return static_cast<float>(static_cast<int>((word >> (4 * j)) & 15U) - 8);
            else if constexpr (F == WeightFormat::NormalFloat4) return tensor::kNormalFloat4[(word >> (4 * j)) & 15U];
            else if constexpr (F == WeightFormat::Float4E2M1) return tensor::kFloat4E2M1[(word >> (4 * j)) & 15U];
            else if constexpr (F == WeightFormat::Float8E5M2) return tensor::halfToFloat(static_cast<std::uint16_t>(word << 8));
            else if constexpr (F == WeightFormat::Float8E4M3)
                return tensor::halfToFloat(static_cast<std::uint16_t>((word & 0x80U) << 8 | (word & 0x7fU) << 7));
            else if constexpr (F == WeightFormat::Int8) return static_cast<float>(static_cast<std::int8_t>(word));
            else if constexpr (F == WeightFormat::Float32) return std::bit_cast<float>(word);
            else if constexpr (F == WeightFormat::BFloat16) return tensor::bfloatToFloat(static_cast<std::uint16_t>(word));
            else return tensor::halfToFloat(static_cast<std::uint16_t>(word));
        });
    }

    // Integer products.
    static constexpr int kDotRows = 2;
    static constexpr int kDotBlocks = 1;
    struct Sums {
        std::int32_t lane[kLanes];
    };
    struct DotCodes {
        std::int8_t at[kLanes][4];
    };
    template <int Bits>
    using Parts = Sums;

    static Sums noSums() { return {}; }
    template <int Bits>
    static Sums noParts() {
        return {};
    }
    static Sums addSums(Sums a, const Sums& b) {
        for (int i = 0; i < kLanes; ++i) a.lane[i] += b.lane[i];
        return a;
    }
    /// Columns 0…3 of a step for half 0, 4…7 for half 1.
    template <int Bits>
    static DotCodes dotCodes(const std::uint8_t* p, int half) {
        DotCodes codes;
        for (int i = 0; i < kLanes; ++i)
            for (int k = 0; k < 4; ++k)
                codes.at[i][k] = static_cast<std::int8_t>(Bits == 8 ? p[64 * half + 4 * i + k] : ((p[4 * i + k] >> (4 * half)) & 15) - 8);
        return codes;
    }
    /// Four activations meet four codes of each output.
    template <int Bits>
    static Sums dot(Sums sums, const DotCodes& codes, const std::int8_t* q) {
        for (int i = 0; i < kLanes; ++i)
            for (int k = 0; k < 4; ++k) sums.lane[i] += codes.at[i][k] * q[k];
        return sums;
    }
    template <int Bits>
    static Sums widened(const Sums& parts) {
        return parts;
    }
    template <int Bits>
    static Sums withoutOffset(const Sums& sums, const std::int32_t*) {
        return sums;
    }
    static Vector toFloats(const Sums& sums) {
        return each([&](int i) { return static_cast<float>(sums.lane[i]); });
    }
    /// 16 codes; their sum.
    static std::int32_t quantizeSigned(const Vector& v, float scale, std::int8_t* q) {
        std::int32_t sum = 0;
        for (int i = 0; i < kLanes; ++i) {
            q[i] = signedCode(v.lane[i], scale);
            sum += q[i];
        }
        return sum;
    }

    static void quantize(const Vector& v, float scale, std::int32_t zeroPoint, std::uint8_t* q) {
        for (int i = 0; i < kLanes; ++i) {
            const float value = std::nearbyint(v.lane[i] / scale) + static_cast<float>(zeroPoint);
            q[i] = value >= 255.0F ? std::uint8_t{255} : value > 0 ? static_cast<std::uint8_t>(value) : std::uint8_t{0};
        }
    }
};

}  // namespace

const KernelTable kPortableKernels = tableOf<Lanes>();

}  // namespace trimtab::cpu::simd
