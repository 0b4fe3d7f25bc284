// Control flow: what a subgraph makes of what the node gives it. A value that goes round keeps a shape only when one round gives it back
// unchanged; otherwise no more than its type is told.
#include <algorithm>

#include "core/graph/captures.h"
#include "core/graph/shapes/rule.h"

namespace trimtab::graph::shapes {

namespace {

using Facts = std::vector<Fact>;

std::shared_ptr<const Graph> bodyOf(const Context& context, const std::string& attribute) {
    const auto found = context.node.attributes.find(attribute);
    const auto* graph = found == context.node.attributes.end() ? nullptr : std::get_if<std::shared_ptr<const Graph>>(&found->second);
    return graph ? *graph : nullptr;
}

std::size_t formalInputs(const Context& context) { return context.inputCount() - std::min(context.inputCount(), context.node.captures); }

/// What the body makes of `given`; nullopt when it does not fit the body (running it will tell).
Result<std::optional<Facts>> follow(const Context& context, const Graph& body, Facts given) {
    if (capturedNames(context.node).size() != context.node.captures || given.size() + body.outerNames.size() != body.inputs.size())
        return std::optional<Facts>();
    for (const std::size_t position : capturePositions(context.node, body)) given.push_back(context.in(position));
    TRIMTAB_TRY(Facts made, inferBody(body, given));
    return std::optional<Facts>(std::move(made));
}

/// What holds whichever of the two is the case.
Fact common(const Fact& a, const Fact& b) {
    Fact both;
    both.type = a.type == b.type ? a.type : DataType::Undefined;
    both.isSequence = a.isSequence && b.isSequence;
    both.isOptional = a.isOptional || b.isOptional;
    if (!a.dims || !b.dims || a.dims->size() != b.dims->size()) return both;
    both.dims = a.dims;
    for (std::size_t i = 0; i < both.dims->size(); ++i)
        if (!(*a.dims)[i].same((*b.dims)[i])) (*both.dims)[i] = Extent::unknown();
    return both;
}

bool sameShape(const Fact& a, const Fact& b) {
    if (!a.dims || !b.dims || a.type != b.type || a.isSequence || b.isSequence || a.dims->size() != b.dims->size()) return false;
    for (std::size_t i = 0; i < a.dims->size(); ++i)
        if (!(*a.dims)[i].same((*b.dims)[i])) return false;
    return true;
}

Fact typeAlone(Fact fact) {
    fact.dims.reset();
    fact.content.reset();
    return fact;
}

Status choice(Context& context) {
    const Content* known = context.content(0);
    const bool isKnown = known && known->items.size() == 1 && known->items[0].isKnown();
    std::optional<Facts> made;
    for (const char* branch : {"then_branch", "else_branch"}) {
        if (isKnown && (known->items[0].value() != 0) != (branch == std::string_view("then_branch"))) continue;
        const auto body = bodyOf(context, branch);
        if (!body) return {};
        TRIMTAB_TRY(const auto facts, follow(context, *body, {}));
        if (!facts) return {};
        if (facts->size() != context.outputs.size())
            return context.refuse("a branch makes " + std::to_string(facts->size()) + " values where " +
                                  std::to_string(context.outputs.size()) + " are taken");
        if (!made) made = facts;
        else std::transform(made->begin(), made->end(), facts->begin(), made->begin(), common);
    }
    if (made) context.outputs = std::move(*made);
    return {};
}

/// States the outputs of a node whose body was given `carried` values and made them anew, followed by slices that are gathered: along
/// `axes`, at index 0 where those name none. A slice's shape may follow from that of a value that does not stay, and then is not told
/// either.
void settle(Context& context, std::span<const Fact> carried, std::span<const Fact> made, const Extent& length,
            const std::vector<std::int64_t>& axes) {
    bool stays = true;
    for (std::size_t i = 0; i < carried.size(); ++i) stays &= sameShape(carried[i], made[i]);
    for (std::size_t i = 0; i < context.outputs.size() && i < made.size(); ++i) {
        Fact fact = stays ? made[i] : typeAlone(made[i]);
        fact.content.reset();
        if (i >= carried.size() && fact.dims) {
            const std::size_t k = i - carried.size();
            const std::int64_t rank = static_cast<std::int64_t>(fact.dims->size()) + 1, axis = k < axes.size() ? axes[k] : 0;
            if (axis < -rank || axis >= rank) fact.dims.reset();
            else fact.dims->insert(fact.dims->begin() + (axis < 0 ? axis + rank : axis), length);
        }
        context.outputs[i] = std::move(fact);
    }
}

Status loop(Context& context) {
    const auto body = bodyOf(context, "body");
    const std::size_t formal = formalInputs(context);
    if (!body || formal < 2) return {};
    Facts given;
    given.push_back({DataType::Int64, Dims{}, false, false, std::nullopt});
    given.push_back({DataType::Bool, Dims{}, false, false, std::nullopt});
    for (std::size_t i = 2; i < formal; ++i) {
        given.push_back(context.in(i));
        given.back().content.reset();
    }
    TRIMTAB_TRY(const auto made, follow(context, *body, given));
    if (!made || made->size() + 1 < formal) return {};
    const std::span<const Fact> values(*made);
    settle(context, std::span<const Fact>(given).subspan(2), values.subspan(1), Extent::unknown(), {});
    return {};
}

/// A scanned input without its axis.
Fact slice(const Fact& whole, std::int64_t axis, Extent& length) {
    Fact part = whole;
    part.content.reset();
    if (!part.dims) return part;
    const auto rank = static_cast<std::int64_t>(part.dims->size());
    if (axis < -rank || axis >= rank) return typeAlone(std::move(part));
    const auto at = part.dims->begin() + (axis < 0 ? axis + rank : axis);
    if (!length.isKnown()) length = *at;
    part.dims->erase(at);
    return part;
}

Status scan(Context& context) {
    const auto body = bodyOf(context, "body");
    const std::size_t formal = formalInputs(context);
    const std::int64_t count = context.node.integer("num_scan_inputs", 0);
    if (!body || context.version < 9 || count < 1 || static_cast<std::uint64_t>(count) > formal) return {};
    const std::size_t carried = formal - static_cast<std::size_t>(count);
    const auto axes = context.node.integers("scan_input_axes");
    Facts given;
    Extent length;
    for (std::size_t i = 0; i < formal; ++i) {
        const std::size_t k = i - carried;
        given.push_back(i < carried ? context.in(i) : slice(context.in(i), k < axes.size() ? axes[k] : 0, length));
        given.back().content.reset();
    }
    TRIMTAB_TRY(const auto made, follow(context, *body, given));
    if (!made || made->size() < carried) return {};
    settle(context, std::span<const Fact>(given).first(carried), *made, length, context.node.integers("scan_output_axes"));
    return {};
}

Status sequenceMap(Context& context) {
    const auto body = bodyOf(context, "body");
    if (!body) return {};
    Facts given;
    for (std::size_t i = 0; i < formalInputs(context); ++i) {
        given.push_back(context.in(i));
        given.back().content.reset();
        if (given.back().isSequence) given.back() = typeAlone(std::move(given.back()));
        given.back().isSequence = false;
    }
    TRIMTAB_TRY(const auto made, follow(context, *body, given));
    for (std::size_t i = 0; made && i < context.outputs.size() && i < made->size(); ++i) context.setSequence(i, (*made)[i].type);
    return {};
}

constexpr RuleEntry kRules[] = {{"If", choice}, {"Loop", loop}, {"Scan", scan}, {"SequenceMap", sequenceMap}};

}  // namespace

std::span<const RuleEntry> controlRules() { return kRules; }

}  // namespace trimtab::graph::shapes
