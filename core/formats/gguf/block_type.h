#pragma once
// How a GGUF file stores a tensor's elements: whole rows of blocks (ggml's docs/gguf.md, "ggml_type", and the structures that it names).
//   F32, F16, BF16  one element a block
//   Q8_0   fp16 d, int8 q[32]                                               w = d · q
//   Q4_0   fp16 d, 16 bytes: element j low in byte j, element j + 16 high   w = d · (q − 8)
//   Q4_K   fp16 d, fp16 dmin, 12 bytes of eight scales s and minima m of six bits, 128 bytes of codes; groups of 32
//                                                                           w = d · s · q − dmin · m
//   Q6_K   128 bytes of low halves, 64 bytes of high quarters, int8 s[16], fp16 d; groups of 16
//                                                                           w = d · s · (q − 32)
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/base/result.h"
#include "core/tensor/data_type.h"

namespace trimtab::formats::gguf {

enum class BlockType : std::uint8_t { F32, F16, BF16, Q8_0, Q4_0, Q4_K, Q6_K };

/// "Q4_K".
std::string_view name(BlockType type);
std::optional<BlockType> blockTypeNamed(std::string_view word);
/// The number that stands in a file.
std::uint32_t numberOf(BlockType type);
/// Unsupported, with the type's name where it has one, for types that are not read.
Result<BlockType> blockTypeOf(std::uint32_t number);

std::int64_t elementsOf(BlockType type);  // of a block
std::int64_t bytesOf(BlockType type);     // of a block
/// Float32, Float16 or BFloat16; nullopt for codes with scales.
std::optional<DataType> plainType(BlockType type);

}  // namespace trimtab::formats::gguf
