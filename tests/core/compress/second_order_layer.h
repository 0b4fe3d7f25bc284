#pragma once
// Small layers with correlated inputs, and optimal brain compression as its paper states it: an inverse in double that loses a row and a
// column with every weight that is settled.
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "core/base/random.h"
#include "core/compress/second_order/factor.h"
#include "tests/core/compress/plain_math.h"

namespace trimtab::compress {

using Matrix = std::vector<double>;  // row-major

/// Rows of inputs that share a few causes; columns of different strength.
inline std::vector<float> correlatedInputs(base::Random& random, std::int64_t rows, std::int64_t columns) {
    constexpr std::int64_t kCauses = 4;
    std::vector<double> mixing(static_cast<std::size_t>(kCauses * columns));
    std::vector<double> strength(static_cast<std::size_t>(columns));
    for (double& value : mixing) value = random.normal();
    for (double& value : strength) value = std::exp(random.normal() * 0.7);
    std::vector<float> inputs;
    for (std::int64_t row = 0; row < rows; ++row) {
        double causes[kCauses];
        for (double& cause : causes) cause = random.normal();
        for (std::int64_t column = 0; column < columns; ++column) {
            double sum = 0.5 * random.normal();
            for (std::int64_t cause = 0; cause < kCauses; ++cause)
                sum += causes[cause] * mixing[static_cast<std::size_t>(cause * columns + column)];
            inputs.push_back(static_cast<float>(sum * strength[static_cast<std::size_t>(column)]));
        }
    }
    return inputs;
}

inline std::vector<float> normalWeights(base::Random& random, std::int64_t rows, std::int64_t columns) {
    std::vector<float> weights(static_cast<std::size_t>(rows * columns));
    for (float& weight : weights) weight = static_cast<float>(random.normal());
    return weights;
}

inline Hessian hessianOf(const std::vector<float>& inputs, std::int64_t columns) {
    PlainMath math;
    HessianSum sum = *HessianSum::begin(columns);
    EXPECT_TRUE(sum.add(math, inputs.data(), static_cast<std::int64_t>(inputs.size()) / columns, columns));
    return *std::move(sum).finish();
}

inline InverseFactor factorOf(const std::vector<float>& inputs, std::int64_t columns, const FactorOptions& options = {}) {
    PlainMath math;
    auto factor = factorInverse(math, hessianOf(inputs, columns), options);
    EXPECT_TRUE(factor);
    return std::move(*factor);
}

/// Inputs of which no two columns ever act together and all are of one strength.
inline std::vector<float> separateInputs(std::int64_t columns) {
    std::vector<float> inputs(static_cast<std::size_t>(columns * columns), 0.0F);
    for (std::int64_t i = 0; i < columns; ++i) inputs[static_cast<std::size_t>(i * columns + i)] = 3;
    return inputs;
}

/// Σ of squares by which the outputs of the layer change.
inline double outputError(const std::vector<float>& before, const std::vector<float>& after, const std::vector<float>& inputs,
                          std::int64_t columns) {
    double error = 0;
    for (std::size_t row = 0; row < before.size(); row += static_cast<std::size_t>(columns)) {
        for (std::size_t input = 0; input < inputs.size(); input += static_cast<std::size_t>(columns)) {
            double sum = 0;
            for (std::size_t j = 0; j < static_cast<std::size_t>(columns); ++j)
                sum += (static_cast<double>(before[row + j]) - after[row + j]) * inputs[input + j];
            error += sum * sum;
        }
    }
    return error;
}

/// H with the share of its mean diagonal added, its columns in the given order (empty: their own).
inline Matrix dampedHessian(const Hessian& hessian, double damping, const std::vector<std::int64_t>& order = {}) {
    const std::int64_t size = hessian.size;
    double mean = 0;
    for (std::int64_t i = 0; i < size; ++i) mean += static_cast<double>(hessian.diagonal(i)) / static_cast<double>(size);
    Matrix damped(static_cast<std::size_t>(size * size));
    for (std::int64_t i = 0; i < size; ++i) {
        for (std::int64_t j = 0; j < size; ++j) {
            const std::int64_t row = order.empty() ? i : order[static_cast<std::size_t>(i)];
            const std::int64_t column = order.empty() ? j : order[static_cast<std::size_t>(j)];
            damped[static_cast<std::size_t>(i * size + j)] =
                hessian.values.data<float>()[static_cast<std::size_t>(row * size + column)] + (i == j ? damping * mean : 0);
        }
    }
    return damped;
}

/// Gauss and Jordan; without pivoting, because the matrix is positive definite.
inline Matrix inverted(Matrix matrix, std::size_t size) {
    Matrix inverse(size * size, 0.0);
    for (std::size_t i = 0; i < size; ++i) inverse[i * size + i] = 1;
    for (std::size_t pivot = 0; pivot < size; ++pivot) {
        const double factor = 1 / matrix[pivot * size + pivot];
        for (std::size_t j = 0; j < size; ++j) {
            matrix[pivot * size + j] *= factor;
            inverse[pivot * size + j] *= factor;
        }
        for (std::size_t i = 0; i < size; ++i) {
            if (i == pivot) continue;
            const double times = matrix[i * size + pivot];
            for (std::size_t j = 0; j < size; ++j) {
                matrix[i * size + j] -= times * matrix[pivot * size + j];
                inverse[i * size + j] -= times * inverse[pivot * size + j];
            }
        }
    }
    return inverse;
}

/// inverses[j]: H⁻¹ after columns 0 … j − 1 were eliminated (Frantar and Alistarh 2022, lemma 1); whole matrices, for a few columns only.
inline std::vector<Matrix> shrinkingInverses(const Matrix& damped, std::size_t size) {
    std::vector<Matrix> inverses{inverted(damped, size)};
    for (std::size_t gone = 0; gone + 1 < size; ++gone) {
        const Matrix& last = inverses.back();
        Matrix next = last;
        for (std::size_t i = 0; i < size; ++i)
            for (std::size_t j = 0; j < size; ++j)
                next[i * size + j] -= last[i * size + gone] * last[gone * size + j] / last[gone * size + gone];
        inverses.push_back(std::move(next));
    }
    return inverses;
}

/// The step of optimal brain compression: weight j of the row became `settled`, the later ones make up for it (equation 3 there).
inline void settleByTheBook(std::vector<double>& row, std::size_t j, double settled, const Matrix& inverse) {
    const std::size_t size = row.size();
    const double error = row[j] - settled;
    row[j] = settled;
    for (std::size_t k = j + 1; k < size; ++k) row[k] -= error * inverse[j * size + k] / inverse[j * size + j];
}

}  // namespace trimtab::compress
