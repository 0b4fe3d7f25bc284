// com.microsoft.Unique: the different values of a vector in the order in which they first stand there, for every element the place of its
// value among them, and how often each occurs.
#include <algorithm>
#include <bit>
#include <unordered_map>

#include "kernels/ref/elements.h"
#include "kernels/ref/families.h"
#include "kernels/ref/movement.h"

namespace trimtab::ref {
namespace {

/// Equal numbers have equal keys; NaNs of the same bits are taken as equal.
template <class C>
std::vector<std::uint64_t> keysOf(const Tensor& x) {
    std::vector<C> values(static_cast<std::size_t>(x.elementCount()));
    load(x, 0, 1, x.elementCount(), values.data());
    std::vector<std::uint64_t> keys;
    for (const C value : values) keys.push_back(std::bit_cast<std::uint64_t>(value == C{0} ? C{0} : value));
    return keys;
}

Result<Tensor> asTensor(const Ints& values) {
    TRIMTAB_TRY(Tensor out, Tensor::allocate(DataType::Int64, Shape{static_cast<std::int64_t>(values.size())}));
    std::copy(values.begin(), values.end(), out.mutableData<std::int64_t>().begin());
    return out;
}

Result<Values> unique(const Call& call) {
    const Tensor& x = call.tensor(0);
    if (x.shape().rank() != 1) return refuse(call, "the input must be a vector");
    TRIMTAB_TRY(const std::int64_t width, elementBytes(call, x));
    if (domainOf(x.type()) == Domain::None) return unsupported(call, "values of this type are not compared");
    const auto keys = inDomain(x.type(), [&](auto zero) { return keysOf<decltype(zero)>(x); });
    std::unordered_map<std::uint64_t, std::int64_t> places;
    Ints firsts, indices, counts;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const auto [found, isNew] = places.emplace(keys[i], static_cast<std::int64_t>(firsts.size()));
        if (isNew) {
            firsts.push_back(static_cast<std::int64_t>(i));
            counts.push_back(0);
        }
        indices.push_back(found->second);
        ++counts[static_cast<std::size_t>(found->second)];
    }
    TRIMTAB_TRY(Tensor out, Tensor::allocate(x.type(), Shape{static_cast<std::int64_t>(firsts.size())}));
    for (std::size_t i = 0; i < firsts.size(); ++i) copyElements(out, static_cast<std::int64_t>(i), x, firsts[i], 1, width);
    TRIMTAB_TRY(const Tensor where, asTensor(indices));
    TRIMTAB_TRY(const Tensor often, asTensor(counts));
    return Values{out, where, often};
}

}  // namespace

void registerMicrosoftUnique(Registry& registry) { registry.add("Unique", 1, {1, 1, 3}, unique, "com.microsoft"); }

}  // namespace trimtab::ref
