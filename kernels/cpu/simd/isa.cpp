#include "kernels/cpu/simd/isa.h"

#include <algorithm>
#include <cstdlib>

namespace trimtab::cpu::simd {
namespace {

Isa detect() {
    Isa found = Isa::Portable;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c")) found = Isa::Avx2;
    if (found == Isa::Avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
        found = Isa::Avx512;
    }
    const char* limit = std::getenv("TRIMTAB_MAX_ISA");
    if (limit && std::string_view(limit) == "portable") return Isa::Portable;
    if (limit && std::string_view(limit) == "avx2") return std::min(found, Isa::Avx2);
    return found;
}

}  // namespace

Isa bestIsa() {
    static const Isa isa = detect();
    return isa;
}

std::vector<Isa> availableIsas() {
    std::vector<Isa> isas{Isa::Portable};
    if (bestIsa() >= Isa::Avx2) isas.push_back(Isa::Avx2);
    if (bestIsa() >= Isa::Avx512) isas.push_back(Isa::Avx512);
    return isas;
}

std::string_view name(Isa isa) {
    switch (isa) {
        case Isa::Avx512: return "avx512";
        case Isa::Avx2: return "avx2";
        default: return "portable";
    }
}

}  // namespace trimtab::cpu::simd
