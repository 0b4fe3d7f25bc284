#include "core/runtime/generation/cached_decoder.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/graph/attention/attention_nodes.h"
#include "core/graph/shape_inference.h"
#include "core/runtime/generation/token_positions.h"
#include "core/runtime/generation/token_wise.h"
#include "core/tensor/kept_row.h"

namespace trimtab::runtime {
namespace {

using graph::Dim;
using graph::kNoValue;
using graph::Node;
using graph::ValueId;

enum Input : std::size_t { kQuery, kKey, kValue, kPastKey, kPastValue, kLengths, kTotal, kCos, kSin, kPositions };

tl::unexpected<Error> cannot(std::string why, const std::string& where = {}) {
    return fail(ErrorCode::Unsupported, "it cannot generate: " + std::move(why), where);
}

class Rewriting {
public:
    Rewriting(const Graph& graph, Answer answer) : m_answer(answer) { m_made.graph = graph; }

    Result<CachedDecoder> run() {
        TRIMTAB_REQUIRE(findIds());
        TRIMTAB_TRY(const ValueId logits, findLogits());
        m_lengths = addInput("seqlens_k", DataType::Int32, {m_batch}, m_made.lengths);
        m_total = addInput("total_sequence_length", DataType::Int32, {}, m_made.total);
        m_last = addInput("last_token", DataType::Int64, {m_batch, Dim::known(2)}, m_made.last);
        for (std::size_t i = 0; i < graph().nodes.size(); ++i)
            if (graph().nodes[i].is("GroupQueryAttention", "com.microsoft")) TRIMTAB_REQUIRE(keepInPlace(i));
        if (m_made.caches.empty()) return cannot("no GroupQueryAttention among its nodes");
        graph().outputs = {logits};
        TRIMTAB_TRY(const std::vector<ValueId> perToken, whatTokensBring());
        graph().removeDeadNodes();  // what counted tokens for the lengths
        TRIMTAB_REQUIRE(checkTokenWise(graph(), perToken));
        TRIMTAB_REQUIRE(checkCacheReaders());
        TRIMTAB_REQUIRE(takeLastToken(logits));
        graph().outputs = {castToFloat(logits)};
        TRIMTAB_REQUIRE(inferAnew());
        return finish();
    }

private:
    Graph& graph() { return m_made.graph; }

    Status findIds() {
        const auto isIds = [&](ValueId id) {
            const graph::Value& value = graph().value(id);
            return (value.type.type == DataType::Int64 || value.type.type == DataType::Int32) && value.type.dims &&
                   value.type.dims->size() == 2 && value.name != "attention_mask" && value.name != "position_ids";
        };
        const auto found = std::ranges::find_if(graph().inputs, isIds);
        if (found == graph().inputs.end()) return cannot("none of its inputs takes token ids [batch, sequence]");
        const graph::Value& value = graph().value(*found);
        if (value.type.type != DataType::Int64) return cannot("its token ids are no int64", value.name);
        m_made.ids = value.name;
        m_batch = value.type.dims->front();
        graph().value(*found).type.dims = {m_batch, Dim::named("tokens")};  // also where the file fixes their number
        return {};
    }

    bool isPresentCache(ValueId id, const std::vector<int>& producers) {
        const int maker = producers[static_cast<std::size_t>(id)];
        if (maker < 0) return false;
        const Node& node = graph().nodes[static_cast<std::size_t>(maker)];
        return node.is("GroupQueryAttention", "com.microsoft") && node.output(0) != id;
    }

    Result<ValueId> findLogits() {
        const std::vector<int> producers = graph().producers();
        std::vector<ValueId> others;
        for (const ValueId id : graph().outputs)
            if (!isPresentCache(id, producers)) others.push_back(id);
        const auto named = std::ranges::find(others, "logits", [&](ValueId id) { return graph().value(id).name; });
        if (named != others.end()) return *named;
        if (others.size() != 1) return cannot("which of its outputs are logits is not known");
        return others.front();
    }

    ValueId addInput(const std::string& name, DataType type, std::vector<Dim> dims, std::string& taken) {
        graph::Value value;
        value.name = taken = graph().uniqueValueName(name);
        value.type.type = type;
        value.type.dims = std::move(dims);
        const ValueId id = graph().addValue(std::move(value));
        graph().inputs.push_back(id);
        return id;
    }

    /// The size of a head by the query's last extent.
    Result<std::int64_t> headSize(const Node& node, std::int64_t heads, std::int64_t kvHeads) {
        const auto& dims = graph().value(node.input(kQuery)).type.dims;
        const std::int64_t parts = node.input(kKey) == kNoValue ? heads + 2 * kvHeads : heads;
        if (!dims || dims->size() != 3 || !dims->back().isKnown() || parts < 1 || dims->back().extent % parts != 0)
            return cannot("the size of its heads is not known", node.name);
        return dims->back().extent / parts;
    }

