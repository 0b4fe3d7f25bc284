// Cast, CastLike, Where, Clip.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "core/tensor/convert.h"
#include "kernels/ref/broadcast.h"
#include "kernels/ref/families.h"
#include "kernels/ref/type_numbers.h"

namespace trimtab::ref {
namespace {

bool isNumber(DataType type) { return domainOf(type) != Domain::None || tensor::isMinifloat(type); }

/// Attributes `saturate` (opset 19) and `round_mode` (opset 24, of float8e8m0).
Result<tensor::MinifloatRules> minifloatRules(const Call& call) {
    tensor::MinifloatRules rules;
    rules.saturate = call.node.integer("saturate", 1) != 0;
    const std::string mode = call.node.string("round_mode", "up");
    if (mode == "down") rules.scale = tensor::ScaleRounding::Down;
    else if (mode == "nearest") rules.scale = tensor::ScaleRounding::Nearest;
    else if (mode != "up") return refuse(call, "round_mode is up, down or nearest, not '" + mode + "'");
    return rules;
}

Result<Values> castTo(const Call& call, DataType to) {
    if (!isNumber(to) || !isNumber(call.tensor(0).type()))
        return unsupported(call, fmt::format("no conversion from {} to {}", name(call.tensor(0).type()), name(to)));
    TRIMTAB_TRY(const tensor::MinifloatRules rules, minifloatRules(call));
    TRIMTAB_TRY(Tensor out, tensor::convert(call.tensor(0), to, rules));
    return one(std::move(out));
}

Result<Values> cast(const Call& call) {
    if (!call.node.has("to")) return refuse(call, "attribute to is missing");
    const std::string word = call.node.string("to", "");
    const DataType to = word.empty() ? typeOfNumber(call.node.integer("to", 0)) : typeOfWord(word);
    if (to == DataType::Undefined)
        return unsupported(call,
                           fmt::format("type {} is not converted to", word.empty() ? std::to_string(call.node.integer("to", 0)) : word));
    return castTo(call, to);
}

Result<Values> castLike(const Call& call) { return castTo(call, call.tensor(1).type()); }

Result<Values> where(const Call& call) {
    if (call.tensor(0).type() != DataType::Bool) return refuse(call, "the condition must be boolean");
    TRIMTAB_REQUIRE(sameType(call, call.tensor(1), call.tensor(2)));
    const DataType type = call.tensor(1).type();
    if (domainOf(type) == Domain::None) return unsupported(call, fmt::format("type {} is not selected from", name(type)));
    const Tensor* inputs[] = {&call.tensor(0), &call.tensor(1), &call.tensor(2)};
    return inDomain(type, [&](auto zero) -> Result<Values> {
        using C = decltype(zero);
        TRIMTAB_TRY(Tensor out, (mapBroadcast<C, C>(call, inputs, type, [](const C* const* in, std::int64_t n, C* result) {
                        for (std::int64_t i = 0; i < n; ++i) result[i] = in[0][i] != C{0} ? in[1][i] : in[2][i];
                    })));
        return one(std::move(out));
    });
}

template <class C>
Result<Values> clipBetween(const Call& call, C low, C high) {
    const Tensor* inputs[] = {&call.tensor(0)};
    TRIMTAB_TRY(Tensor out, (mapBroadcast<C, C>(call, inputs, inputs[0]->type(), [=](const C* const* in, std::int64_t n, C* result) {
                    for (std::int64_t i = 0; i < n; ++i) {
                        const C raised = in[0][i] < low ? low : in[0][i];
                        result[i] = high < raised ? high : raised;
                    }
                })));
    return one(std::move(out));
}

/// Bounds are attributes before opset 11, inputs since; where they cross, the upper one holds. NaN passes through.
Result<Values> clip(const Call& call) {
    const DataType type = call.tensor(0).type();
    if (domainOf(type) == Domain::None || type == DataType::Bool) return refuse(call, "the input must be numeric");
    return inDomain(type, [&](auto zero) -> Result<Values> {
        using C = decltype(zero);
        C low = std::numeric_limits<C>::lowest();
        C high = std::numeric_limits<C>::max();
        if constexpr (std::is_same_v<C, double>) {
            low = -std::numeric_limits<double>::infinity();
            high = -low;
        }
        if (opset(call) < 11) {
            if (call.node.has("min")) low = static_cast<C>(call.node.number("min", 0));
            if (call.node.has("max")) high = static_cast<C>(call.node.number("max", 0));
        }
        for (const std::size_t i : {std::size_t{1}, std::size_t{2}}) {
            if (!call.has(i)) continue;
            TRIMTAB_REQUIRE(sameType(call, call.tensor(0), call.tensor(i)));
            if (call.tensor(i).elementCount() != 1) return refuse(call, "a bound must be one number");
            load(call.tensor(i), 0, 0, 1, i == 1 ? &low : &high);
        }
        return clipBetween<C>(call, low, high);
    });
}

}  // namespace

DataType typeOfNumber(std::int64_t number) {
    const DataType type = tensor::dataTypeFromOnnx(number).value_or(DataType::Undefined);
    const bool isHeld = tensor::isFloatingPoint(type) || tensor::isMinifloat(type) || tensor::isInteger(type) || type == DataType::Bool;
    return isHeld ? type : DataType::Undefined;
}

DataType typeOfWord(std::string_view word) {
    constexpr std::array<std::string_view, 14> kWords{"",      "FLOAT", "UINT8",  "INT8", "UINT16",  "INT16",  "INT32",
                                                      "INT64", "STRING", "BOOL", "FLOAT16", "DOUBLE", "UINT32", "UINT64"};
    const auto at = std::find(kWords.begin(), kWords.end(), word) - kWords.begin();
    return typeOfNumber(at);
}

void registerSelection(Registry& registry) {
    registry.add("Cast", 1, {1, 1, 1}, cast);
    registry.add("CastLike", 15, {2, 2, 1}, castLike);
    registry.add("Where", 9, {3, 3, 1}, where);
    registry.add("Clip", 1, {1, 3, 1}, clip);
}

}  // namespace trimtab::ref
