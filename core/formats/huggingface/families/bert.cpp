// BERT (Devlin et al. 2019): words, positions and token types summed and normalised, attention of every token to every other that the
// mask leaves, layer norms behind each half. Inputs int64 [batch, sequence]: input_ids, attention_mask (1: seen), token_type_ids. Outputs,
// of the weights' type:
//   BertModel                      last_hidden_state [batch, sequence, hidden], pooler_output [batch, hidden]
//   BertForMaskedLM                logits [batch, sequence, vocabulary]
//   BertForSequenceClassification  logits [batch, labels]
// Attention stands as MatMul, Add, Softmax and MatMul over [batch, heads, sequence, size].
#include <fmt/format.h>

#include <cmath>

#include "core/formats/huggingface/activation.h"
#include "core/formats/huggingface/config_fields.h"
#include "core/formats/huggingface/families/families.h"
#include "core/formats/huggingface/head_attention.h"
#include "core/formats/huggingface/norms.h"

namespace trimtab::formats::huggingface {
namespace {

using graph::ValueId;

enum class Task : std::uint8_t { Model, MaskedLanguage, Classification };

struct BertConfig {
    std::string architecture;
    Task task = Task::Model;
    std::int64_t layers = 0, hidden = 0, heads = 0, intermediate = 0, vocabulary = 0, positions = 0, tokenTypes = 0, labels = 0;
    float epsilon = 1e-12F;
    Activation activation = Activation::Gelu;
    bool isTied = true;
};

class BertEncoder {
public:
    BertEncoder(const BertConfig& config, Weights& weights)
        : m_config(config),
          m_prefix(weights.has("bert.embeddings.word_embeddings.weight") ? "bert." : ""),
          m_hasPooler(weights.has(m_prefix + "pooler.dense.weight")),
          m_builder(config.architecture, weights) {}

    Result<Graph> build() {
        TRIMTAB_REQUIRE(m_builder.begin(words()));
        const ValueId ids = m_builder.input("input_ids"), mask = m_builder.input("attention_mask");
        const ValueId types = m_builder.input("token_type_ids");
        TRIMTAB_TRY(ValueId x, embedded(ids, types));
        TRIMTAB_TRY(const ValueId bias, maskBias(m_builder, mask));
        for (std::int64_t i = 0; i < m_config.layers; ++i) {
            TRIMTAB_TRY(x, layer(fmt::format("{}encoder.layer.{}", m_prefix, i), x, bias));
        }
        TRIMTAB_TRY(std::vector<ValueId> outputs, answered(x));
        return m_builder.finish(std::move(outputs));
    }

private:
    std::string words() const { return m_prefix + "embeddings.word_embeddings.weight"; }

    Result<ValueId> table(const std::string& module, std::int64_t rows, ValueId indices) {
        TRIMTAB_TRY(const ValueId values, m_builder.weight({.tensor = module + ".weight", .shape = Shape{rows, m_config.hidden}}));
        return m_builder.node(placeOf(module) + "/Gather", "Gather", {values, indices});
    }

    Result<ValueId> embedded(ValueId ids, ValueId types) {
        const std::string module = m_prefix + "embeddings";
        TRIMTAB_TRY(const ValueId word, table(module + ".word_embeddings", m_config.vocabulary, ids));
        TRIMTAB_TRY(const ValueId type, table(module + ".token_type_embeddings", m_config.tokenTypes, types));
        TRIMTAB_TRY(const ValueId place, table(module + ".position_embeddings", m_config.positions, m_builder.positions(ids)));
        const ValueId typed = m_builder.node(placeOf(module) + "/Add", "Add", {word, type});
        TRIMTAB_TRY(const LayerNorm behind, norm(module + ".LayerNorm"));
        return normalized(m_builder, behind, m_builder.node(placeOf(module) + "/Add_1", "Add", {typed, place}));
    }
    Result<LayerNorm> norm(const std::string& module) { return layerNorm(m_builder, module, m_config.hidden, m_config.epsilon); }

