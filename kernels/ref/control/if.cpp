// If: one of two subgraphs, which take nothing but what they capture.
#include "kernels/ref/control/bodies.h"
#include "kernels/ref/families.h"

namespace trimtab::ref {
namespace {

Result<Values> choose(const Call& call) {
    TRIMTAB_TRY(const bool holds, condition(call, call.inputs[0], "the condition"));
    TRIMTAB_TRY(const Body body, Body::of(call, holds ? "then_branch" : "else_branch", 0, static_cast<int>(call.node.outputs.size())));
    return body.run({});
}

}  // namespace

void registerIf(Registry& registry) { registry.addSequence("If", 1, {1, kAny, kAny}, choose); }

}  // namespace trimtab::ref
