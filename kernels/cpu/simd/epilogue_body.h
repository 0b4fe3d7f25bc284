#pragma once
// What is done to sums before they are stored: bias, then relu; one sum at a time or 16 neighbouring outputs.
#include <algorithm>

#include "kernels/cpu/simd/packed_weight.h"

// File-local in each instruction set's file: code built for one processor must never be linked into another's.
namespace trimtab::cpu::simd {
namespace {

inline float finish(float sum, const Epilogue& epilogue, std::int64_t n) {
    const float value = sum + (epilogue.bias ? epilogue.bias[n] : 0.0F);
    return epilogue.relu ? std::max(value, 0.0F) : value;
}

/// Sums of the outputs row … row + 15; those from `rows` on are not stored.
template <class Lanes>
void storeSums(typename Lanes::Vector sums, const Epilogue& epilogue, std::int64_t row, std::int64_t rows, float* y) {
    if (row + kLanes <= rows) {
        if (epilogue.bias) sums = Lanes::add(sums, Lanes::load(epilogue.bias + row));
        if (epilogue.relu) sums = Lanes::max(sums, Lanes::zero());
        Lanes::store(y + row, sums);
        return;
    }
    alignas(64) float lanes[kLanes];
    Lanes::store(lanes, sums);
    for (std::int64_t i = 0; row + i < rows; ++i) y[row + i] = finish(lanes[i], epilogue, row + i);
}

}  // namespace
}  // namespace trimtab::cpu::simd
