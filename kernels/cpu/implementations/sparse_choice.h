#pragma once
// Which form of a pruned weight is fastest here: dense and every sparse form that fits its zeros, timed on this processor for a plan.
#include <string>

#include "kernels/cpu/implementations/matmul.h"
#include "kernels/cpu/simd/sparse_weight.h"

namespace trimtab::cpu {

struct SparseChoice {
    simd::SparseForm form;
    WeightStore::Entry<simd::SparseWeight> weight;
    WeightStore::Entry<std::vector<simd::FittingForm>> fitting;
    double density = 1;
    /// Of all that were timed, and what was not worth it: "12.0 µs bsr 4x1, 30.1 µs csr, 55.2 µs dense; not timed: coo (…)".
    std::string times;
};

/// Times are those of the fastest of a few runs, weights in the cache. A form is taken over one that was timed before it only when it is
/// 5 % and half a microsecond faster, so that equal plans come out alike. Forms that are predicted to take three times as long as the best
/// are not timed.
/// Unsupported, with the times, where the dense product is the fastest. REQUIRES: input 1 is a constant tensor.
Result<SparseChoice> chooseSparse(Builder& builder, const NodeView& view, const WeightProduct& product);

}  // namespace trimtab::cpu
