#include "core/compress/precision/sixteen_bits.h"

#include <cmath>

#include <fmt/format.h>

#include "core/tensor/data_type.h"

namespace trimtab::compress {

Status roundToSixteenBits(std::span<float> values, bool bfloat) {
    for (float& value : values) {
        const float rounded =
            bfloat ? tensor::bfloatToFloat(tensor::floatToBfloat(value)) : tensor::halfToFloat(tensor::floatToHalf(value));
        if (std::isinf(rounded) && !std::isinf(value)) {
            return fail(ErrorCode::Refused, fmt::format("the weight {:g} is beyond the range of {}; {}", value, bfloat ? "bf16" : "fp16",
                                                        bfloat ? "leave this layer at 32 bits by a rule" : "use weights.format bf16"));
        }
        value = rounded;
    }
    return {};
}

}  // namespace trimtab::compress
