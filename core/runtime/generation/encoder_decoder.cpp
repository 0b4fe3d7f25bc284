#include "core/runtime/generation/encoder_decoder.h"

#include <algorithm>
#include <chrono>

#include "core/graph/shape_inference.h"
#include "core/runtime/generation/growing_steps.h"

namespace trimtab::runtime {
namespace {

using graph::kNoValue;
using graph::Node;
using graph::ValueId;

constexpr const char* kIds = "decoder_input_ids";

tl::unexpected<Error> cannot(std::string why) {
    return fail(ErrorCode::Unsupported, "it does not fall into two halves: " + std::move(why));
}

class Halving {
public:
    explicit Halving(const Graph& graph) : m_graph(graph), m_ids(graph.find(kIds)), m_depends(graph.values.size(), false) {}

    Result<EncoderDecoder> run() {
        followIds();
        TRIMTAB_REQUIRE(findHandedOn());
        EncoderDecoder made;
        TRIMTAB_TRY(made.encoder, encoder());
        TRIMTAB_TRY(made.decoder, decoder());
        return made;
    }

private:
    bool depends(ValueId id) const { return id != kNoValue && m_depends[static_cast<std::size_t>(id)]; }
    bool isOfDecoder(const Node& node) const {
        return std::ranges::any_of(node.inputs, [&](ValueId id) { return depends(id); });
    }

    void followIds() {
        m_depends[static_cast<std::size_t>(m_ids)] = true;
        for (const Node& node : m_graph.nodes)
            if (isOfDecoder(node))
                for (const ValueId id : node.outputs)
                    if (id != kNoValue) m_depends[static_cast<std::size_t>(id)] = true;
    }

    /// What the decoder reads and does not make.
    Status findHandedOn() {
        for (const Node& node : m_graph.nodes) {
            if (!isOfDecoder(node)) continue;
            for (const ValueId id : node.inputs) {
                const bool isKnown = std::ranges::find(m_handedOn, id) != m_handedOn.end();
                if (id == kNoValue || depends(id) || m_graph.value(id).isConstant() || isKnown) continue;
                if (std::ranges::find(m_graph.inputs, id) != m_graph.inputs.end())
                    return cannot("its decoder reads the input " + m_graph.value(id).name + " itself");
                m_handedOn.push_back(id);
            }
        }
        if (m_handedOn.empty()) return cannot("its decoder reads nothing of the encoder");
        return {};
    }

    Result<Graph> encoder() const {
        Graph made = m_graph;
        made.outputs = m_handedOn;
        made.removeDeadNodes();
        std::erase(made.inputs, m_ids);
        TRIMTAB_REQUIRE(made.validate());
        return made;
    }

    Result<GrowingModel> decoder() const {
        GrowingModel model{.graph = m_graph};
        Graph& made = model.graph;
        std::erase_if(made.nodes, [&](const Node& node) { return !isOfDecoder(node); });
        made.inputs = {m_ids};
        made.inputs.insert(made.inputs.end(), m_handedOn.begin(), m_handedOn.end());
        std::erase_if(made.outputs, [&](ValueId id) { return !depends(id) || m_graph.value(id).name != "logits"; });
        if (made.outputs.empty()) return cannot("none of its outputs are logits");
        const auto& dims = m_graph.value(made.outputs.front()).type.dims;
        if (!dims || dims->size() != 3 || !dims->back().isKnown() || dims->back().extent < 1)
            return cannot("its logits are not [batch, tokens, vocabulary]");
        made.removeDeadNodes();
        model.ids = kIds;
        model.logits = "logits";
        model.vocabulary = dims->back().extent;
        for (const ValueId id : m_handedOn) model.source.push_back(m_graph.value(id).name);
        TRIMTAB_REQUIRE(made.validate());
        return model;
    }

    const Graph& m_graph;
    ValueId m_ids;
    std::vector<bool> m_depends;  // on the decoder's ids
    std::vector<ValueId> m_handedOn;
};

double millisecondsSince(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

bool isEncoderDecoder(const Graph& graph) {
    return std::ranges::any_of(graph.inputs, [&](ValueId id) { return graph.value(id).name == kIds; });
}

Result<EncoderDecoder> encoderDecoder(const Graph& graph) {
    TRIMTAB_TRY(EncoderDecoder halves, Halving(graph).run());
    GrowingModel steps = halves.decoder;
    const Status kept = keepCaches(steps);
    if (kept)
        halves.decoder = std::move(steps);
    else if (kept.error().code != ErrorCode::Unsupported)
        return fail(kept.error());
    return halves;
}

Result<std::vector<NamedTensor>> textSource(const Graph& graph, const std::vector<std::int64_t>& tokens) {
    const Shape shape{1, static_cast<std::int64_t>(tokens.size())};
    std::vector<NamedTensor> source;
    for (const ValueId id : graph.inputs) {
        const std::string& name = graph.value(id).name;
        if (name == "input_ids")
            source.push_back({name, Tensor::fromInt64s(shape, tokens)});
        else if (name == "attention_mask")
            source.push_back({name, Tensor::fromInt64s(shape, std::vector<std::int64_t>(tokens.size(), 1))});
        else if (name != kIds)
            return fail(ErrorCode::Unsupported, "its encoder reads " + name + ", and a prompt is text");
    }
    return source;
}

Result<SourcedDecoder> readSource(Engine& engine, const Graph& graph, const recipe::RunSetting& setting,
                                  std::span<const NamedTensor> source, std::int64_t capacity) {
    if (capacity < 1 || source.empty() || source.front().tensor.shape().rank() < 1 || source.front().tensor.elementCount() == 0)
        return fail(ErrorCode::Usage, "a source and room for tokens must be given");
    TRIMTAB_TRY(EncoderDecoder halves, encoderDecoder(graph));
    TRIMTAB_TRY(const auto encoder, engine.compile(halves.encoder, setting));
    TRIMTAB_REQUIRE(encoder->prepare(source));
    const auto start = std::chrono::steady_clock::now();
    TRIMTAB_TRY(const auto outputs, encoder->run(source));
    SourcedDecoder made{.encoderMs = millisecondsSince(start), .encoderWeightBytes = encoder->heldWeightBytes()};
    std::vector<NamedTensor> read;
    for (const NamedTensor& output : outputs) {
        TRIMTAB_TRY(Tensor own, output.tensor.clone());  // outputs are the model's
        read.push_back({output.name, std::move(own)});
    }
    const std::int64_t batch = source.front().tensor.shape()[0];
    TRIMTAB_TRY(made.decoder, GrowingDecoder::make(engine, std::move(halves.decoder), setting, batch, capacity, std::move(read)));
    return made;
}

}  // namespace trimtab::runtime
