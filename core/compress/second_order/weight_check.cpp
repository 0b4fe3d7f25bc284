#include "core/compress/second_order/weight_check.h"

#include <cmath>
#include <limits>

namespace trimtab::compress {

Status refuseInfinities(std::span<const float> values) {
    bool finite = true;
    for (const float value : values) finite &= std::abs(value) <= std::numeric_limits<float>::max();
    if (finite) return {};
    return fail(ErrorCode::Refused,
                "the weight holds infinities, and no other weight can make up for what is lost of them; leave this layer as it "
                "is by a rule, or take a method that looks at weights one by one");
}

Status Overflow::check() const {
    if (!m_happened.load(std::memory_order_relaxed)) return {};
    return fail(ErrorCode::Failed,
                "making up for errors drove weights of this layer beyond the range of float; raise the damping or calibrate on "
                "more samples");
}

}  // namespace trimtab::compress
