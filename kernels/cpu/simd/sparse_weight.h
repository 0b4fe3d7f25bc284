#pragma once
// A pruned weight in any of the forms that skip zeros; which of them fit a weight; and what a product in each may take, before any is
// timed.
#include <string>
#include <variant>
#include <vector>

#include "kernels/cpu/simd/bitmap_weight.h"
#include "kernels/cpu/simd/bsr_weight.h"
#include "kernels/cpu/simd/coo_weight.h"
#include "kernels/cpu/simd/csr_weight.h"
#include "kernels/cpu/simd/nm_weight.h"

namespace trimtab::cpu::simd {

struct SparseForm {
    enum class Kind : std::uint8_t { Csr, Coo, Bsr, Bitmap, Nm };
    Kind kind = Kind::Csr;
    int first = 0;   // Bsr: rows of a block; Nm: N
    int second = 0;  // Bsr: columns of a block; Nm: M
    bool operator==(const SparseForm&) const = default;
};
std::string name(const SparseForm& form);  // "csr", "coo", "bsr 4x1", "bitmap", "packed 2:4"

using SparseWeight = std::variant<CsrWeight, CooWeight, BsrWeight, BitmapWeight, NmWeight>;
/// From rows × columns floats, row-major. Refused as the form's own fromDense() says.
Result<SparseWeight> makeSparse(const SparseForm& form, const std::vector<float>& dense, std::int64_t rows, std::int64_t columns);
std::int64_t bytes(const SparseWeight& weight);

/// x: m × columns, y: m × rows, row-major and dense; scratch as scratchFloats() says. Allocates nothing.
void matMul(const SparseWeight& weight, const float* x, std::int64_t m, float* y, const Epilogue& epilogue, float* scratch,
            Isa isa = bestIsa());

struct FittingForm {
    SparseForm form;
    double stored = 0;  // share of the matrix's elements that it holds: the density, or more where zeros are kept along
};
/// What the zeros of a matrix allow: csr, bitmap and coo always; blocks (the largest of a few sizes, and the tallest columns of 2 to 16)
/// and N:M (of M = 4, 8, 16) where they keep few zeros along: up to a quarter more elements than there are non-zeros.
std::vector<FittingForm> fittingForms(const std::vector<float>& dense, std::int64_t rows, std::int64_t columns);

/// Time of a product with m rows relative to the dense one, by operations alone: a guess that only decides what is worth a measurement. Its
/// constants are the medians of tests/bench/sparse_bench.cpp on the machine of tests/bench/records.
double predictedTime(const FittingForm& form, std::int64_t m);

}  // namespace trimtab::cpu::simd
