// Element-wise operators of any number of inputs: Sum, Mean, Max, Min.
#include <cmath>

#include "kernels/ref/broadcast.h"
#include "kernels/ref/families.h"

namespace trimtab::ref {
namespace {

template <class C>
C added(C a, C b) {
    if constexpr (std::is_same_v<C, double>) return a + b;
    else return static_cast<C>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

/// NaN wins, as in NumPy.
template <class C>
C larger(C a, C b) {
    if constexpr (std::is_same_v<C, double>) {
        if (std::isnan(a)) return a;
        if (std::isnan(b)) return b;
    }
    return a < b ? b : a;
}

template <class C>
C smaller(C a, C b) {
    if constexpr (std::is_same_v<C, double>) {
        if (std::isnan(a)) return a;
        if (std::isnan(b)) return b;
    }
    return b < a ? b : a;
}

/// `combine` folds the inputs from the left; `finish` sees the folded value and the number of inputs.
template <class Combine, class Finish>
Kernel folding(Combine combine, Finish finish) {
    return [combine, finish](const Call& call) -> Result<Values> {
        std::vector<const Tensor*> inputs;
        for (std::size_t i = 0; i < call.inputs.size(); ++i) {
            if (!call.has(i)) return refuse(call, "an input in the middle is left out");
            TRIMTAB_REQUIRE(sameType(call, call.tensor(0), call.tensor(i)));
            inputs.push_back(&call.tensor(i));
        }
        const DataType type = inputs[0]->type();
        if (domainOf(type) == Domain::None || type == DataType::Bool) return refuse(call, "inputs must be numeric");
        return inDomain(type, [&](auto zero) -> Result<Values> {
            using C = decltype(zero);
            TRIMTAB_TRY(Tensor out, (mapBroadcast<C, C>(call, inputs, type, [&](const C* const* block, std::int64_t n, C* result) {
                            for (std::int64_t i = 0; i < n; ++i) {
                                C value = block[0][i];
                                for (std::size_t k = 1; k < inputs.size(); ++k) value = combine(value, block[k][i]);
                                result[i] = finish(value, static_cast<double>(inputs.size()));
                            }
                        })));
            return one(std::move(out));
        });
    };
}

}  // namespace

void registerVariadic(Registry& registry) {
    constexpr Arity kVariadic{1, kAny, 1};
    const auto keep = [](auto value, double) { return value; };
    registry.add("Sum", 1, kVariadic, folding([](auto a, auto b) { return added(a, b); }, keep));
    registry.add("Max", 1, kVariadic, folding([](auto a, auto b) { return larger(a, b); }, keep));
    registry.add("Min", 1, kVariadic, folding([](auto a, auto b) { return smaller(a, b); }, keep));
    registry.add("Mean", 1, kVariadic, folding([](auto a, auto b) { return added(a, b); }, [](auto value, double count) {
        return static_cast<decltype(value)>(static_cast<double>(value) / count);
    }));
}

}  // namespace trimtab::ref
