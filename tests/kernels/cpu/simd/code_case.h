#pragma once
// Weights of integer codes and the shapes that products with codes are tried on.
#include "core/base/random.h"
#include "core/tensor/quantized_weight.h"

namespace trimtab::cpu::simd {

/// group 0: one for the whole row.
inline tensor::QuantizedWeight randomWeight(std::int64_t rows, std::int64_t columns, int bits, std::int64_t group, bool symmetric,
                                            base::Random& random) {
    tensor::QuantizedWeight weight;
    weight.originalShape = Shape{rows, columns};
    weight.rows = rows;
    weight.columns = columns;
    weight.bits = bits;
    weight.group = group > 0 ? group : columns;
    weight.symmetric = symmetric;
    const int half = 1 << (bits - 1);
    const auto code = [&](int low) {
        return static_cast<std::int8_t>(low + static_cast<int>(random.below(static_cast<std::uint64_t>(half - low))));
    };
    for (std::int64_t i = 0; i < rows * columns; ++i) weight.codes.push_back(code(symmetric ? -half + 1 : -half));
    for (std::int64_t i = 0; i < rows * weight.groups(); ++i) {
        weight.scales.push_back(static_cast<float>(random.uniform(0.001, 0.1)));
        if (!symmetric) weight.zeroPoints.push_back(code(-half));
    }
    return weight;
}

inline std::vector<float> randomFloats(std::int64_t count, base::Random& random) {
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float& value : values) value = static_cast<float>(random.normal());
    return values;
}

struct Case {
    std::int64_t m, rows, columns, group;
};

inline const std::vector<Case>& awkwardCases() {
    static const std::vector<Case> cases{{1, 1, 1, 0},      {1, 16, 8, 0},      {1, 15, 7, 0},    {1, 17, 33, 32},    {2, 130, 64, 32},
                                         {3, 128, 96, 32},  {5, 200, 100, 32},  {7, 31, 129, 64}, {12, 64, 128, 128}, {13, 48, 256, 16},
                                         {25, 77, 70, 10},  {1, 300, 257, 100}, {64, 33, 65, 0},  {0, 16, 16, 0},     {25, 70, 600, 100},
                                         {24, 33, 513, 10}, {31, 160, 530, 0}};
    return cases;
}

}  // namespace trimtab::cpu::simd
