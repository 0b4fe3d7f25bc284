#pragma once
// How an expression is walked: merged axes and the number of neighbouring elements a thread takes at once. Plain host code.
#include "kernels/cuda/kernels/expression.h"
#include "kernels/cuda/kernels/merged_axes.h"

namespace trimtab::cuda {

/// Axes that kernels with 32-bit places take.
inline constexpr int kNarrowAxes = 4;

struct ExpressionPlan {
    MergedAxes axes;        // arrays: one for each input; the result is row-major over the same axes
    bool integers = false;  // arithmetic in int64, else in float32
    int width = 1;          // elements a thread takes along the innermost axis: 1, 2, 4 or 8
    bool wide = false;      // places or offsets need 64 bits
};

/// Bytes of one element; 0 for types that kernels of expressions don't take.
int expressionBytes(DataType type);

/// REQUIRES: checkExpression() succeeded; no extent is 0.
/// A width above 1 means: along the innermost axis every input is contiguous or repeats one element, every row of a contiguous one begins
/// at a multiple of `width` elements, and pointers are aligned to width · element size, as y is. Only with one merged axis may a remainder
/// be left.
ExpressionPlan planExpression(const Expression& expression, const std::array<const void*, kMaxInputs>& inputs, const void* y);

}  // namespace trimtab::cuda
