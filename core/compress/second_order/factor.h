#pragma once
// The one matrix that the second-order methods read: U, upper triangular, with H⁻¹ = Uᵀ · U for the damped H. Row j of U is row 1 of what
// is left of H⁻¹ after the columns before j were settled, over the root of its corner:
//   U_jj² = [H_F⁻¹]_jj   and   U_jk / U_jj = [H_F⁻¹]_jk / [H_F⁻¹]_jj,   F being j and what follows.
// So one factorisation stands for all the inverses from which optimal brain compression removes column after column.
// Source: Frantar et al. 2023, "GPTQ", section 3, step 3. H is factorised as R · Rᵀ from its last row, and U = R⁻¹: H⁻¹ is never formed.
#include <cstdint>
#include <functional>
#include <vector>

#include "core/compress/second_order/hessian.h"

namespace trimtab::compress {

struct FactorOptions {
    double damping = 0.01;            // this share of the mean diagonal is added to the diagonal; ≥ 0
    bool byFallingDiagonal = false;   // columns with the strongest inputs are settled first ("act-order")
    std::function<bool()> cancelled;  // polled between blocks
};

/// Serves every weight that reads the same inputs. Places count the columns in the order in which they are settled.
struct InverseFactor {
    std::int64_t size = 0;
    Tensor upper;                     // size × size float32, zeros below the diagonal
    std::vector<std::int64_t> order;  // the column at each place; empty: each at its own
    std::vector<std::uint8_t> dead;   // by place: 1 where no input was ever anything but 0
    double damping = 0;               // the share that was needed

    std::int64_t columnAt(std::int64_t place) const { return order.empty() ? place : order[static_cast<std::size_t>(place)]; }
    const float* row(std::int64_t place) const { return upper.data<float>().data() + place * size; }
};

/// Works in H's memory. Columns whose diagonal is 0 are dead: their diagonal becomes 1, and they count nothing towards the mean. Where H
/// is not positive definite, the damping is raised tenfold, up to three times (from 0 to 0.001). Failed when it still is not, or when the
/// inputs held infinities or NaN.
Result<InverseFactor> factorInverse(TensorMath& math, Hessian hessian, const FactorOptions& options = {});

}  // namespace trimtab::compress