    Status keepInPlace(std::size_t index) {
        const Node node = graph().nodes[index];
        const bool isKept = node.treatment.kvBits < 32;
        if (isKept && node.treatment.kvPerChannel)
            return cannot("ranges of channels change with each token: no kernel writes such caches in place", node.name);
        CacheInput cache;
        cache.heads = node.integer("kv_num_heads", 0);
        TRIMTAB_TRY(cache.size, headSize(node, node.integer("num_heads", 0), cache.heads));
        if (isKept) cache.size = tensor::keptRowBytes(cache.size, node.treatment.kvBits);
        const std::vector<Dim> dims{m_batch, Dim::known(cache.heads), Dim::named("capacity"), Dim::known(cache.size)};
        cache.type = isKept ? DataType::UInt8 : graph().value(node.input(kQuery)).type.type;
        std::vector<ValueId> inputs = node.inputs;
        inputs.resize(std::max<std::size_t>(inputs.size(), kPositions), kNoValue);
        for (const auto& [input, word, taken] : {std::tuple{kPastKey, "key", &cache.key}, std::tuple{kPastValue, "value", &cache.value}}) {
            if (inputs[input] == kNoValue) {
                inputs[input] = addInput(fmt::format("past_key_values.{}.{}", m_made.caches.size(), word), cache.type, dims, *taken);
                continue;
            }
            graph::Value& past = graph().value(inputs[input]);
            m_caches.push_back(inputs[input]);
            if (std::ranges::find(graph().inputs, inputs[input]) == graph().inputs.end())
                return cannot("its caches are no inputs", node.name);
            *taken = past.name;
            if (isKept) past.type.type = DataType::UInt8;
            cache.type = past.type.type;
            past.type.dims = dims;
        }
        inputs[kLengths] = m_lengths;
        inputs[kTotal] = m_total;
        if (inputs.size() > kPositions) inputs[kPositions] = kNoValue;  // a token's position is its place in the cache
        Node& kept = graph().nodes[index];
        kept.inputs = std::move(inputs);
        kept.outputs.resize(1);
        kept.attributes[graph::kCachesInPlace] = std::int64_t{1};
        TRIMTAB_REQUIRE(countPositions(kept));
        m_made.caches.push_back(std::move(cache));
        return {};
    }

    Result<std::vector<ValueId>> whatTokensBring() {
        const ValueId ids = graph().find(m_made.ids);
        TRIMTAB_TRY(const TokenPositions positions, takePositions(graph(), ids));
        if (positions.input == kNoValue) return std::vector{ids};
        m_made.positionIds = graph().value(positions.input).name;
        if (positions.rows > 0) limitPositions(positions.rows);
        return std::vector{ids, positions.input};
    }
    void limitPositions(std::int64_t rows) { m_made.positions = m_made.positions == 0 ? rows : std::min(m_made.positions, rows); }

    /// A cache stands for more than its rows to whoever looks at its extent.
    Status checkCacheReaders() {
        const auto consumers = graph().consumers();
        for (const ValueId id : m_caches)
            if (consumers[static_cast<std::size_t>(id)].size() != 1)
                return cannot("more than its attention reads the cache " + graph().value(id).name);
        return {};
    }

    Status countPositions(const Node& node) {
        if (node.integer("do_rotary", 0) == 0) return {};
        const auto shape = node.input(kCos) == kNoValue ? std::nullopt : graph().value(node.input(kCos)).type.shape();
        if (!shape || shape->rank() != 2) return cannot("the size of its rotary tables is not known", node.name);
        limitPositions((*shape)[0]);
        return {};
    }

