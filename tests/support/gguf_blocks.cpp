#include "tests/support/gguf_blocks.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/tensor/data_type.h"
#include "tests/support/gguf_file.h"

namespace trimtab::support {
namespace {

using formats::gguf::BlockType;

float largestEitherWay(const float* values, int count) {
    return *std::max_element(values, values + count, [](float a, float b) { return std::abs(a) < std::abs(b); });
}
/// As a block stores it.
float throughHalf(float value) { return tensor::halfToFloat(tensor::floatToHalf(value)); }
int nearest(float value, float step, int low, int high) {
    return step == 0 ? 0 : static_cast<int>(std::clamp<long>(std::lround(value / step), low, high));
}

void appendQ8(const float* values, std::string& bytes) {
    const float d = std::abs(largestEitherWay(values, 32)) / 127;
    bytes += bytesOf(tensor::floatToHalf(d));
    for (int i = 0; i < 32; ++i) bytes += static_cast<char>(nearest(values[i], d, -127, 127));
}

void appendQ4(const float* values, std::string& bytes) {
    const float d = largestEitherWay(values, 32) / -8;
    bytes += bytesOf(tensor::floatToHalf(d));
    const auto code = [&](float value) { return nearest(value, d, -8, 7) + 8; };
    for (int i = 0; i < 16; ++i) bytes += static_cast<char>(code(values[i]) | code(values[i + 16]) << 4);
}

void appendQ6K(const float* values, std::string& bytes) {
    float largest = 0;
    for (int g = 0; g < 16; ++g) largest = std::max(largest, std::abs(largestEitherWay(values + g * 16, 16)) / 31);
    const float d = throughHalf(largest / 127);
    std::array<int, 256> codes{};
    std::string scales;
    for (int g = 0; g < 16; ++g) {
        const int scale = nearest(std::abs(largestEitherWay(values + g * 16, 16)) / 31, d, 0, 127);
        scales += static_cast<char>(scale);
        for (int i = 0; i < 16; ++i)
            codes[static_cast<std::size_t>(g * 16 + i)] = nearest(values[g * 16 + i], d * static_cast<float>(scale), -32, 31) + 32;
    }
    std::string low(128, '\0'), high(64, '\0');
    for (std::size_t i = 0; i < 256; ++i) {
        const std::size_t part = i / 128, quarter = i % 128 / 32, column = i % 32;
        low[part * 64 + quarter % 2 * 32 + column] |= static_cast<char>((codes[i] & 15) << (quarter / 2 * 4));
        high[part * 32 + column] |= static_cast<char>(codes[i] >> 4 << (quarter * 2));
    }
    bytes += low + high + scales + bytesOf(tensor::floatToHalf(d));
}

void appendQ4K(const float* values, std::string& bytes) {
    std::array<float, 8> steps{}, offsets{};
    for (std::size_t g = 0; g < 8; ++g) {
        const auto [least, most] = std::minmax_element(values + g * 32, values + g * 32 + 32);
        offsets[g] = -std::min(*least, 0.0F);
        steps[g] = std::max(*most + offsets[g], 0.0F) / 15;
    }
    const float d = throughHalf(*std::ranges::max_element(steps) / 63), dmin = throughHalf(*std::ranges::max_element(offsets) / 63);
    std::string packed(12, '\0'), codes(128, '\0');
    for (std::size_t g = 0; g < 8; ++g) {
        const int scale = nearest(steps[g], d, 0, 63), minimum = nearest(offsets[g], dmin, 0, 63);
        if (g < 4) {
            packed[g] |= static_cast<char>(scale);
            packed[g + 4] |= static_cast<char>(minimum);
        } else {
            packed[g - 4] |= static_cast<char>(scale >> 4 << 6);
            packed[g] |= static_cast<char>(minimum >> 4 << 6);
            packed[g + 4] = static_cast<char>((scale & 15) | (minimum & 15) << 4);
        }
        for (std::size_t i = 0; i < 32; ++i) {
            const int code = nearest(values[g * 32 + i] + dmin * static_cast<float>(minimum), d * static_cast<float>(scale), 0, 15);
            codes[g / 2 * 32 + i] |= static_cast<char>(code << (g % 2 * 4));
        }
    }
    bytes += bytesOf(tensor::floatToHalf(d)) + bytesOf(tensor::floatToHalf(dmin)) + packed + codes;
}

void append(const float* values, BlockType type, std::string& bytes) {
    switch (type) {
        case BlockType::F32: bytes += bytesOf(*values); return;
        case BlockType::F16: bytes += bytesOf(tensor::floatToHalf(*values)); return;
        case BlockType::BF16: bytes += bytesOf(tensor::floatToBfloat(*values)); return;
        case BlockType::Q8_0: return appendQ8(values, bytes);
        case BlockType::Q4_0: return appendQ4(values, bytes);
        case BlockType::Q4_K: return appendQ4K(values, bytes);
        case BlockType::Q6_K: return appendQ6K(values, bytes);
    }
}

}  // namespace

std::string encoded(const std::vector<float>& values, BlockType type) {
    const auto elements = static_cast<std::size_t>(elementsOf(type));
    std::string bytes;
    bytes.reserve(values.size() / elements * static_cast<std::size_t>(formats::gguf::bytesOf(type)));
    for (std::size_t i = 0; i < values.size(); i += elements) append(&values[i], type, bytes);
    return bytes;
}

}  // namespace trimtab::support
