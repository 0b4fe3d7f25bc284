#pragma once
// The models of a SentencePiece file.
#include "core/dataset/tokenizers/model.h"
#include "core/dataset/tokenizers/sentencepiece_file.h"

namespace trimtab::dataset::tokenizers {

Result<ModelPtr> sentencePieceModel(const SentencePieceFile& file);

}  // namespace trimtab::dataset::tokenizers
