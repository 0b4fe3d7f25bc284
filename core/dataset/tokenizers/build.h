#pragma once
// What the files of either kind make a Tokenizer of, for those that hold them in another wrapping.
#include <memory>

#include "core/dataset/tokenizers/parts.h"
#include "core/dataset/tokenizers/sentencepiece_file.h"

namespace trimtab::dataset::tokenizers {

/// Of a tokenizer.json.
Result<std::shared_ptr<Tokenizer::Parts>> partsOf(const Json& document);
/// Of a SentencePiece model. `findsControls`: control pieces written out in a text are found.
Result<std::shared_ptr<Tokenizer::Parts>> partsOf(const SentencePieceFile& file, bool findsControls);

}  // namespace trimtab::dataset::tokenizers
