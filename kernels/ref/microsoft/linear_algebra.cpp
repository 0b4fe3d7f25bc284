// com.microsoft.CDist and Inverse.
#include <cmath>

#include <fmt/format.h>

#include "kernels/ref/arguments.h"
#include "kernels/ref/elements.h"
#include "kernels/ref/families.h"

namespace trimtab::ref {
namespace {

std::vector<double> all(const Tensor& x) {
    std::vector<double> values(static_cast<std::size_t>(x.elementCount()));
    load(x, 0, 1, x.elementCount(), values.data());
    return values;
}

/// C[m, n] = the distance between row m of A and row n of B, squared unless the metric is euclidean.
Result<Values> distances(const Call& call) {
    const Tensor& a = call.tensor(0);
    const Tensor& b = call.tensor(1);
    TRIMTAB_REQUIRE(sameType(call, a, b));
    if (a.type() != DataType::Float32 && a.type() != DataType::Float64) return refuse(call, "inputs must be float32 or float64");
    if (a.shape().rank() != 2 || b.shape().rank() != 2 || a.shape()[1] != b.shape()[1])
        return refuse(call, fmt::format("shapes {} and {} are not rows of one length", a.shape().text(), b.shape().text()));
    const std::string metric = call.node.string("metric", "sqeuclidean");
    if (metric != "euclidean" && metric != "sqeuclidean") return unsupported(call, "metric " + metric + " is not known");
    const std::int64_t rows = a.shape()[0], columns = b.shape()[0], length = a.shape()[1];
    TRIMTAB_TRY(Tensor out, Tensor::allocate(a.type(), Shape{rows, columns}));
    const std::vector<double> left = all(a), right = all(b);
    for (std::int64_t i = 0; i < out.elementCount(); ++i) {
        double sum = 0;
        for (std::int64_t k = 0; k < length; ++k) {
            const double difference =
                left[static_cast<std::size_t>(i / columns * length + k)] - right[static_cast<std::size_t>(i % columns * length + k)];
            sum += difference * difference;
        }
        if (metric == "euclidean") sum = std::sqrt(sum);
        store(out, i, 1, &sum);
    }
    return one(std::move(out));
}

/// Gauss and Jordan with the largest pivot of each column; false when a column has none.
bool invert(std::vector<double>& matrix, std::vector<double>& inverse, std::size_t n) {
    for (std::size_t i = 0; i < n * n; ++i) inverse[i] = i % (n + 1) == 0 ? 1 : 0;
    for (std::size_t column = 0; column < n; ++column) {
        std::size_t pivot = column;
        for (std::size_t row = column + 1; row < n; ++row)
            if (std::fabs(matrix[row * n + column]) > std::fabs(matrix[pivot * n + column])) pivot = row;
        const double value = matrix[pivot * n + column];
        if (value == 0 || !std::isfinite(value)) return false;
        for (std::size_t k = 0; k < n; ++k) {
            std::swap(matrix[pivot * n + k], matrix[column * n + k]);
            std::swap(inverse[pivot * n + k], inverse[column * n + k]);
            matrix[column * n + k] /= value;
            inverse[column * n + k] /= value;
        }
        for (std::size_t row = 0; row < n; ++row) {
            const double factor = matrix[row * n + column];
            if (row == column || factor == 0) continue;
            for (std::size_t k = 0; k < n; ++k) {
                matrix[row * n + k] -= factor * matrix[column * n + k];
                inverse[row * n + k] -= factor * inverse[column * n + k];
            }
        }
    }
    return true;
}

Result<Values> inverse(const Call& call) {
    const Tensor& x = call.tensor(0);
    const int rank = x.shape().rank();
    if (!isFloatingPoint(x.type())) return refuse(call, "the input must be of a floating type");
    if (rank < 2 || x.shape()[rank - 1] != x.shape()[rank - 2])
        return refuse(call, "the input " + x.shape().text() + " does not hold square matrices");
    TRIMTAB_TRY(Tensor out, Tensor::allocate(x.type(), x.shape()));
    const std::int64_t size = x.shape()[rank - 1], elements = size * size;
    std::vector<double> matrix(x.elementCount() > 0 ? static_cast<std::size_t>(elements) : 0), result(matrix.size());
    for (std::int64_t at = 0; at < x.elementCount(); at += elements) {
        load(x, at, 1, elements, matrix.data());
        if (!invert(matrix, result, static_cast<std::size_t>(size))) return refuse(call, "a matrix has no inverse");
        store(out, at, elements, result.data());
    }
    return one(std::move(out));
}

}  // namespace

void registerLinearAlgebra(Registry& registry) {
    registry.add("CDist", 1, {2, 2, 1}, distances, "com.microsoft");
    registry.add("Inverse", 1, {1, 1, 1}, inverse, "com.microsoft");
}

}  // namespace trimtab::ref
