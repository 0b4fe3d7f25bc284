#pragma once
// What few rows of input say of how columns act together is mostly chance, and a method that makes up for errors by it makes them larger on
// every other row: of independent columns, GPTQ on twice as many rows as columns loses 1.4 times what rounding to nearest does. So Σ x·xᵀ
// is drawn towards what would be believed without it, as far as the rows leave it open:
//   r_ij = H_ij / √(H_ii H_jj)  towards 0, by ρ = min(1, ((1 − 2/p) · tr R² + p²) / ((n + 1 − 2/p) · (tr R² − p)))
//   H_ii                        towards their median m, by λ = min(1, (2/n) · Σ H_ii² / Σ (H_ii − m)²)
// with n rows, p columns and R = (r_ij). Both shares fall as 1/n where there is something to see. At ρ = 1 GPTQ is rounding to nearest; at
// λ = 1 too SparseGPT is pruning by magnitude.
// Source: Chen, Wiesel, Eldar, Hero 2010, "Shrinkage Algorithms for MMSE Covariance Estimation", equation 23 (OAS), on R, whose target is
// the identity whatever the columns' units; Opgen-Rhein and Strimmer 2007, "Accurate Ranking of Differentially Expressed Genes by a
// Distribution-Free Shrinkage Approach", section 3, with the variance 2σ⁴/n that a mean square of normal inputs has.
// Both take rows as independent: rows that resemble each other say less than is believed of them.
#include "core/compress/second_order/hessian.h"

namespace trimtab::compress {

struct Shrinkage {
    double together = 0;  // ρ
    double squares = 0;   // λ
};

/// Draws H in place and says how far. Dead columns (diagonal 0) count nothing and stay; an H whose diagonal leaves the finite numbers stays
/// as it is. REQUIRES: hessian.rows > 0.
Shrinkage shrink(Hessian& hessian);

}  // namespace trimtab::compress
