#pragma once
// Which tokens begin and end a text, as the files beside a model say it.
#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "core/base/result.h"

namespace trimtab::formats::huggingface {

/// eos_token_id, a number or a list, of generation_config.json, else of config.json in `folder`, else of the model in an exporter's
/// genai_config.json. Empty where none says so; Refused where one says nonsense.
Result<std::vector<std::int64_t>> endTokens(const std::filesystem::path& folder);
/// decoder_start_token_id of the same files: what the decoder of an encoder-decoder begins with.
Result<std::optional<std::int64_t>> startToken(const std::filesystem::path& folder);

}  // namespace trimtab::formats::huggingface
