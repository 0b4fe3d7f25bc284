#include "core/formats/gguf/blocks.h"

#include <cassert>
#include <cstring>

#include "core/base/parallel.h"

namespace trimtab::formats::gguf {
namespace {

std::uint8_t byteAt(const std::byte* bytes, std::int64_t i) { return std::to_integer<std::uint8_t>(bytes[i]); }
int signedAt(const std::byte* bytes, std::int64_t i) { return static_cast<std::int8_t>(byteAt(bytes, i)); }
float halfAt(const std::byte* bytes) {
    std::uint16_t bits;
    std::memcpy(&bits, bytes, sizeof bits);
    return tensor::halfToFloat(bits);
}

/// Codes and scales of one block.
void unpackQ8(const std::byte* block, std::int8_t* codes, float* scales) {
    scales[0] = halfAt(block);
    std::memcpy(codes, block + 2, 32);
}

void unpackQ4(const std::byte* block, std::int8_t* codes, float* scales) {
    scales[0] = halfAt(block);
    for (int i = 0; i < 16; ++i) {
        const int byte = byteAt(block + 2, i);
        codes[i] = static_cast<std::int8_t>((byte & 15) - 8);
        codes[i + 16] = static_cast<std::int8_t>((byte >> 4) - 8);
    }
}

/// Two halves of 128 elements; in each, 32 columns of four elements that share a byte of high quarters.
void unpackQ6K(const std::byte* block, std::int8_t* codes, float* scales) {
    const std::byte *const low = block, *const high = block + 128, *const steps = block + 192;
    const float d = halfAt(block + 208);
    for (int i = 0; i < 16; ++i) scales[i] = d * static_cast<float>(signedAt(steps, i));
    for (int half = 0; half < 2; ++half)
        for (int quarter = 0; quarter < 4; ++quarter)
            for (int i = 0; i < 32; ++i) {
                const int lowBits = byteAt(low, half * 64 + quarter % 2 * 32 + i) >> (quarter / 2 * 4) & 15;
                const int highBits = byteAt(high, half * 32 + i) >> (quarter * 2) & 3;
                codes[half * 128 + quarter * 32 + i] = static_cast<std::int8_t>((lowBits | highBits << 4) - 32);
            }
}

/// Scale and minimum of group g: the first four pairs stand in the low six bits of bytes 0…3 and 4…7; of the others the low halves stand in
/// bytes 8…11 and the high two bits above those of the first.
struct SixBits {
    int scale, minimum;
};
SixBits sixBitsOf(const std::byte* packed, int g) {
    if (g < 4) return {byteAt(packed, g) & 63, byteAt(packed, g + 4) & 63};
    const int both = byteAt(packed, g + 4);
    return {(both & 15) | byteAt(packed, g - 4) >> 6 << 4, both >> 4 | byteAt(packed, g) >> 6 << 4};
}

void decodeQ4K(const std::byte* block, float* values) {
    const float d = halfAt(block), dmin = halfAt(block + 2);
    for (int g = 0; g < 8; ++g) {
        const auto [scale, minimum] = sixBitsOf(block + 4, g);
        const float step = d * static_cast<float>(scale), offset = dmin * static_cast<float>(minimum);
        const std::byte* const bytes = block + 16 + g / 2 * 32;
        for (int i = 0; i < 32; ++i) values[g * 32 + i] = step * static_cast<float>(byteAt(bytes, i) >> (g % 2 * 4) & 15) - offset;
    }
}

std::int64_t groupOf(BlockType type) { return type == BlockType::Q6_K ? 16 : 32; }

void unpack(BlockType type, const std::byte* block, std::int8_t* codes, float* scales) {
    switch (type) {
        case BlockType::Q8_0: return unpackQ8(block, codes, scales);
        case BlockType::Q4_0: return unpackQ4(block, codes, scales);
        default: assert(type == BlockType::Q6_K); return unpackQ6K(block, codes, scales);
    }
}

void decode(BlockType type, const std::byte* block, float* values) {
    if (type == BlockType::Q4_K) return decodeQ4K(block, values);
    std::int8_t codes[256];
    float scales[16];
    unpack(type, block, codes, scales);
    const std::int64_t group = groupOf(type);
    for (std::int64_t i = 0; i < elementsOf(type); ++i) values[i] = scales[i / group] * static_cast<float>(codes[i]);
}

struct Rows {
    std::int64_t count, columns;
};
Rows rowsOf(const StoredTensor& tensor) {
    const std::int64_t columns = tensor.shape[tensor.shape.rank() - 1];
    return {tensor.shape.elementCount() / columns, columns};
}

/// body(row of what is made, the bytes of the row that it is)
template <class Body>
void eachRow(const StoredTensor& tensor, const RowOrder& order, const Body& body) {
    const Rows rows = rowsOf(tensor);
    assert(order.empty() || static_cast<std::int64_t>(order.size()) == rows.count);
    const std::int64_t rowBytes = rows.columns / elementsOf(tensor.type) * bytesOf(tensor.type);
    base::parallelFor(static_cast<std::size_t>(rows.count), [&](std::size_t r) {
        const std::int64_t from = order.empty() ? static_cast<std::int64_t>(r) : order[r];
        body(static_cast<std::int64_t>(r), tensor.bytes.data() + from * rowBytes);
    });
}

}  // namespace

Result<Tensor> valuesOf(const StoredTensor& tensor, const RowOrder& order) {
    const auto plain = plainType(tensor.type);
    const std::int64_t columns = rowsOf(tensor).columns;
    TRIMTAB_TRY(Tensor made, Tensor::allocate(plain.value_or(DataType::Float32), tensor.shape));
    std::byte* const bytes = made.mutableBytes().data();
    const std::int64_t width = tensor::bitWidth(made.type()) / 8;
    eachRow(tensor, order, [&](std::int64_t row, const std::byte* from) {
        std::byte* const to = bytes + row * columns * width;
        if (plain) {
            std::memcpy(to, from, static_cast<std::size_t>(columns * width));
            return;
        }
        const std::int64_t elements = elementsOf(tensor.type);
        for (std::int64_t b = 0; b < columns / elements; ++b)
            decode(tensor.type, from + b * bytesOf(tensor.type), reinterpret_cast<float*>(to) + b * elements);
    });
    return made;
}

bool isOfCodes(BlockType type) { return type == BlockType::Q8_0 || type == BlockType::Q4_0 || type == BlockType::Q6_K; }

tensor::QuantizedWeight codesOf(const StoredTensor& tensor, const RowOrder& order, bool read) {
    assert(isOfCodes(tensor.type) && tensor.shape.rank() == 2);
    tensor::QuantizedWeight weight;
    weight.rows = tensor.shape[0];
    weight.columns = tensor.shape[1];
    weight.originalShape = Shape{weight.columns, weight.rows};
    weight.layout = tensor::WeightLayout::OutputsLast;
    weight.bits = tensor.type == BlockType::Q4_0 ? 4 : 8;
    weight.group = groupOf(tensor.type);
    if (!read) return weight;
    weight.codes.resize(static_cast<std::size_t>(weight.rows * weight.columns));
    weight.scales.resize(static_cast<std::size_t>(weight.rows * weight.groups()));
    const std::int64_t elements = elementsOf(tensor.type);
    eachRow(tensor, order, [&](std::int64_t row, const std::byte* from) {
        std::int8_t* const codes = weight.codes.data() + row * weight.columns;
        float* const scales = weight.scales.data() + row * weight.groups();
        for (std::int64_t b = 0; b < weight.columns / elements; ++b)
            unpack(tensor.type, from + b * bytesOf(tensor.type), codes + b * elements, scales + b * elements / weight.group);
    });
    return weight;
}

}  // namespace trimtab::formats::gguf
