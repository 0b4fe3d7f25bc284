#include "kernels/cuda/libraries/matrix_library.h"

#include <fmt/format.h>

namespace trimtab::cuda {

std::string LibraryProduct::text() const {
    return fmt::format("{}x[{} {} {}] strides {} {} {} {}->{} arithmetic {} {}{}{}{} alpha {}{}", batch, m, n, k, xStride, wStride, yStride,
                       tensor::name(input), tensor::name(output), static_cast<int>(arithmetic), weightIsRows ? "rows" : "columns",
                       bias ? " bias" : "", residual ? " residual" : "", relu ? " relu" : "", alpha, timed ? "" : " untimed");
}

}  // namespace trimtab::cuda
