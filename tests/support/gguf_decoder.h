#pragma once
// A decoder of the Llama kind as a GGUF file, as llama.cpp's converter and its plainest quantisation would write it.
#include <optional>

#include "core/base/json.h"
#include "core/formats/gguf/block_type.h"
#include "core/formats/huggingface/decoder_config.h"
#include "core/formats/huggingface/weights.h"
#include "tests/support/gguf_file.h"

namespace trimtab::support {

/// By the architecture that a config.json names: Llama, Mistral, Qwen2.
Result<formats::huggingface::DecoderConfig> llamaKindConfig(const Json& config);

/// Matrices of `type` (of Q8_0 where rows are no whole blocks of it), vectors of F32; the rows of queries and keys in rotary pairs where
/// the architecture wants them so. Without a tokenizer.
Result<GgufFile> ggufOf(const formats::huggingface::DecoderConfig& config, formats::huggingface::Weights& weights,
                        formats::gguf::BlockType type);

/// tokenizer.ggml.model "none": ids alone.
void addNoTokenizer(GgufFile& file);
/// From a tokenizer.json of byte-level BPE: tokens, their kinds, merges. `pattern`: what tokenizer.ggml.pre says of its words.
Status addBytePairs(GgufFile& file, const Json& tokenizer, std::int64_t vocabulary, std::string_view pattern,
                    std::optional<std::uint32_t> end);

}  // namespace trimtab::support
