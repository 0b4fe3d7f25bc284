#include "core/compress/second_order/factor.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "core/base/parallel.h"
#include "core/compress/second_order/triangle.h"

namespace trimtab::compress {
namespace {

constexpr int kRaises = 3;

std::vector<float> diagonalOf(const Hessian& hessian) {
    std::vector<float> diagonal(static_cast<std::size_t>(hessian.size));
    for (std::int64_t i = 0; i < hessian.size; ++i) diagonal[static_cast<std::size_t>(i)] = hessian.diagonal(i);
    return diagonal;
}

std::vector<std::int64_t> byFalling(const std::vector<float>& diagonal) {
    std::vector<std::int64_t> order(diagonal.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
        return diagonal[static_cast<std::size_t>(a)] > diagonal[static_cast<std::size_t>(b)];
    });
    return order;
}

// Rows move along the cycles of the permutation, and each is put in order itself, so that one row beside the matrix is enough.
void permute(float* matrix, std::int64_t size, const std::vector<std::int64_t>& order) {
    const auto length = static_cast<std::size_t>(size);
    std::vector<float> held(length);
    std::vector<bool> placed(length, false);
    for (std::int64_t start = 0; start < size; ++start) {
        if (placed[static_cast<std::size_t>(start)]) continue;
        std::copy_n(matrix + start * size, size, held.begin());
        for (std::int64_t place = start;;) {
            placed[static_cast<std::size_t>(place)] = true;
            const std::int64_t source = order[static_cast<std::size_t>(place)];
            float* const target = matrix + place * size;
            if (source == start) {
                std::copy(held.begin(), held.end(), target);
                break;
            }
            std::copy_n(matrix + source * size, size, target);
            place = source;
        }
    }
    base::parallelFor(length, [&](std::size_t i) {
        float* const row = matrix + static_cast<std::int64_t>(i) * size;
        const std::vector<float> before(row, row + size);
        for (std::size_t j = 0; j < length; ++j) row[j] = before[static_cast<std::size_t>(order[j])];
    });
}

double meanOfLiving(const std::vector<float>& diagonal) {
    double sum = 0;
    std::int64_t living = 0;
    for (const float value : diagonal) {
        sum += value;
        living += value != 0;
    }
    return living > 0 ? sum / static_cast<double>(living) : 0;
}

void writeDiagonal(float* matrix, const std::vector<float>& diagonal, double added) {
    const std::size_t size = diagonal.size();
    for (std::size_t i = 0; i < size; ++i) matrix[i * (size + 1)] = diagonal[i] == 0 ? 1.0F : static_cast<float>(diagonal[i] + added);
}

void clearBelowDiagonal(float* matrix, std::int64_t size) {
    for (std::int64_t i = 1; i < size; ++i) std::fill_n(matrix + i * size, i, 0.0F);
}

// Until it succeeds, the lower triangle keeps H.
Result<double> factorWithEnoughDamping(TensorMath& math, float* matrix, const std::vector<float>& diagonal,
                                       const FactorOptions& options) {
    const auto size = static_cast<std::int64_t>(diagonal.size());
    const double mean = meanOfLiving(diagonal);
    double damping = options.damping;
    for (int raises = 0;; ++raises) {
        writeDiagonal(matrix, diagonal, damping * mean);
        TRIMTAB_TRY(const bool succeeded, factorFromTheLastRow(math, matrix, size, options.cancelled));
        if (succeeded) return damping;
        if (raises == kRaises) break;
        damping = damping > 0 ? damping * 10 : 0.001;
        mirrorLower(matrix, size);
    }
    return fail(ErrorCode::Failed,
                fmt::format("the inputs of this layer do not determine its weights, even with {:g} times the mean diagonal of "
                            "their products added; calibrate on more samples or raise the damping",
                            damping));
}

}  // namespace

Result<InverseFactor> factorInverse(TensorMath& math, Hessian hessian, const FactorOptions& options) {
    assert(options.damping >= 0 && hessian.size > 0);
    const std::int64_t size = hessian.size;
    std::vector<float> diagonal = diagonalOf(hessian);
    if (!std::all_of(diagonal.begin(), diagonal.end(), [](float value) { return std::isfinite(value); }))
        return fail(ErrorCode::Failed,
                    "the inputs of this layer hold infinities, NaN or values too large to be squared; look at the calibration "
                    "data, or leave this layer out by a rule");

    InverseFactor factor;
    factor.size = size;
    float* const matrix = hessian.values.mutableData<float>().data();
    if (options.byFallingDiagonal) {
        factor.order = byFalling(diagonal);
        permute(matrix, size, factor.order);
        diagonal = diagonalOf(hessian);
    }
    for (const float value : diagonal) factor.dead.push_back(value == 0);
    TRIMTAB_TRY(factor.damping, factorWithEnoughDamping(math, matrix, diagonal, options));
    clearBelowDiagonal(matrix, size);
    TRIMTAB_REQUIRE(invertUpper(math, matrix, size, options.cancelled));
    factor.upper = std::move(hessian.values);
    return factor;
}

}  // namespace trimtab::compress
