#include "kernels/ref/quantized/dynamic_quantization.h"

#include <algorithm>
#include <cmath>

namespace trimtab::ref {
namespace {
std::int32_t saturate(float value) { return std::isnan(value) ? 0 : static_cast<std::int32_t>(std::clamp(value, 0.0F, 255.0F)); }
}  // namespace

float roundHalfEven(float x) {
    if (!std::isfinite(x)) return x;
    const float down = std::floor(x);
    const float rest = x - down;
    if (rest != 0.5F) return rest < 0.5F ? down : down + 1;
    return std::fmod(down, 2.0F) == 0 ? down : down + 1;
}

DynamicQuantization DynamicQuantization::of(const Tensor& x) { return of(x.data<float>()); }

DynamicQuantization DynamicQuantization::of(std::span<const float> values) {
    float low = 0, high = 0;
    for (const float value : values) {
        low = std::min(low, value);
        high = std::max(high, value);
    }
    DynamicQuantization result;
    const float range = high - low;
    if (range == 0 || !std::isfinite(range)) return result;
    result.scale = range / 255.0F;
    if (result.scale == 0) return {};
    result.zero = saturate(roundHalfEven(0.0F - low / result.scale));
    return result;
}

std::uint8_t DynamicQuantization::code(float x) const {
    return static_cast<std::uint8_t>(saturate(roundHalfEven(x / scale) + static_cast<float>(zero)));
}

SymmetricQuantization SymmetricQuantization::of(std::span<const float> values) {
    float largest = 0;
    for (const float value : values) largest = std::abs(value) > largest ? std::abs(value) : largest;
    const float scale = largest / 127.0F;
    return {scale > 0 && std::isfinite(scale) ? scale : 1.0F};
}

std::int8_t SymmetricQuantization::code(float x) const {
    const float rounded = roundHalfEven(x / scale);
    return std::isnan(rounded) ? std::int8_t{0} : static_cast<std::int8_t>(std::clamp(rounded, -127.0F, 127.0F));
}

Result<Tensor> centredCodes(const Tensor& x, const DynamicQuantization& quantization) {
    TRIMTAB_TRY(Tensor out, Tensor::allocate(DataType::Float32, x.shape()));
    centredCodes(x.data<float>(), quantization, out.mutableData<float>());
    return out;
}

void centredCodes(std::span<const float> values, const DynamicQuantization& quantization, std::span<float> out) {
    for (std::size_t i = 0; i < values.size(); ++i)
        out[i] = static_cast<float>(static_cast<std::int32_t>(quantization.code(values[i])) - quantization.zero);
}

}  // namespace trimtab::ref
