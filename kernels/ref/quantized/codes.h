#pragma once
// Tensors of 8-bit codes: their scales and zero points, and the ways between codes and the values that they stand for.
#include "kernels/ref/arguments.h"

namespace trimtab::ref {

/// A scale or zero point beside a tensor: one value for all of it, one for each index of an axis, or a tensor of the same rank that
/// broadcasts to it.
class Parameter {
public:
    /// Of input `i`, for a tensor of shape `of`; a list runs along `axis` (−1: only one value is taken). `fallback` where the input is left
    /// out.
    static Result<Parameter> make(const Call& call, std::size_t i, const Shape& of, int axis, double fallback);

    double at(std::int64_t element) const {
        std::int64_t index = 0;
        for (const Step& step : m_steps) index += element / step.inner % step.extent * step.stride;
        return m_values[static_cast<std::size_t>(index)];
    }

private:
    struct Step {
        std::int64_t inner, extent, stride;
    };
    std::vector<double> m_values;
    std::vector<Step> m_steps;
};

/// int8 or uint8.
bool isByteCode(DataType type);

/// code − zero point as Int64. Refused unless the codes are 8-bit and input `zero` is of their type; left out it is 0.
Result<Tensor> withoutZero(const Call& call, const Tensor& codes, std::size_t zero, int axis);

/// (code − zero point) · scale as Float64.
Result<Tensor> valuesOf(const Call& call, const Tensor& codes, std::size_t scale, std::size_t zero, int axis = -1);

/// One number of a floating type.
Result<double> scaleOf(const Call& call, std::size_t i);

/// saturate(round half even(value / scale) + zero point) of Float64 values; one scale, one zero point (0 where it is left out) of `type`.
Result<Tensor> codesOf(const Call& call, const Tensor& values, std::size_t scale, std::size_t zero, DataType type);

/// [N, d…, C] as [N, C, d…], and back. REQUIRES: rank >= 2, elements of whole bytes.
Result<Tensor> channelsFirst(const Tensor& x);
Result<Tensor> channelsLast(const Tensor& x);

}  // namespace trimtab::ref