    Result<ValueId> heads(const std::string& module, ValueId x, bool isTurned) {
        TRIMTAB_TRY(const ValueId made, m_builder.product(module, x, m_config.hidden, m_config.hidden, true));
        return headsOf(m_builder, module, made, m_config.heads, m_config.hidden / m_config.heads, isTurned);
    }

    Result<ValueId> attended(const std::string& module, ValueId x, ValueId bias) {
        HeadAttention attention{.bias = bias, .divisor = std::sqrt(static_cast<double>(m_config.hidden / m_config.heads))};
        TRIMTAB_TRY(attention.query, heads(module + ".query", x, false));
        TRIMTAB_TRY(attention.key, heads(module + ".key", x, true));
        TRIMTAB_TRY(attention.value, heads(module + ".value", x, false));
        return huggingface::attended(m_builder, module, attention, m_config.hidden);
    }

    /// norm(x + dense(made)).
    Result<ValueId> addedTo(const std::string& module, ValueId x, ValueId made, std::int64_t inputs) {
        TRIMTAB_TRY(const ValueId dense, m_builder.product(module + ".dense", made, m_config.hidden, inputs, true));
        TRIMTAB_TRY(const LayerNorm behind, norm(module + ".LayerNorm"));
        return addedAndNormalized(m_builder, behind, dense, x, true).normed;
    }

    Result<ValueId> layer(const std::string& at, ValueId x, ValueId bias) {
        TRIMTAB_TRY(const ValueId mixed, attended(at + ".attention.self", x, bias));
        TRIMTAB_TRY(const ValueId seen, addedTo(at + ".attention.output", x, mixed, m_config.hidden));
        const std::string inner = at + ".intermediate";
        TRIMTAB_TRY(const ValueId wide, m_builder.product(inner + ".dense", seen, m_config.intermediate, m_config.hidden, true));
        TRIMTAB_TRY(const ValueId active, activate(m_builder, placeOf(inner) + "/intermediate_act_fn", m_config.activation, wide));
        return addedTo(at + ".output", seen, active, m_config.intermediate);
    }

    Result<std::vector<ValueId>> answered(ValueId x) {
        if (m_config.task == Task::MaskedLanguage) {
            TRIMTAB_TRY(const ValueId logits, wordLogits(x));
            return named({{logits, "logits"}});
        }
        if (m_config.task == Task::Model && !m_hasPooler) return named({{x, "last_hidden_state"}});
        TRIMTAB_TRY(const ValueId pooled, this->pooled(x));
        if (m_config.task == Task::Model) return named({{x, "last_hidden_state"}, {pooled, "pooler_output"}});
        TRIMTAB_TRY(const ValueId logits, m_builder.product("classifier", pooled, m_config.labels, m_config.hidden, true));
        return named({{logits, "logits"}});
    }
    std::vector<ValueId> named(const std::vector<std::pair<ValueId, const char*>>& outputs) {
        std::vector<ValueId> made;
        for (const auto& [id, name] : outputs) {
            m_builder.graph().value(id).name = name;
            made.push_back(id);
        }
        return made;
    }

    /// Of the first token.
    Result<ValueId> pooled(ValueId x) {
        const std::string module = m_prefix + "pooler";
        const ValueId first = m_builder.graph().addConstant("pooler.first", Tensor::fromInt64s(Shape{}, {0}));
        const ValueId token = m_builder.node(placeOf(module) + "/Gather", "Gather", {x, first}, {{"axis", std::int64_t{1}}});
        TRIMTAB_TRY(const ValueId dense, m_builder.product(module + ".dense", token, m_config.hidden, m_config.hidden, true));
        return m_builder.node(placeOf(module) + "/Tanh", "Tanh", {dense});
    }

    Result<ValueId> wordLogits(ValueId x) {
        const std::string module = "cls.predictions", transform = module + ".transform";
        TRIMTAB_TRY(const ValueId dense, m_builder.product(transform + ".dense", x, m_config.hidden, m_config.hidden, true));
        TRIMTAB_TRY(const ValueId active, activate(m_builder, placeOf(transform) + "/transform_act_fn", m_config.activation, dense));
        TRIMTAB_TRY(const LayerNorm behind, norm(transform + ".LayerNorm"));
        const Piece weight{.tensor = m_config.isTied ? words() : module + ".decoder.weight",
                           .shape = Shape{m_config.vocabulary, m_config.hidden},
                           .called = module + ".decoder.weight",
                           .isTurned = true};
        const Piece bias{.tensor = module + ".bias", .shape = Shape{m_config.vocabulary}, .role = Piece::Role::Shift};
        return m_builder.product(placeOf(module) + "/decoder", normalized(m_builder, behind, active), weight, &bias);
    }

