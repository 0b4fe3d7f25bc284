#include "core/formats/gguf/model.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include <fmt/format.h>

#include "core/formats/gguf/decoder_config.h"
#include "core/formats/gguf/decoder_weights.h"
#include "core/formats/gguf/names.h"
#include "core/formats/huggingface/families/rotary_decoder.h"
#include "core/tensor/convert.h"

namespace trimtab::formats::gguf {
namespace {

using huggingface::DecoderConfig;

constexpr const char* kEmbedding = "token_embd.weight";
constexpr std::array kEndKeys{"tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"};

void listSpares(const Graph& graph, const Content& content, const DecoderConfig& config, std::vector<std::string>& problems) {
    std::set<std::string> taken{"rope_freqs.weight"};
    for (const graph::Value& value : graph.values) taken.insert(storedName(value.name));
    for (const auto& [name, tensor] : content.tensors)
        if (!taken.contains(name)) problems.push_back(fmt::format("{} has no place in a {}", name, config.architecture));
}

/// Matrices whose products read something else than the file holds, by their type.
void listDecoded(const Content& content, bool isTied, std::vector<std::string>& problems) {
    std::map<BlockType, int> matrices;
    for (const auto& [name, tensor] : content.tensors)
        if (tensor.shape.rank() == 2 && (name != kEmbedding || isTied)) ++matrices[tensor.type];
    if (const int count = matrices[BlockType::Q4_K]; count > 0)
        problems.push_back(
            fmt::format("{} matrices of Q4_K are decoded to float32: groups with a minimum of their own have no kernel", count));
    if (const int count = matrices[BlockType::Q6_K]; count > 0)
        problems.push_back(fmt::format("{} matrices of Q6_K are held as codes of eight bits, the same numbers", count));
    const auto embedding = content.tensors.find(kEmbedding);
    if (embedding != content.tensors.end() && !plainType(embedding->second.type))
        problems.push_back(
            fmt::format("the rows that tokens pick from {} ({}) are decoded to float32", kEmbedding, name(embedding->second.type)));
}

/// Vectors are float32 beside matrices of 16 bits, too.
Status listRounded(const Content& content, std::vector<std::string>& problems) {
    const DataType type = computedType(content);
    int count = 0;
    for (const auto& [name, tensor] : content.tensors) {
        const auto plain = plainType(tensor.type);
        if (tensor.shape.rank() != 1 || !plain || *plain == type) continue;
        TRIMTAB_TRY(const Tensor values, valuesOf(tensor));
        TRIMTAB_TRY(const Tensor rounded, tensor::convert(values, type));
        count += tensor::toFloats(values) == tensor::toFloats(rounded) ? 0 : 1;
    }
    if (count > 0) problems.push_back(fmt::format("{} vectors are rounded to {}, the type of the matrices", count, tensor::name(type)));
    return {};
}

}  // namespace

Result<Model> readModel(const std::filesystem::path& path, bool readWeights) {
    TRIMTAB_TRY(const Content content, read(path));
    TRIMTAB_TRY(const DecoderConfig config, decoderConfigOf(content));
    Model model;
    GgufWeights weights(content, config, readWeights);
    TRIMTAB_TRY(model.graph, huggingface::RotaryDecoder(config, weights).build());
    model.graph.producer = "llama.cpp";
    model.fileBytes = static_cast<std::int64_t>(content.file->bytes().size());
    listSpares(model.graph, content, config, model.problems);
    listDecoded(content, config.tied, model.problems);
    TRIMTAB_REQUIRE(listRounded(content, model.problems));
    return model;
}

Result<std::vector<std::int64_t>> endTokens(const std::filesystem::path& path) {
    TRIMTAB_TRY(const Content content, read(path));
    std::vector<std::int64_t> tokens;
    for (const char* key : kEndKeys) {
        if (!content.metadata.has(key)) continue;
        TRIMTAB_TRY(const std::int64_t token, content.metadata.integer(key));
        if (std::ranges::find(tokens, token) == tokens.end()) tokens.push_back(token);
    }
    return tokens;
}

}  // namespace trimtab::formats::gguf
