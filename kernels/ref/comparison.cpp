// Comparisons and logic of two inputs with broadcasting; results are boolean.
#include "kernels/ref/broadcast.h"
#include "kernels/ref/families.h"

namespace trimtab::ref {
namespace {

constexpr Arity kBinary{2, 2, 1};

template <class F>
Result<Values> compareWith(const Call& call, F f) {
    TRIMTAB_TRY(const auto in, binaryInputs(call));
    return inDomain(in[0].type(), [&](auto zero) -> Result<Values> {
        using C = decltype(zero);
        const Tensor* inputs[] = {&in[0], &in[1]};
        const auto compared = [&](const C* const* block, std::int64_t n, std::uint64_t* result) {
            for (std::int64_t i = 0; i < n; ++i) result[i] = f(block[0][i], block[1][i]) ? 1 : 0;
        };
        TRIMTAB_TRY(Tensor out, (mapBroadcast<C, std::uint64_t>(call, inputs, DataType::Bool, compared)));
        return one(std::move(out));
    });
}

template <class F>
Kernel comparison(F f, bool ordered) {
    return [f, ordered](const Call& call) -> Result<Values> {
        TRIMTAB_REQUIRE(sameType(call, call.tensor(0), call.tensor(1)));
        const DataType type = call.tensor(0).type();
        if (domainOf(type) == Domain::None || (ordered && type == DataType::Bool))
            return refuse(call, "inputs of this type can't be compared");
        return compareWith(call, f);
    };
}

template <class F>
Kernel logic(F f) {
    return [f](const Call& call) -> Result<Values> {
        if (call.tensor(0).type() != DataType::Bool || call.tensor(1).type() != DataType::Bool)
            return refuse(call, "inputs must be boolean");
        return compareWith(call, f);
    };
}

}  // namespace

void registerComparison(Registry& registry) {
    registry.add("Equal", 1, kBinary, comparison([](auto a, auto b) { return a == b; }, false));
    registry.add("Less", 1, kBinary, comparison([](auto a, auto b) { return a < b; }, true));
    registry.add("Greater", 1, kBinary, comparison([](auto a, auto b) { return a > b; }, true));
    registry.add("LessOrEqual", 12, kBinary, comparison([](auto a, auto b) { return a <= b; }, true));
    registry.add("GreaterOrEqual", 12, kBinary, comparison([](auto a, auto b) { return a >= b; }, true));
    registry.add("And", 1, kBinary, logic([](auto a, auto b) { return a != 0 && b != 0; }));
    registry.add("Or", 1, kBinary, logic([](auto a, auto b) { return a != 0 || b != 0; }));
    registry.add("Xor", 1, kBinary, logic([](auto a, auto b) { return (a != 0) != (b != 0); }));
}

}  // namespace trimtab::ref
