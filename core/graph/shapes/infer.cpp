// The driver: walks the nodes in order, keeps one fact for each value, and merges what rules say with what the file declared.
// Inferred wins where it knows more; a known declared dim beats an unknown inferred one, but not an inferred symbol, since a symbol
// comes from an input that really varies while exporters are known to freeze dims of intermediate values.
#include "core/graph/shape_inference.h"

#include <algorithm>

#include "core/base/checked.h"
#include "core/graph/shapes/input_symbols.h"
#include "core/graph/shapes/known_contents.h"
#include "core/graph/shapes/rule.h"

namespace trimtab::graph {

namespace {

using shapes::Dims;
using shapes::Extent;
using shapes::Fact;

constexpr std::int64_t kMaxBytes = std::int64_t{1} << 62;
constexpr std::size_t kMaxRank = 64;

class Inference {
public:
    explicit Inference(Graph& graph) : m_graph(graph), m_facts(graph.values.size()) {}

    /// Puts what is known of an input in the place of what the graph declares of it.
    void assume(ValueId input, const Fact& fact) { m_assumed.emplace_back(input, fact); }

    Status run() {
        for (std::size_t i = 0; i < m_graph.values.size(); ++i) describe(m_graph.values[i], m_facts[i]);
        for (auto& [input, assumed] : m_assumed) m_facts[index(input)] = completed(std::move(assumed), m_facts[index(input)]);
        for (const ValueId input : m_graph.inputs) TRIMTAB_REQUIRE(checkSize(m_facts[index(input)], m_graph.value(input).name));
        for (const Node& node : m_graph.nodes) {
            if (auto status = visit(node); !status) {
                Error error = std::move(status).error();
                error.context = "node " + node.name + " (" + node.op + ")" + (error.context.empty() ? "" : ", " + error.context);
                return fail(std::move(error));
            }
        }
        return {};
    }

    const Fact& fact(ValueId id) const { return m_facts[index(id)]; }

private:
    static std::size_t index(ValueId id) { return static_cast<std::size_t>(id); }

    /// Constants by their tensor, everything else as declared.
    static void describe(Value& value, Fact& fact) {
        if (value.constant) {
            value.type = ValueType::of(value.constant->type(), value.constant->shape());
            fact.content = shapes::contentOf(*value.constant);
        } else if (value.quantized && !value.type.dims) {
            value.type.dims = ValueType::of(DataType::Float32, value.quantized->originalShape).dims;
        }
        if (value.quantized && value.type.type == DataType::Undefined) value.type.type = DataType::Float32;
        fact.type = value.type.type;
        fact.isSequence = value.type.isSequence;
        fact.isOptional = value.type.isOptional;
        if (value.type.dims) fact.dims = shapes::toExtents(*value.type.dims);
    }

    Status visit(const Node& node) {
        std::vector<const Fact*> inputs;
        for (const ValueId id : node.inputs) inputs.push_back(id == kNoValue ? nullptr : &m_facts[index(id)]);
        const shapes::Rule rule = shapes::findRule(node);
        if (rule == nullptr || node.outputs.empty()) return {};
        shapes::Context context(node, std::move(inputs));
        TRIMTAB_REQUIRE(rule(context));
        shapes::followContent(context);
        for (std::size_t i = 0; i < node.outputs.size(); ++i) {
            if (node.outputs[i] == kNoValue) continue;
            TRIMTAB_REQUIRE(merge(m_graph.value(node.outputs[i]), context.outputs[i]));
            keepContent(context.outputs[i]);
            m_facts[index(node.outputs[i])] = std::move(context.outputs[i]);
        }
        return {};
    }

    /// A model of ordinary shape arithmetic needs a few thousand items; one that holds far more is not worth the memory.
    void keepContent(Fact& fact) {
        if (!fact.content) return;
        m_itemsLeft -= static_cast<std::int64_t>(fact.content->size());
        if (m_itemsLeft < 0) fact.content.reset();
    }

