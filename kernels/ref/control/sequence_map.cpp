// SequenceMap: a body for each position of a sequence; further sequences are walked beside it, tensors are given whole.
#include <fmt/format.h>

#include "kernels/ref/control/bodies.h"
#include "kernels/ref/families.h"

namespace trimtab::ref {
namespace {

Result<Values> sequenceMap(const Call& call) {
    const std::size_t formal = call.inputs.size() - call.node.captures;
    TRIMTAB_TRY(const Body body, Body::of(call, "body", static_cast<int>(formal), static_cast<int>(call.node.outputs.size())));
    const auto* first = std::get_if<TensorSequence>(&call.inputs[0]);
    if (!first) return refuse(call, "the first input must be a sequence");
    std::vector<TensorSequence> made(body.outputCount());
    if (first->items.empty()) {
        std::vector<graph::ValueType> given;
        for (const RunValue& input : call.inputs.first(formal)) given.push_back(typeOf(input)), given.back().isSequence = false;
        TRIMTAB_TRY(const std::vector<graph::ValueType> types, body.outputTypes(std::move(given)));
        for (std::size_t k = 0; k < made.size(); ++k) made[k].type = types[k].type;
    }
    for (std::size_t at = 0; at < first->items.size(); ++at) {
        Values inputs;
        for (const RunValue& input : call.inputs.first(formal)) {
            const auto* sequence = std::get_if<TensorSequence>(&input);
            if (sequence && sequence->items.size() != first->items.size()) return refuse(call, "the sequences differ in length");
            inputs.push_back(sequence ? RunValue(sequence->items[at]) : input);
        }
        TRIMTAB_TRY(Values results, body.run(std::move(inputs)));
        for (std::size_t k = 0; k < made.size(); ++k) {
            auto* tensor = std::get_if<Tensor>(&results[k]);
            if (!tensor) return refuse(call, fmt::format("the body's output {} is no tensor", k));
            made[k].type = tensor->type();
            made[k].items.push_back(std::move(*tensor));
        }
    }
    return Values(std::make_move_iterator(made.begin()), std::make_move_iterator(made.end()));
}

}  // namespace

void registerSequenceMap(Registry& registry) { registry.addSequence("SequenceMap", 17, {1, kAny, kAny}, sequenceMap); }

}  // namespace trimtab::ref
