#include "core/graph/shapes/rule.h"

#include <algorithm>
#include <unordered_map>

namespace trimtab::graph::shapes {

namespace {

constexpr int kNewestVersion = 25;

std::string key(std::string_view domain, std::string_view op) {
    return std::string(domain == "ai.onnx" ? "" : domain) + ":" + std::string(op);
}

std::unordered_map<std::string, Rule> collectRules() {
    std::unordered_map<std::string, Rule> rules;
    for (const auto family : {elementwiseRules(), convolutionRules(), poolingRules(), matrixRules(), normalizationRules(), reductionRules(),
                              layoutRules(), joiningRules(), indexingRules(), creationRules(), resizeRules(), recurrentRules(),
                              quantizedRules(), sequenceRules(), einsumRules(), attentionRules(), fusedRules(), controlRules(),
                              linearRules(), packedRules(), olderNameRules(), imageRules(), signalRules(), textRules(), groupQueryRules(),
                              multiHeadRules()}) {
        for (const RuleEntry& entry : family) rules.emplace(key(entry.domain, entry.op), entry.rule);
    }
    return rules;
}

}  // namespace

Context::Context(const Node& ofNode, std::vector<const Fact*> inputs)
    : node(ofNode),
      version(ofNode.version > 0 ? ofNode.version : kNewestVersion),
      outputs(ofNode.outputs.size()),
      m_inputs(std::move(inputs)) {}

const Fact& Context::in(std::size_t i) const {
    static const Fact kAbsent;
    return has(i) ? *m_inputs[i] : kAbsent;
}

std::optional<int> Context::rank(std::size_t i) const {
    if (!dims(i)) return std::nullopt;
    return static_cast<int>(dims(i)->size());
}

std::optional<std::vector<std::int64_t>> Context::integers(std::size_t i) const {
    const Content* known = content(i);
    if (known == nullptr || known->isReal()) return std::nullopt;
    std::vector<std::int64_t> values;
    for (const Extent& item : known->items) {
        if (!item.isKnown()) return std::nullopt;
        values.push_back(item.value());
    }
    return values;
}

Context::List Context::list(const std::string& attribute, std::size_t input) const {
    if (node.has(attribute)) {
        const auto values = node.integers(attribute);
        if (values.empty() && std::holds_alternative<std::int64_t>(node.attributes.at(attribute)))
            return {true, {{node.integer(attribute, 0)}}};
        return {true, values};
    }
    if (has(input)) return {true, integers(input)};
    return {};
}

void Context::set(std::size_t i, DataType type, std::optional<Dims> dims) {
    if (i >= outputs.size() || node.outputs[i] == kNoValue) return;
    outputs[i].type = type;
    outputs[i].dims = std::move(dims);
}

void Context::setSequence(std::size_t i, DataType type) {
    set(i, type);
    if (i < outputs.size()) outputs[i].isSequence = true;
}

void Context::setContent(std::size_t i, Content content) {
    if (i < outputs.size()) outputs[i].content = std::move(content);
}

Result<std::size_t> Context::axis(std::int64_t given, std::size_t rank) const {
    const auto normalized = tensor::normalizeAxis(given, static_cast<int>(rank));
    if (!normalized) return refuse("axis " + std::to_string(given) + " does not exist in a tensor of rank " + std::to_string(rank));
    return static_cast<std::size_t>(*normalized);
}

Result<std::vector<std::size_t>> Context::axes(std::span<const std::int64_t> given, std::size_t rank) const {
    std::vector<std::size_t> normalized;
    for (const std::int64_t one : given) {
        TRIMTAB_TRY(const std::size_t position, axis(one, rank));
        normalized.push_back(position);
    }
    std::sort(normalized.begin(), normalized.end());
    if (std::adjacent_find(normalized.begin(), normalized.end()) != normalized.end()) return refuse("an axis is named twice");
    return normalized;
}

tl::unexpected<Error> Context::refuse(std::string message) const { return fail(ErrorCode::Refused, std::move(message)); }

Rule findRule(const Node& node) {
    static const std::unordered_map<std::string, Rule> kRules = collectRules();
    const auto found = kRules.find(key(node.domain, node.op));
    return found == kRules.end() ? nullptr : found->second;
}

Result<Dims> broadcast(const Context& context, const Dims& a, const Dims& b) {
    const std::size_t rank = std::max(a.size(), b.size());
    Dims out(rank);
    for (std::size_t i = 0; i < rank; ++i) {
        const Extent left = i + a.size() >= rank ? a[i + a.size() - rank] : Extent::known(1);
        const Extent right = i + b.size() >= rank ? b[i + b.size() - rank] : Extent::known(1);
        if (left.isKnown(1) || left.same(right)) {
            out[i] = right;
        } else if (right.isKnown(1)) {
            out[i] = left;
        } else if (left.isKnown() && right.isKnown()) {
            return context.refuse("shapes " + text(a) + " and " + text(b) + " do not broadcast");
        } else if (left.isKnown() || right.isKnown()) {
            out[i] = left.isKnown() ? left : right;
        }
    }
    return out;
}

Result<std::optional<Dims>> broadcastInputs(const Context& context, std::size_t begin, std::size_t end) {
    Dims total;
    for (std::size_t i = begin; i < end; ++i) {
        if (!context.dims(i)) return std::optional<Dims>();
        TRIMTAB_TRY(total, broadcast(context, total, *context.dims(i)));
    }
    return std::optional<Dims>(std::move(total));
}

Result<Extent> agree(const Context& context, const Extent& a, const Extent& b, std::string_view what) {
    if (a.isKnown() && b.isKnown() && !a.same(b)) {
        return context.refuse(std::string(what) + ": " + a.text() + " and " + b.text() + " do not agree");
    }
    if (a.isKnown() || b.isUnknown()) return a;
    return b.isKnown() || a.isUnknown() ? b : a;
}

DataType codesAsked(const Context& context) {
    return context.node.has("output_dtype") ? elementType(context.node.integer("output_dtype", 0)) : DataType::Float32;
}

Status sameAsInput(Context& context) {
    context.set(0, context.type(0), context.dims(0));
    return {};
}

}  // namespace trimtab::graph::shapes
