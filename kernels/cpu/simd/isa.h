#pragma once
// Which of our own kernels this processor can run. Every kernel exists three times from one source: for AVX-512 (F, BW, DQ, VL), for AVX2
// (with FMA and F16C) and portable; the choice is made at run time.
#include <cstdint>
#include <string_view>
#include <vector>

namespace trimtab::cpu::simd {

enum class Isa : std::uint8_t { Portable, Avx2, Avx512 };

/// The best this processor has; TRIMTAB_MAX_ISA=portable|avx2 lowers it (for tests and comparisons).
Isa bestIsa();
/// All that this processor can run, portable first.
std::vector<Isa> availableIsas();
std::string_view name(Isa isa);

}  // namespace trimtab::cpu::simd