    /// The product that makes the logits, maybe with element-wise work behind it.
    Status takeLastToken(ValueId logits) {
        const std::vector<int> producers = graph().producers();
        ValueId at = logits;
        while (producers[static_cast<std::size_t>(at)] >= 0) {
            const auto index = static_cast<std::size_t>(producers[static_cast<std::size_t>(at)]);
            const Node& node = graph().nodes[index];
            if (node.op == "MatMul" || node.op == "Gemm" || node.op == "FusedMatMul" || node.op == "MatMulNBits") {
                const auto& dims = graph().value(node.input(0)).type.dims;
                if (!dims || dims->size() != 3) return cannot("its head does not take [batch, sequence, values]", node.name);
                insertGather(index);
                return {};
            }
            if (!isElementwise(node)) return cannot("its logits are made by " + node.op, node.name);
            const auto open =
                std::ranges::find_if(node.inputs, [&](ValueId id) { return id != kNoValue && !graph().value(id).isConstant(); });
            if (open == node.inputs.end()) break;
            at = *open;
        }
        return cannot("its logits come from no product");
    }
    bool isElementwise(const Node& node) {
        constexpr std::string_view kOperators[] = {"Cast", "Mul", "Div", "Add", "Sub", "Tanh", "Identity"};
        const auto open = std::ranges::count_if(node.inputs, [&](ValueId id) { return id != kNoValue && !graph().value(id).isConstant(); });
        return node.domain.empty() && open <= 1 && std::ranges::find(kOperators, node.op) != std::end(kOperators);
    }
    void insertGather(std::size_t index) {
        Node gather;
        gather.name = graph().uniqueValueName("last_token/GatherND");
        gather.op = "GatherND";
        gather.version = 13;
        gather.origins = graph().nodes[index].origins;
        gather.inputs = {graph().nodes[index].inputs[0], m_last};
        gather.outputs = {graph().addValue({.name = graph().uniqueValueName("last_token/hidden")})};
        graph().nodes[index].inputs[0] = gather.outputs[0];
        graph().nodes.insert(graph().nodes.begin() + static_cast<std::ptrdiff_t>(index), std::move(gather));
    }

    ValueId castToFloat(ValueId logits) {
        if (graph().value(logits).type.type == DataType::Float32) return logits;
        Node cast;
        cast.name = graph().uniqueValueName("logits/Cast");
        cast.op = "Cast";
        cast.version = 13;
        cast.inputs = {logits};
        cast.outputs = {graph().addValue({.name = graph().uniqueValueName("logits/fp32")})};
        cast.attributes = {{"to", std::int64_t{tensor::onnxNumber(DataType::Float32)}}};
        const ValueId made = cast.outputs[0];
        graph().nodes.push_back(std::move(cast));
        return made;
    }

    void addChoice() {
        Node choice;
        choice.name = graph().uniqueValueName("next_token/ChooseToken");
        choice.op = "ChooseToken";
        choice.domain = "trimtab";
        choice.version = 1;
        const ValueId logits = graph().outputs[0];
        const int maker = graph().producers()[static_cast<std::size_t>(logits)];
        if (maker >= 0) choice.origins = graph().nodes[static_cast<std::size_t>(maker)].origins;
        choice.inputs = {logits, addInput("choices", DataType::Float64, {m_batch, Dim::known(4)}, m_made.choices)};
        choice.outputs = {graph().addValue({.name = graph().uniqueValueName("next_token")})};
        graph().opsets["trimtab"] = 1;
        graph().outputs = {choice.outputs[0]};
        graph().nodes.push_back(std::move(choice));
    }

    Status inferAnew() {
        graph().removeDeadNodes();
        const auto consumers = graph().consumers();
        std::erase_if(graph().inputs, [&](ValueId id) { return consumers[static_cast<std::size_t>(id)].empty(); });
        const auto producers = graph().producers();
        for (std::size_t i = 0; i < graph().values.size(); ++i)
            if (producers[i] >= 0) graph().values[i].type.dims.reset();  // one axis fewer behind the last token
        return graph::inferShapes(graph());
    }

    Result<CachedDecoder> finish() {
        const std::size_t own = 4 + (m_made.positionIds.empty() ? 0 : 1) + 2 * m_made.caches.size();
        if (graph().inputs.size() != own) return cannot("it has inputs beside token ids, lengths and caches: " + strangers());
        const auto& dims = graph().value(graph().outputs[0]).type.dims;
        if (!dims || dims->size() != 2 || !dims->back().isKnown() || dims->back().extent < 1)
            return cannot("the size of its vocabulary is not known");
        m_made.vocabulary = dims->back().extent;
        if (m_answer == Answer::Tokens) {
            addChoice();
            TRIMTAB_REQUIRE(graph::inferShapes(graph()));
        }
        TRIMTAB_REQUIRE(graph().validate());
        return std::move(m_made);
    }
    std::string strangers() {
        std::string names;
        for (const ValueId id : graph().inputs) {
            const std::string& name = graph().value(id).name;
            const bool isCache = std::ranges::any_of(m_made.caches, [&](const CacheInput& c) { return c.key == name || c.value == name; });
            if (isCache || name == m_made.ids || name == m_made.positionIds || name == m_made.lengths || name == m_made.total ||
                name == m_made.last)
                continue;
            names += (names.empty() ? "" : ", ") + name;
        }
        return names;
    }

    Answer m_answer;
    CachedDecoder m_made;
    Dim m_batch;
    std::vector<ValueId> m_caches;  // that the graph had
    ValueId m_lengths = kNoValue, m_total = kNoValue, m_last = kNoValue;
};

}  // namespace

Result<CachedDecoder> cachedDecoder(const Graph& graph, Answer answer) { return Rewriting(graph, answer).run(); }

}  // namespace trimtab::runtime
