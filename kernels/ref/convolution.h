#pragma once
// n-dimensional convolution with groups: for every output position the patch under the window is gathered, then multiplied with the
// rows of the weight ([O, I/g, k…] read as O rows of I/g·k… columns).
#include "kernels/ref/products.h"
#include "kernels/ref/windows.h"

namespace trimtab::ref {

struct Convolution {
    std::int64_t batch = 0, channels = 0, group = 1, outChannels = 0;
    Windows windows;

    /// From X [N, C, d…] and W [O, C/g, k…] and the node's attributes; refused when they don't agree.
    static Result<Convolution> plan(const Call& call, const Shape& x, const Shape& w);

    std::int64_t columns() const;   // of one weight row
    Shape outShape() const;         // [N, O, out…]
};

/// y[n, o, p] = Σ patch · row(o) + bias[o]. `padding` stands in for positions outside the input. `bias` may be undefined.
/// T: float, double or int64, the element type of x and bias.
template <class T>
Result<Tensor> convolve(const Convolution& plan, const Tensor& x, const RowProduct<T>& rows, const Tensor& bias, T padding = T{0});

/// Checks that `bias` (when defined) is one value for each output channel, of the type of x.
Status checkBias(const Call& call, const Convolution& plan, const Tensor& x, const Tensor& bias);

/// The plain kernel of Conv in float32 and float64.
Result<Values> conv(const Call& call);

}  // namespace trimtab::ref
