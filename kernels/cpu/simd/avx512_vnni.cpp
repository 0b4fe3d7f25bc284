// Built with the flags of avx512.cpp and -mavx512vnni; called only where the processor has them.
#include "kernels/cpu/simd/avx512_lanes.h"
#include "kernels/cpu/simd/dot_body.h"
#include "kernels/cpu/simd/kernel_table.h"

namespace trimtab::cpu::simd {
namespace {

/// One instruction multiplies four unsigned codes of each output by four signed activations and adds them in 32 bits; 8-bit codes stand as
/// code + 128.
struct VnniLanes : Lanes {
    template <int Bits>
    static __m512i dotCodes(const std::uint8_t* p, int half) {
        const __m512i codes = Lanes::dotCodes<Bits>(p, half);
        return Bits == 8 ? _mm512_xor_si512(codes, _mm512_set1_epi8(static_cast<char>(0x80))) : codes;
    }
    template <int Bits>
    static __m512i dot(__m512i sums, __m512i codes, const std::int8_t* q) {
        return _mm512_dpbusd_epi32(sums, codes, fourAt(q));
    }
    template <int Bits>
    static Sums widened(__m512i parts) {
        return parts;
    }
    template <int Bits>
    static Sums withoutOffset(Sums sums, const std::int32_t* codeSum) {
        return _mm512_sub_epi32(sums, _mm512_slli_epi32(_mm512_set1_epi32(*codeSum), Bits == 8 ? 7 : 3));
    }
};

}  // namespace

const DotKernels kAvx512VnniDot = {dot<VnniLanes>, quantizeGroups<VnniLanes>};

}  // namespace trimtab::cpu::simd
