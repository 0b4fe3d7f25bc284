#pragma once
// What SentencePiece does to a text before and after its model: replacements by the longest rule, spaces written as U+2581, one put in
// front, repeated ones removed; and back. Pieces that a user defined are left as they are.
#include "core/dataset/tokenizers/byte_trie.h"
#include "core/dataset/tokenizers/charsmap.h"
#include "core/dataset/tokenizers/decoder.h"
#include "core/dataset/tokenizers/normalizer.h"
#include "core/dataset/tokenizers/sentencepiece_file.h"

namespace trimtab::dataset::tokenizers {

/// Keys: the text of each user-defined piece.
ByteTrie userPieces(const SentencePieceFile& file);
Result<NormalizerPtr> sentencePieceNormalizer(const SentencePieceFile& file);
DecoderPtr sentencePieceDecoder(const SentencePieceFile& file);

}  // namespace trimtab::dataset::tokenizers
