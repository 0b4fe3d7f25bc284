#include "tests/core/dataset/tokenizers/sentencepiece_writer.h"

#include <bit>
#include <cstdint>

namespace trimtab::dataset::tokenizers {
namespace {

std::string varint(std::uint64_t value) {
    std::string bytes;
    for (; value > 127; value >>= 7) bytes.push_back(static_cast<char>(value | 128));
    bytes.push_back(static_cast<char>(value));
    return bytes;
}
std::string field(std::uint64_t number, const std::string& bytes) { return varint(8 * number + 2) + varint(bytes.size()) + bytes; }
std::string field(std::uint64_t number, int value) { return varint(8 * number) + varint(static_cast<std::uint64_t>(value)); }
std::string field(std::uint64_t number, float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    std::string bytes = varint(8 * number + 5);
    for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<char>(bits >> (8 * i)));
    return bytes;
}

}  // namespace

std::string modelFile(const ModelSpec& spec) {
    std::string file;
    for (const PieceSpec& piece : spec.pieces) file += field(1, field(1, piece.text) + field(2, piece.score) + field(3, piece.kind));
    const int algorithm = spec.algorithm != 0 ? spec.algorithm : spec.bytePairs ? 2 : 1;
    file += field(2, field(3, algorithm) + field(24, spec.asSuffix ? 1 : 0) + field(35, spec.byteFallback ? 1 : 0));
    std::string normalizer = field(3, spec.dummyPrefix ? 1 : 0) + field(4, spec.removeExtra ? 1 : 0);
    if (!spec.charsmap.empty()) normalizer += field(2, spec.charsmap);
    return file + field(3, normalizer);
}

}  // namespace trimtab::dataset::tokenizers
