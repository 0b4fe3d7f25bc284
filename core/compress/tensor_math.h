#pragma once
// The matrix products that compression needs, formed by whatever engine the study uses.
#include <cstdint>
#include <memory>

#include "core/base/result.h"

namespace trimtab::compress {

/// Σ x·xᵀ over rows x, kept where products are formed. Row-major float32. Thread-compatible.
class GramSum {
public:
    virtual ~GramSum() = default;
    /// `count` rows, `stride` elements from one to the next.
    virtual Status add(const float* rows, std::int64_t count, std::int64_t stride) = 0;
    /// Writes size × size elements.
    virtual Status read(float* sum) = 0;
};

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

    /// C ← alpha · op(A) · op(B) + beta · C, with op(A) m × k, op(B) k × n and C m × n. C overlaps neither. OutOfMemory leaves C as it was.
    virtual Status multiply(std::int64_t m, std::int64_t n, std::int64_t k, float alpha, const Operand& a, const Operand& b, float beta,
                            float* c, std::int64_t strideC) = 0;

    /// For those whose products are formed far from the host's memory; null where a sum there does as well, or must do. It may use memory
    /// of this object, which outlives it.
    virtual Result<std::unique_ptr<GramSum>> gramSum([[maybe_unused]] std::int64_t size) { return nullptr; }
};

}  // namespace trimtab::compress
