#pragma once
// Normalisation over the last axes: LayerNormalization (Ba et al. 2016) and RMSNormalization (Zhang, Sennrich 2019).
#include "kernels/ref/arguments.h"

namespace trimtab::ref {

struct SuffixNormalization {
    bool centred = true;  // else the centre is 0 and the mean square stands in place of the variance
    double epsilon = 1e-5;
    int axis = 0;         // the first of the axes that are normalised
    std::size_t scaleInput = 1, shiftInput = 2;
    DataType resultType = DataType::Undefined;      // of y
    DataType statisticsType = DataType::Float32;    // of centres and inverses
};

/// y = (x − centre) · inverse · scale + shift over the axes from `axis` on, inverse = 1 / √(variance + ε). Scale and shift broadcast to
/// these axes. Results: y, centres, inverses. REQUIRES: axis inside the rank of x.
Result<Values> normalizeSuffix(const Call& call, const Tensor& x, const SuffixNormalization& how);

/// The type of the statistics: attribute stash_type, float32 (1) or bfloat16 (16); refused otherwise.
Result<DataType> statisticsType(const Call& call);

}  // namespace trimtab::ref
