// Loop: a body that is given the round's number, a condition and the values it carries; it makes the next condition, the next values, and
// what is gathered over the rounds.
#include <fmt/format.h>

#include "core/tensor/convert.h"
#include "kernels/ref/control/bodies.h"
#include "kernels/ref/families.h"

namespace trimtab::ref {
namespace {

/// Far above what models do, and soon reached by one that would never end.
constexpr std::int64_t kMostRounds = 1'000'000;

Tensor boolean(bool value) { return Tensor::fromValues<std::uint8_t>(DataType::Bool, Shape{}, {static_cast<std::uint8_t>(value ? 1 : 0)}); }

Result<Values> loop(const Call& call) {
    const std::size_t formal = call.inputs.size() - call.node.captures;
    if (formal < 2) return refuse(call, "trip count and condition must stand among the inputs, left out or not");
    const std::size_t carriedCount = formal - 2;
    TRIMTAB_TRY(const Body body, Body::of(call, "body", static_cast<int>(formal), kAny));
    if (body.outputCount() < carriedCount + 1) return refuse(call, "the body makes no next condition and values");
    std::int64_t trips = INT64_MAX;
    if (call.has(0)) {
        TRIMTAB_TRY(trips, integer(call, 0));
    }
    bool goesOn = true;
    if (call.has(1)) {
        TRIMTAB_TRY(goesOn, condition(call, call.inputs[1], "the condition"));
    }
    Values carried(call.inputs.begin() + 2, call.inputs.begin() + static_cast<std::ptrdiff_t>(formal));
    std::vector<Gathered> gathered(body.outputCount() - 1 - carriedCount);
    const auto roundInputs = [&](std::int64_t round) {
        Values inputs{RunValue(Tensor::fromInt64s(Shape{}, {round})), RunValue(boolean(goesOn))};
        inputs.insert(inputs.end(), carried.begin(), carried.end());
        return inputs;
    };
    std::vector<graph::ValueType> types(body.outputCount());
    if (!gathered.empty() && (!goesOn || trips <= 0)) {
        std::vector<graph::ValueType> given;
        for (const RunValue& value : roundInputs(0)) given.push_back(typeOf(value));
        TRIMTAB_TRY(types, body.outputTypes(std::move(given)));
    }
    for (std::int64_t round = 0; goesOn && round < trips; ++round) {
        if (round >= kMostRounds) return refuse(call, fmt::format("the loop has not ended after {} rounds", kMostRounds));
        TRIMTAB_TRY(Values made, body.run(roundInputs(round)));
        TRIMTAB_TRY(goesOn, condition(call, made[0], "the condition that the body makes"));
        for (std::size_t i = 0; i < gathered.size(); ++i) TRIMTAB_REQUIRE(gathered[i].add(call, std::move(made[1 + carriedCount + i])));
        carried.assign(std::make_move_iterator(made.begin() + 1),
                       std::make_move_iterator(made.begin() + 1 + static_cast<std::ptrdiff_t>(carriedCount)));
    }
    Values results = std::move(carried);
    for (std::size_t i = 0; i < gathered.size(); ++i) {
        TRIMTAB_TRY(results.emplace_back(), gathered[i].stacked(call, 0, false, types[1 + carriedCount + i]));
    }
    return results;
}

}  // namespace

void registerLoop(Registry& registry) { registry.addSequence("Loop", 1, {0, kAny, kAny}, loop); }

}  // namespace trimtab::ref
