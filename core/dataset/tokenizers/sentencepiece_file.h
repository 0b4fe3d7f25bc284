#pragma once
// SentencePiece's .model: a protobuf message (sentencepiece_model.proto), of which only the fields that encoding needs are read. Every
// length is held against the bytes that are there; nothing nests deeper than the message does.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/dataset/tokenizers/tokenizer.h"

namespace trimtab::dataset::tokenizers {

enum class PieceKind { Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Unused = 5, Byte = 6 };

/// nullopt for numbers that are none of them.
std::optional<PieceKind> pieceKindNumbered(std::int64_t number);

struct SentencePiece {
    std::string text;
    float score = 0;
    PieceKind kind = PieceKind::Normal;
};

struct SentencePieceFile {
    enum class Algorithm { Unigram = 1, BytePair = 2 };
    std::vector<SentencePiece> pieces;  // the index is the id
    Algorithm algorithm = Algorithm::Unigram;
    bool byteFallback = false;
    bool whitespaceAsSuffix = false;
    bool addDummyPrefix = true;
    bool removeExtraWhitespaces = true;
    bool escapeWhitespaces = true;
    std::string charsmap;
    std::string beginning = "<s>";               // the piece that may be put before a text
    std::string unknownText = " \xe2\x81\x87 ";  // what an unknown piece is shown as
};

/// Refused: a text that is empty, too long or no UTF-8, a score that is no number, too many pieces.
Status addPiece(SentencePieceFile& file, SentencePiece piece);

/// Refused: what is no such message, is cut off, has no piece, or whose kind of model is not known here.
Result<SentencePieceFile> readSentencePieceFile(std::string_view bytes, const std::string& what);

}  // namespace trimtab::dataset::tokenizers
