#include "core/graph/shapes/borrowed.h"

#include <algorithm>
#include <cassert>

namespace trimtab::graph::shapes {

Result<Fact> borrowed(const Context& context, std::string_view op, int version, std::vector<const Fact*> inputs) {
    Node standard;
    standard.op = op;
    const Rule rule = findRule(standard);
    assert(rule != nullptr);
    Context inner(context.node, std::move(inputs));
    inner.version = version;
    TRIMTAB_REQUIRE(rule(inner));
    return inner.outputs.empty() ? Fact() : inner.outputs.front();
}

Status sameAs(Context& context, std::string_view op, int version) {
    std::vector<const Fact*> inputs;
    for (std::size_t i = 0; i < context.inputCount(); ++i) inputs.push_back(context.has(i) ? &context.in(i) : nullptr);
    TRIMTAB_TRY(Fact fact, borrowed(context, op, version, std::move(inputs)));
    context.set(0, fact.type, std::move(fact.dims));
    return {};
}

Fact channelsFirst(Fact fact) {
    if (fact.dims && fact.dims->size() > 2) std::rotate(fact.dims->begin() + 1, fact.dims->end() - 1, fact.dims->end());
    return fact;
}

Fact channelsLast(Fact fact) {
    if (fact.dims && fact.dims->size() > 2) std::rotate(fact.dims->begin() + 1, fact.dims->begin() + 2, fact.dims->end());
    return fact;
}

}  // namespace trimtab::graph::shapes
