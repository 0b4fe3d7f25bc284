#include "core/dataset/tokenizers/sentencepiece_file.h"

#include <bit>
#include <cmath>

#include <fmt/format.h>

#include "core/dataset/tokenizers/unicode.h"
#include "core/dataset/tokenizers/vocabulary.h"

namespace trimtab::dataset::tokenizers {
namespace {

// One field after another of an encoded message.
class Fields {
public:
    explicit Fields(std::string_view message) : m_rest(message) {}

    std::uint32_t number = 0;
    std::uint64_t whole = 0;  // of a varint or a fixed-width field
    std::string_view bytes;   // of a length-delimited field
    bool isBroken = false;

    /// Moves to the next field; false at the end, or where the message is broken.
    bool next() {
        if (m_rest.empty()) return false;
        std::uint64_t key = 0;
        if (!varint(key) || key >> 3 == 0 || key >> 3 > 0x1fffffff) return broken();
        number = static_cast<std::uint32_t>(key >> 3);
        bytes = {};
        whole = 0;
        switch (key & 7) {
            case 0: return varint(whole) || broken();
            case 1: return fixed(8) || broken();
            case 5: return fixed(4) || broken();
            case 2: {
                std::uint64_t length = 0;
                if (!varint(length) || length > m_rest.size()) return broken();
                bytes = m_rest.substr(0, length);
                m_rest.remove_prefix(length);
                return true;
            }
            default: return broken();
        }
    }
    float real() const { return std::bit_cast<float>(static_cast<std::uint32_t>(whole)); }

private:
    bool broken() {
        isBroken = true;
        return false;
    }
    bool varint(std::uint64_t& value) {
        value = 0;
        for (int shift = 0; shift < 64 && !m_rest.empty(); shift += 7) {
            const auto byte = static_cast<unsigned char>(m_rest[0]);
            m_rest.remove_prefix(1);
            value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
            if (byte < 0x80) return true;
        }
        return false;
    }
    bool fixed(std::size_t width) {
        if (m_rest.size() < width) return false;
        for (std::size_t i = width; i-- > 0;) whole = (whole << 8) | static_cast<unsigned char>(m_rest[i]);
        m_rest.remove_prefix(width);
        return true;
    }
    std::string_view m_rest;
};

tl::unexpected<Error> refuse(std::string why) { return fail(ErrorCode::Refused, std::move(why)); }

std::string placeOfNext(const SentencePieceFile& file) { return fmt::format("pieces[{}]", file.pieces.size()); }

Status readPiece(std::string_view message, SentencePieceFile& file) {
    SentencePiece piece;
    std::uint64_t kind = 1;
    Fields fields(message);
    while (fields.next()) {
        if (fields.number == 1) piece.text = fields.bytes;
        if (fields.number == 2) piece.score = fields.real();
        if (fields.number == 3) kind = fields.whole;
    }
    const std::string at = placeOfNext(file);
    if (fields.isBroken) return refuse(at + " is broken");
    const auto known = pieceKindNumbered(static_cast<std::int64_t>(kind));
    if (!known) return refuse(fmt::format("{}.type {} is not known", at, kind));
    piece.kind = *known;
    return addPiece(file, std::move(piece));
}

Status readTrainerSpec(std::string_view message, SentencePieceFile& file) {
    std::uint64_t algorithm = 1;
    Fields fields(message);
    while (fields.next()) {
        if (fields.number == 3) algorithm = fields.whole;
        if (fields.number == 24) file.whitespaceAsSuffix = fields.whole != 0;
        if (fields.number == 35) file.byteFallback = fields.whole != 0;
        if (fields.number == 44) file.unknownText = repaired(fields.bytes);
        if (fields.number == 46) file.beginning = fields.bytes;
    }
    if (fields.isBroken) return refuse("trainer_spec is broken");
    if (algorithm != 1 && algorithm != 2)
        return fail(ErrorCode::Unsupported, fmt::format("trainer_spec.model_type {} is not known; unigram (1) and bpe (2) are", algorithm));
    file.algorithm = static_cast<SentencePieceFile::Algorithm>(algorithm);
    return {};
}

Status readNormalizerSpec(std::string_view message, SentencePieceFile& file) {
    Fields fields(message);
    while (fields.next()) {
        if (fields.number == 2) file.charsmap = fields.bytes;
        if (fields.number == 3) file.addDummyPrefix = fields.whole != 0;
        if (fields.number == 4) file.removeExtraWhitespaces = fields.whole != 0;
        if (fields.number == 5) file.escapeWhitespaces = fields.whole != 0;
    }
    return fields.isBroken ? Status(refuse("normalizer_spec is broken")) : Status();
}

Status readModel(std::string_view bytes, SentencePieceFile& file) {
    Fields fields(bytes);
    while (fields.next()) {
        if (fields.number == 1) TRIMTAB_REQUIRE(readPiece(fields.bytes, file));
        if (fields.number == 2) TRIMTAB_REQUIRE(readTrainerSpec(fields.bytes, file));
        if (fields.number == 3) TRIMTAB_REQUIRE(readNormalizerSpec(fields.bytes, file));
    }
    if (fields.isBroken) return refuse("is neither JSON nor a whole SentencePiece model");
    if (file.pieces.empty()) return refuse("is neither JSON nor a SentencePiece model: it has no pieces");
    return {};
}

}  // namespace

std::optional<PieceKind> pieceKindNumbered(std::int64_t number) {
    if (number < 1 || number > 6) return std::nullopt;
    return static_cast<PieceKind>(number);
}

Status addPiece(SentencePieceFile& file, SentencePiece piece) {
    const std::string at = placeOfNext(file);
    if (piece.text.empty() || piece.text.size() > kMostTokenBytes)
        return refuse(fmt::format("{}.piece must have 1 to {} bytes", at, kMostTokenBytes));
    if (repaired(piece.text) != piece.text) return refuse(at + ".piece is no UTF-8");
    if (!std::isfinite(piece.score)) return refuse(at + ".score is no number");
    if (file.pieces.size() >= static_cast<std::size_t>(kMostTokens)) return refuse(fmt::format("has more than {} pieces", kMostTokens));
    file.pieces.push_back(std::move(piece));
    return {};
}

Result<SentencePieceFile> readSentencePieceFile(std::string_view bytes, const std::string& what) {
    SentencePieceFile file;
    if (auto status = readModel(bytes, file); !status) {
        status.error().context = what;
        return fail(std::move(status).error());
    }
    return file;
}

}  // namespace trimtab::dataset::tokenizers
