#include "core/formats/gguf/block_type.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

namespace trimtab::formats::gguf {
namespace {

struct Entry {
    BlockType type;
    std::string_view name;
    std::uint32_t number;
    std::int64_t elements, bytes;
};

constexpr std::array<Entry, 7> kTypes{{{BlockType::F32, "F32", 0, 1, 4},
                                       {BlockType::F16, "F16", 1, 1, 2},
                                       {BlockType::BF16, "BF16", 30, 1, 2},
                                       {BlockType::Q8_0, "Q8_0", 8, 32, 34},
                                       {BlockType::Q4_0, "Q4_0", 2, 32, 18},
                                       {BlockType::Q4_K, "Q4_K", 12, 256, 144},
                                       {BlockType::Q6_K, "Q6_K", 14, 256, 210}}};

/// Those that are only named.
constexpr std::array<std::pair<std::uint32_t, std::string_view>, 25> kOthers{
    {{3, "Q4_1"},     {6, "Q5_0"},     {7, "Q5_1"},   {9, "Q8_1"},    {10, "Q2_K"},   {11, "Q3_K"},  {13, "Q5_K"},
     {15, "Q8_K"},    {16, "IQ2_XXS"}, {17, "IQ2_XS"}, {18, "IQ3_XXS"}, {19, "IQ1_S"}, {20, "IQ4_NL"}, {21, "IQ3_S"},
     {22, "IQ2_S"},   {23, "IQ4_XS"},  {24, "I8"},     {25, "I16"},    {26, "I32"},    {27, "I64"},   {28, "F64"},
     {29, "IQ1_M"},   {34, "TQ1_0"},   {35, "TQ2_0"},  {39, "MXFP4"}}};

const Entry& entryOf(BlockType type) { return kTypes[static_cast<std::size_t>(type)]; }

}  // namespace

std::string_view name(BlockType type) { return entryOf(type).name; }

std::optional<BlockType> blockTypeNamed(std::string_view word) {
    const auto* const found = std::ranges::find(kTypes, word, &Entry::name);
    if (found == kTypes.end()) return std::nullopt;
    return found->type;
}

std::uint32_t numberOf(BlockType type) { return entryOf(type).number; }

Result<BlockType> blockTypeOf(std::uint32_t number) {
    const auto* const found = std::ranges::find(kTypes, number, &Entry::number);
    if (found != kTypes.end()) return found->type;
    const auto* const other = std::ranges::find(kOthers, number, [](const auto& pair) { return pair.first; });
    const std::string word = other == kOthers.end() ? fmt::format("number {}", number) : std::string(other->second);
    return fail(ErrorCode::Unsupported,
                fmt::format("is of type {}, which is not read yet; F32, F16, BF16, Q8_0, Q4_0, Q4_K and Q6_K are", word));
}

std::int64_t elementsOf(BlockType type) { return entryOf(type).elements; }
std::int64_t bytesOf(BlockType type) { return entryOf(type).bytes; }

std::optional<DataType> plainType(BlockType type) {
    switch (type) {
        case BlockType::F32: return DataType::Float32;
        case BlockType::F16: return DataType::Float16;
        case BlockType::BF16: return DataType::BFloat16;
        default: return std::nullopt;
    }
}

}  // namespace trimtab::formats::gguf
