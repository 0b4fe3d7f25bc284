#pragma once
// Layers whose products are formed in integers, as recipes ask for them, and what this processor has for them.
#include <string>

#include "kernels/cpu/cpu_engine.h"
#include "tests/kernels/cpu/harness.h"

namespace trimtab::test {

/// The codes are the same on both sides and their sums are exact integers; what is left is rounding of the scales: a few units of 2^-24.
inline constexpr Tolerance kExactCodes{1e-6, 2e-6};

inline void treatInt8(graph::Treatment& treatment) {
    treatment.compute = graph::ComputeType::Int8;
    treatment.weightBits = 8;
    treatment.activationBits = 8;
}

inline bool hasIntegerProducts() {
    const std::string isa = cpu::makeCpuEngine(1)->info().instructionSet;
    return isa.find("vnni") != std::string::npos || isa.find("bf16") != std::string::npos || isa.find("amx") != std::string::npos;
}

}  // namespace trimtab::test
