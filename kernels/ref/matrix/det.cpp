// Det: the determinant of each matrix of [..., n, n].
#include <cmath>

#include <fmt/format.h>

#include "kernels/ref/arguments.h"
#include "kernels/ref/elements.h"
#include "kernels/ref/families.h"

namespace trimtab::ref {
namespace {

/// Gaussian elimination with row pivots; `a` is overwritten. The determinant of a matrix without rows is 1.
double determinant(std::vector<double>& a, std::size_t n) {
    double product = 1;
    for (std::size_t k = 0; k < n; ++k) {
        std::size_t pivot = k;
        for (std::size_t row = k + 1; row < n; ++row)
            if (std::fabs(a[row * n + k]) > std::fabs(a[pivot * n + k])) pivot = row;
        if (a[pivot * n + k] == 0) return 0;
        if (pivot != k) {
            product = -product;
            for (std::size_t column = k; column < n; ++column) std::swap(a[k * n + column], a[pivot * n + column]);
        }
        product *= a[k * n + k];
        for (std::size_t row = k + 1; row < n; ++row) {
            const double factor = a[row * n + k] / a[k * n + k];
            for (std::size_t column = k + 1; column < n; ++column) a[row * n + column] -= factor * a[k * n + column];
        }
    }
    return product;
}

Result<Values> det(const Call& call) {
    const Tensor& x = call.tensor(0);
    const Shape& shape = x.shape();
    const int rank = shape.rank();
    if (!isFloatingPoint(x.type())) return refuse(call, "the input must be of a floating type");
    if (rank < 2 || shape[rank - 1] != shape[rank - 2]) return refuse(call, fmt::format("{} holds no square matrices", shape.text()));
    TRIMTAB_TRY(Tensor out, Tensor::allocate(x.type(), spliced(shape, rank - 2, rank, {})));
    const std::int64_t n = shape[rank - 1];
    std::vector<double> matrix(static_cast<std::size_t>(out.elementCount() == 0 ? 0 : n * n));
    for (std::int64_t i = 0; i < out.elementCount(); ++i) {
        if (n > 0) load(x, i * n * n, 1, n * n, matrix.data());
        const double value = determinant(matrix, static_cast<std::size_t>(n));
        store(out, i, 1, &value);
    }
    return one(std::move(out));
}

}  // namespace

void registerDet(Registry& registry) { registry.add("Det", 11, {1, 1, 1}, det); }

}  // namespace trimtab::ref
