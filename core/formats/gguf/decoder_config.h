#pragma once
// The metadata of a decoder of the Llama kind (ggml's docs/gguf.md, "Standardized key-value pairs").
#include "core/formats/gguf/gguf.h"
#include "core/formats/huggingface/decoder_config.h"

namespace trimtab::formats::gguf {

/// Architectures "llama" (Llama and Mistral) and "qwen2". Unsupported or Refused, naming the key or the field, as
/// huggingface::decoderConfig is. Biases are where the tensors are; what stretches rotary positions comes from rope_freqs.weight where that
/// is.
Result<huggingface::DecoderConfig> decoderConfigOf(const Content& content);

}  // namespace trimtab::formats::gguf
