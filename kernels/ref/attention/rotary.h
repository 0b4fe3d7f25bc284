#pragma once
// Rotary position embedding (Su et al. 2021, "RoFormer"): pairs of a head's values are turned by an angle that grows with the position.
//   x'[a] = x[a]·cos[p, i] − x[b]·sin[p, i]      x'[b] = x[b]·cos[p, i] + x[a]·sin[p, i]      i < half
//   (a, b) = (2i, 2i + 1) when interleaved, else (i, i + half); values from 2·half on stay as they are.
#include <vector>

#include "kernels/ref/arguments.h"

namespace trimtab::ref {

class RotaryTable {
public:
    /// Inputs `cosInput` and `sinInput`: floating tables of one shape [positions, half]. Refused otherwise, and where 2·half > headSize.
    static Result<RotaryTable> read(const Call& call, std::size_t cosInput, std::size_t sinInput, std::int64_t headSize, bool interleaved);

    std::int64_t positions() const { return m_cos.shape()[0]; }
    std::int64_t half() const { return m_cos.shape()[1]; }
    /// Turns one head. REQUIRES: 0 <= position < positions(), headSize values.
    void turn(std::int64_t position, double* head) const;

private:
    Tensor m_cos, m_sin;
    bool m_interleaved = false;
};

}  // namespace trimtab::ref
