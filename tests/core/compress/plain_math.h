#pragma once
// Products by three loops, summed in double.
#include <cstdint>

#include "core/compress/tensor_math.h"

namespace trimtab::compress {

class PlainMath : public TensorMath {
public:
    Status multiply(std::int64_t m, std::int64_t n, std::int64_t k, float alpha, const Operand& a, const Operand& b, float beta, float* c,
                    std::int64_t strideC) override {
        ++products;
        for (std::int64_t i = 0; i < m; ++i) {
            for (std::int64_t j = 0; j < n; ++j) {
                double sum = 0;
                for (std::int64_t p = 0; p < k; ++p) sum += static_cast<double>(at(a, i, p)) * at(b, p, j);
                float& target = c[i * strideC + j];
                target = static_cast<float>(alpha * sum + (beta == 0 ? 0.0 : static_cast<double>(beta) * target));
            }
        }
        return {};
    }

    int products = 0;

private:
    static float at(const Operand& operand, std::int64_t i, std::int64_t j) {
        return operand.transposed ? operand.data[j * operand.stride + i] : operand.data[i * operand.stride + j];
    }
};

}  // namespace trimtab::compress
