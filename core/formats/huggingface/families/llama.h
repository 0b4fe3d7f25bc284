#pragma once
// Llama, Mistral, Qwen2 and Qwen3: one decoder with other biases, windows and norms.
#include "core/formats/huggingface/decoder_config.h"

namespace trimtab::formats::huggingface {

Result<DecoderConfig> llamaConfig(const Json& config);
Result<DecoderConfig> mistralConfig(const Json& config);
Result<DecoderConfig> qwen2Config(const Json& config);
Result<DecoderConfig> qwen3Config(const Json& config);

}  // namespace trimtab::formats::huggingface
