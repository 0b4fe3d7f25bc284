#include "core/formats/huggingface/architecture.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "core/formats/huggingface/families/families.h"

namespace trimtab::formats::huggingface {
namespace {

struct Entry {
    std::string_view name;
    Result<Architecture> (*make)(const Json& config);
};

constexpr std::array kArchitectures{
    Entry{"LlamaForCausalLM", llama},
    Entry{"MistralForCausalLM", mistral},
    Entry{"Qwen2ForCausalLM", qwen2},
    Entry{"Qwen3ForCausalLM", qwen3},
    Entry{"Phi3ForCausalLM", phi3},
    Entry{"GemmaForCausalLM", gemma},
    Entry{"Gemma2ForCausalLM", gemma2},
    Entry{"Gemma3ForCausalLM", gemma3},
    Entry{"GPT2LMHeadModel", gpt2},
    Entry{"BertModel", bertModel},
    Entry{"BertForMaskedLM", bertForMaskedLm},
    Entry{"BertForSequenceClassification", bertForSequenceClassification},
    Entry{"MixtralForCausalLM", mixtral},
    Entry{"T5ForConditionalGeneration", t5},
    Entry{"WhisperForConditionalGeneration", whisper},
};

}  // namespace

Result<Architecture> architectureOf(const Json& config) {
    if (!config.is_object()) return fail(ErrorCode::Refused, "is no object");
    const Json* const listed = base::memberAt(config, "architectures");
    if (listed == nullptr || !listed->is_array() || listed->empty() || !listed->front().is_string())
        return fail(ErrorCode::Refused, "names no architecture (architectures)");
    const auto word = listed->front().get<std::string>();
    const auto found = std::ranges::find(kArchitectures, word, &Entry::name);
    if (found == kArchitectures.end()) {
        std::vector<std::string_view> names;
        for (const Entry& entry : kArchitectures) names.push_back(entry.name);
        return fail(ErrorCode::Unsupported, fmt::format("{} is not read yet; {} are", word, fmt::join(names, ", ")));
    }
    return found->make(config);
}

}  // namespace trimtab::formats::huggingface