    const BertConfig& m_config;
    std::string m_prefix;
    bool m_hasPooler;
    GraphBuilder m_builder;
};

/// BertConfig's words, with its defaults.
Result<BertConfig> configOf(const Json& json, const char* architecture, Task task) {
    BertConfig config{.architecture = architecture, .task = task};
    TRIMTAB_TRY(config.layers, extentAt(json, "num_hidden_layers", kMostLayers, 12));
    TRIMTAB_TRY(config.hidden, extentAt(json, "hidden_size", kLargestExtent, 768));
    TRIMTAB_TRY(config.heads, extentAt(json, "num_attention_heads", kLargestExtent, 12));
    TRIMTAB_TRY(config.intermediate, extentAt(json, "intermediate_size", kLargestExtent, 3072));
    TRIMTAB_TRY(config.vocabulary, extentAt(json, "vocab_size", kLargestExtent, 30522));
    TRIMTAB_TRY(config.positions, extentAt(json, "max_position_embeddings", kLargestExtent, 512));
    TRIMTAB_TRY(config.tokenTypes, extentAt(json, "type_vocab_size", kLargestExtent, 2));
    if (config.hidden % config.heads != 0)
        return fail(ErrorCode::Refused,
                    fmt::format("hidden_size ({}) is no multiple of num_attention_heads ({})", config.hidden, config.heads));
    TRIMTAB_TRY(const double epsilon, positiveAt(json, "layer_norm_eps", 1e-12));
    config.epsilon = static_cast<float>(epsilon);
    TRIMTAB_TRY(config.activation, activationAt(json, "hidden_act", Activation::Gelu));
    TRIMTAB_TRY(config.isTied, base::booleanAt(json, "tie_word_embeddings", true));
    TRIMTAB_TRY(const std::string positions, base::stringAt(json, "position_embedding_type", "absolute"));
    if (positions != "absolute")
        return fail(ErrorCode::Unsupported, fmt::format("position_embedding_type {:.40} is not read yet, absolute is", positions));
    for (const char* key : {"is_decoder", "add_cross_attention"}) {
        TRIMTAB_TRY(const bool isSet, base::booleanAt(json, key, false));
        if (isSet) return fail(ErrorCode::Unsupported, fmt::format("{} is not read yet: BERT is read as an encoder", key));
    }
    const Json* const names = base::memberAt(json, "id2label");
    const bool areNamed = names != nullptr && names->is_object() && !names->empty();
    TRIMTAB_TRY(config.labels, extentAt(json, "num_labels", kLargestExtent, areNamed ? static_cast<std::int64_t>(names->size()) : 2));
    return config;
}

/// Heads of other tasks, and what earlier versions kept beside the weights.
bool isSpare(const std::string& tensor) {
    return tensor.ends_with("embeddings.position_ids") || tensor.starts_with("cls.") || tensor.ends_with("pooler.dense.weight") ||
           tensor.ends_with("pooler.dense.bias");
}

Result<Architecture> made(const Json& json, const char* architecture, Task task) {
    TRIMTAB_TRY(const BertConfig config, configOf(json, architecture, task));
    return Architecture{.graph = [config](Weights& weights) { return BertEncoder(config, weights).build(); }, .isSpare = isSpare};
}

}  // namespace

Result<Architecture> bertModel(const Json& config) { return made(config, "BertModel", Task::Model); }
Result<Architecture> bertForMaskedLm(const Json& config) { return made(config, "BertForMaskedLM", Task::MaskedLanguage); }
Result<Architecture> bertForSequenceClassification(const Json& config) {
    return made(config, "BertForSequenceClassification", Task::Classification);
}

}  // namespace trimtab::formats::huggingface
