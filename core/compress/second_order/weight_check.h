#pragma once
// What second-order methods cannot work on.
#include <atomic>
#include <span>

#include "core/base/result.h"

namespace trimtab::compress {

/// Refused for infinities: no other weight can make up for what is lost of them.
Status refuseInfinities(std::span<const float> values);

/// Notes, from any thread, whether a weight left the finite numbers on the way.
class Overflow {
public:
    void watch(float value) {
        if (!(value - value == 0)) m_happened.store(true, std::memory_order_relaxed);
    }
    /// Failed when one did.
    Status check() const;

private:
    std::atomic<bool> m_happened{false};
};

}  // namespace trimtab::compress