    /// Completes `inferred` by what was declared, and writes it to the value.
    static Status merge(Value& value, Fact& inferred) {
        const ValueType& declared = value.type;
        const std::string what = "output " + value.name;
        if (inferred.type == DataType::Undefined) {
            inferred.type = declared.type;
        } else if (declared.type != DataType::Undefined && declared.type != inferred.type) {
            return fail(ErrorCode::Refused, what + " is declared " + std::string(tensor::name(declared.type)) + " but is " +
                                                std::string(tensor::name(inferred.type)));
        }
        if (!inferred.dims) {
            if (declared.dims) inferred.dims = shapes::toExtents(*declared.dims);
        } else if (declared.dims) {
            if (declared.dims->size() != inferred.dims->size()) {
                return fail(ErrorCode::Refused,
                            what + " is declared " + declared.text() + " but has shape " + shapes::text(*inferred.dims));
            }
            for (std::size_t i = 0; i < inferred.dims->size(); ++i) {
                const Dim& dim = (*declared.dims)[i];
                Extent& extent = (*inferred.dims)[i];
                if (extent.isUnknown()) extent = Extent::of(dim);
                if (extent.isKnown() && dim.isKnown() && !extent.isKnown(dim.extent)) {
                    return fail(ErrorCode::Refused,
                                what + " is declared " + declared.text() + " but has shape " + shapes::text(*inferred.dims));
                }
            }
        }
        TRIMTAB_REQUIRE(checkSize(inferred, what));
        value.type.type = inferred.type;
        value.type.isSequence = inferred.isSequence || value.type.isSequence;
        value.type.isOptional = inferred.isOptional || value.type.isOptional;
        if (!inferred.dims || value.type.isSequence) return {};
        value.type.dims.emplace();
        for (const Extent& extent : *inferred.dims) value.type.dims->push_back(extent.toDim());
        return {};
    }

    /// Negative dims, and products beyond what any machine addresses.
    static Status checkSize(const Fact& fact, const std::string& what) {
        if (!fact.dims) return {};
        if (fact.dims->size() > kMaxRank) return fail(ErrorCode::Refused, what + " has rank " + std::to_string(fact.dims->size()));
        std::optional<std::int64_t> bytes = std::max(1, tensor::bitWidth(fact.type) / 8);
        for (const Extent& extent : *fact.dims) {
            if (extent.isOverflow() || (extent.isKnown() && extent.value() < 0)) {
                return fail(ErrorCode::Refused, what + " would have an impossible shape " + shapes::text(*fact.dims));
            }
            if (extent.isKnown() && bytes) bytes = base::checkedMultiply(*bytes, extent.value());
        }
        if (!bytes || *bytes > kMaxBytes) return fail(ErrorCode::Refused, what + " would be too large: " + shapes::text(*fact.dims));
        return {};
    }

    static Fact completed(Fact fact, const Fact& declared) {
        if (fact.type == DataType::Undefined) fact.type = declared.type;
        if (!fact.dims) fact.dims = declared.dims;
        return fact;
    }

    Graph& m_graph;
    std::vector<Fact> m_facts;
    std::vector<std::pair<ValueId, Fact>> m_assumed;
    std::int64_t m_itemsLeft = 200'000;
};

/// A tensor of the fact's type, when all its elements are known integers.
std::optional<Tensor> tensorOf(const Fact& fact) {
    if (!fact.content || fact.content->isReal() || fact.isSequence) return std::nullopt;
    std::vector<std::int64_t> values;
    for (const Extent& item : fact.content->items) {
        if (!item.isKnown()) return std::nullopt;
        values.push_back(item.value());
    }
    const Shape shape(fact.content->dims);
    if (fact.type == DataType::Int64) return Tensor::fromInt64s(shape, values);
    if (fact.type == DataType::Int32) return Tensor::fromValues(fact.type, shape, std::vector<std::int32_t>(values.begin(), values.end()));
    if (fact.type == DataType::Bool) return Tensor::fromValues(fact.type, shape, std::vector<std::uint8_t>(values.begin(), values.end()));
    return std::nullopt;
}

}  // namespace

Status inferShapes(Graph& graph) {
    shapes::nameOpenDims(graph);
    return Inference(graph).run();
}

Result<std::vector<shapes::KnownContent>> shapes::knownContents(Graph& graph) {
    nameOpenDims(graph);
    Inference inference(graph);
    TRIMTAB_REQUIRE(inference.run());
    std::vector<KnownContent> known;
    for (const Node& node : graph.nodes) {
        for (const ValueId id : node.outputs) {
            if (id == kNoValue || graph.value(id).isConstant()) continue;
            if (auto tensor = tensorOf(inference.fact(id))) known.push_back({id, std::move(*tensor)});
        }
    }
    return known;
}

Result<std::vector<Fact>> shapes::inferBody(const Graph& body, std::span<const Fact> inputs) {
    Graph copy = body;
    for (Value& value : copy.values) {
        if (!value.type.dims) continue;
        for (Dim& dim : *value.type.dims)
            if (!dim.isKnown()) dim = Dim::unknown();  // a symbol means something else in another graph
    }
    Inference inference(copy);
    for (std::size_t i = 0; i < inputs.size(); ++i) inference.assume(copy.inputs[i], inputs[i]);
    TRIMTAB_REQUIRE(inference.run());
    std::vector<Fact> made;
    for (const ValueId id : copy.outputs) made.push_back(inference.fact(id));
    return made;
}

bool hasShapeRule(const Node& node) { return shapes::findRule(node) != nullptr; }

}  // namespace trimtab::graph
