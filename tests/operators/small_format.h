#pragma once
// Formats of eight bits and fewer, stated from their own texts and searched code by code: what the kernels' tables are held against.
#include <vector>

#include "core/tensor/tensor.h"

namespace trimtab::operators {

/// The value of a code: minifloats by sign, exponent and mantissa; integers as two's complement.
double decoded(DataType type, unsigned code);

/// The code of the nearest value, ties to the even code. NaN becomes NaN where there is one, else the largest. float8e8m0 takes the next
/// power of two ("up"), the one below ("down") or the nearer ("nearest", ties up); its numbers are positive. What lies beyond the
/// largest becomes that; where a float8 does not saturate, and the next number of its mantissa's bits would be as near, infinity or NaN.
/// REQUIRES: a type of eight bits and fewer.
unsigned encoded(DataType type, double value, const std::string& roundMode = "up", bool saturates = true);

Tensor ofCodes(DataType type, const Shape& shape, const std::vector<unsigned>& codes);
std::vector<unsigned> codesOf(const Tensor& tensor);
/// Of any type; narrow ones by decoded().
std::vector<double> valuesOf(const Tensor& tensor);

}  // namespace trimtab::operators
