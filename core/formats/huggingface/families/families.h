#pragma once
// One function an architecture: its config, checked, and how its graph is made. Each is told of in the file of its family.
#include "core/formats/huggingface/architecture.h"

namespace trimtab::formats::huggingface {

Result<Architecture> llama(const Json& config);
Result<Architecture> mistral(const Json& config);
Result<Architecture> qwen2(const Json& config);
Result<Architecture> qwen3(const Json& config);
Result<Architecture> phi3(const Json& config);
Result<Architecture> gemma(const Json& config);
Result<Architecture> gemma2(const Json& config);
Result<Architecture> gemma3(const Json& config);
Result<Architecture> gpt2(const Json& config);
Result<Architecture> bertModel(const Json& config);
Result<Architecture> bertForMaskedLm(const Json& config);
Result<Architecture> bertForSequenceClassification(const Json& config);
Result<Architecture> mixtral(const Json& config);
Result<Architecture> t5(const Json& config);
Result<Architecture> whisper(const Json& config);

}  // namespace trimtab::formats::huggingface
