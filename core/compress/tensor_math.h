#pragma once
// The matrix products that compression needs, formed by whatever engine the study uses.
#include <cstdint>

#include "core/base/result.h"

namespace trimtab::compress {

/// Row-major float32. Thread-compatible.
class TensorMath {
public:
    virtual ~TensorMath() = default;

    /// Elements in memory: `stride` from one row to the next. Read transposed where `transposed` says so.
    struct Operand {
        const float* data = nullptr;
        std::int64_t stride = 0;
        bool transposed = false;
    };

    /// C ← alpha · op(A) · op(B) + beta · C, with op(A) m × k, op(B) k × n and C m × n. C overlaps neither.
    virtual Status multiply(std::int64_t m, std::int64_t n, std::int64_t k, float alpha, const Operand& a, const Operand& b, float beta,
                            float* c, std::int64_t strideC) = 0;
};

}  // namespace trimtab::compress
