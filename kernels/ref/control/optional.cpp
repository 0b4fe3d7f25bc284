// Optional values.
#include "kernels/ref/arguments.h"
#include "kernels/ref/families.h"

namespace trimtab::ref {
namespace {

bool isEmpty(const Call& call) { return !call.has(0) || std::holds_alternative<EmptyOptional>(call.inputs[0]); }

Result<Values> optional(const Call& call) { return Values{isEmpty(call) ? RunValue(EmptyOptional{}) : call.inputs[0]}; }

Result<Values> element(const Call& call) {
    if (isEmpty(call)) return refuse(call, "the optional holds nothing");
    return Values{call.inputs[0]};
}

Result<Values> hasElement(const Call& call) {
    const auto holds = static_cast<std::uint8_t>(isEmpty(call) ? 0 : 1);
    return one(Tensor::fromValues<std::uint8_t>(DataType::Bool, Shape{}, {holds}));
}

}  // namespace

void registerOptional(Registry& registry) {
    registry.addSequence("Optional", 15, {0, 1, 1}, optional);
    registry.addSequence("OptionalGetElement", 15, {1, 1, 1}, element);
    registry.addSequence("OptionalHasElement", 15, {0, 1, 1}, hasElement);
}

}  // namespace trimtab::ref
