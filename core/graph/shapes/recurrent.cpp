// RNN, GRU, LSTM: X [sequence, batch, input] (layout 1: batch first), R [directions, gates·hidden, hidden].
#include "core/graph/shapes/rule.h"

namespace trimtab::graph::shapes {

namespace {

Status recurrent(Context& context) {
    const DataType type = context.type(0);
    const std::string direction = context.node.string("direction", "forward");
    if (direction != "forward" && direction != "reverse" && direction != "bidirectional") {
        return context.refuse("direction \"" + direction + "\" is not known");
    }
    const Extent directions = Extent::known(direction == "bidirectional" ? 2 : 1);
    Extent hidden;
    if (context.rank(2) && *context.rank(2) == 3) hidden = context.dims(2)->back();
    if (context.node.has("hidden_size")) {
        TRIMTAB_TRY(hidden, agree(context, hidden, Extent::known(context.node.integer("hidden_size", 0)), "hidden size"));
    }
    Extent sequence;
    Extent batch;
    const bool batchFirst = context.node.integer("layout", 0) != 0;
    if (const auto& x = context.dims(0)) {
        if (x->size() != 3) return context.refuse("the input must have rank 3, not " + text(*x));
        sequence = (*x)[batchFirst ? 1 : 0];
        batch = (*x)[batchFirst ? 0 : 1];
    }
    context.set(0, type, batchFirst ? Dims{batch, sequence, directions, hidden} : Dims{sequence, directions, batch, hidden});
    for (std::size_t i = 1; i < 3; ++i)
        context.set(i, type, batchFirst ? Dims{batch, directions, hidden} : Dims{directions, batch, hidden});
    return {};
}

constexpr RuleEntry kRules[] = {{"RNN", recurrent}, {"GRU", recurrent}, {"LSTM", recurrent}};

}  // namespace

std::span<const RuleEntry> recurrentRules() { return kRules; }

}  // namespace trimtab::graph::shapes
