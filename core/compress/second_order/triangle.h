#pragma once
// Blocked work on square float matrices of which one triangle counts. Row-major, rows next to one another. What is large goes through
// TensorMath; blocks on the diagonal are worked on in double.
#include <cstdint>
#include <functional>

#include "core/compress/tensor_math.h"

namespace trimtab::compress {

/// The lower triangle becomes the mirror image of the upper one.
void mirrorUpper(float* matrix, std::int64_t size);
/// The upper triangle becomes the mirror image of the lower one.
void mirrorLower(float* matrix, std::int64_t size);

/// H = R · Rᵀ with R upper triangular: Cholesky's recurrence, run from the last row to the first. Reads the upper triangle with the
/// diagonal and writes R there; nothing below the diagonal is touched. False when H is not positive definite, the triangle then holding
/// nothing of use. `cancelled` is polled before each block of rows.
Result<bool> factorFromTheLastRow(TensorMath& math, float* matrix, std::int64_t size, const std::function<bool()>& cancelled = {});

/// R ← R⁻¹ in place. REQUIRES: R upper triangular, zeros below the diagonal, none on it.
Status invertUpper(TensorMath& math, float* matrix, std::int64_t size, const std::function<bool()>& cancelled = {});

}  // namespace trimtab::compress
