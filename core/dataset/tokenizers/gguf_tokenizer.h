#pragma once
// The tokenizer that a GGUF file carries (ggml's docs/gguf.md, "Tokenizer"): byte-level byte pairs ("gpt2") and SentencePiece's scored
// pairs ("llama").
#include "core/dataset/tokenizers/tokenizer.h"
#include "core/formats/gguf/metadata.h"

namespace trimtab::dataset::tokenizers {

/// Whether the metadata hold one.
bool holdsTokenizer(const formats::gguf::Metadata& metadata);

/// Refused, naming the key, for what is malformed; Unsupported for other kinds. The file's mapping may go afterwards.
Result<Tokenizer> tokenizerIn(const formats::gguf::Metadata& metadata);

}  // namespace trimtab::dataset::tokenizers
