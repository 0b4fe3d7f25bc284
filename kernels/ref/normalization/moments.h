#pragma once
// What the normalisations share. Means and variances are formed in double.
#include <vector>

#include "kernels/ref/arguments.h"

namespace trimtab::ref {

using Line = std::vector<double>;

struct Moments {
    double mean = 0, variance = 0;  // of the population
};
Moments moments(const Line& line);

/// Refused unless the first `count` inputs are of floating types.
Status requireFloating(const Call& call, std::size_t count);
Line allOf(const Tensor& tensor);
/// Input i as `count` values, or `count` times `fallback` when it is left out.
Result<Line> perChannel(const Call& call, std::size_t i, std::int64_t count, double fallback);
double epsilonOf(const Call& call, float fallback = 1e-5F);

}  // namespace trimtab::ref
