#pragma once
// What the suites of narrow formats share: numbers that formats treat apart, every code of a type, and how suites are put down.
#include <cmath>
#include <limits>

#include "core/tensor/convert.h"
#include "tests/operators/small_format.h"
#include "tests/operators/suites.h"

namespace trimtab::operators {

inline DataType float8(Draw& draw) {
    return draw.pick({DataType::Float8E4M3FN, DataType::Float8E4M3FNUZ, DataType::Float8E5M2, DataType::Float8E5M2FNUZ});
}
inline DataType wideFloat(Draw& draw) { return draw.pick({DataType::Float32, DataType::Float16, DataType::BFloat16}); }

inline Tensor ofDoubles(DataType type, const Shape& shape, const std::vector<double>& values) {
    return *tensor::convert(Tensor::fromValues(DataType::Float64, shape, values), type);
}

/// Every code of the type is as likely as any other.
inline Tensor anyCodes(Draw& draw, DataType type, const Shape& shape) {
    std::vector<unsigned> codes(static_cast<std::size_t>(shape.elementCount()));
    for (unsigned& code : codes) code = static_cast<unsigned>(draw.integer(0, (1 << tensor::bitWidth(type)) - 1));
    return ofCodes(type, shape, codes);
}

/// Magnitudes over many powers of two, with the numbers that formats treat apart between them.
inline Tensor spread(Draw& draw, DataType type, const Shape& shape, int lowest, int highest, bool isSigned, bool hasSpecial) {
    constexpr double infinity = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
    std::vector<double> values(static_cast<std::size_t>(shape.elementCount()));
    for (double& value : values) {
        value = std::ldexp(draw.real(1, 2), static_cast<int>(draw.integer(lowest, highest)));
        if (draw.coin(0.3))
            value = std::ldexp(static_cast<double>(draw.integer(2, 8)), static_cast<int>(draw.integer(lowest, highest)) - 2);
        if (isSigned && draw.coin()) value = -value;
        if (hasSpecial && draw.coin(0.15)) value = isSigned ? draw.pick({infinity, -infinity, nan, 0.0}) : draw.pick({nan, 0.0});
    }
    return ofDoubles(type, shape, values);
}

inline std::string text(const Case& drawn, const std::string& key, const std::string& fallback) {
    const auto found = drawn.attributes.find(key);
    return found == drawn.attributes.end() ? fallback : std::get<std::string>(found->second);
}
inline std::int64_t number(const Case& drawn, const std::string& key, std::int64_t fallback) {
    const auto found = drawn.attributes.find(key);
    return found == drawn.attributes.end() ? fallback : std::get<std::int64_t>(found->second);
}

using Drawing = Case (*)(Draw&, int);

inline Suite held(std::string op, int version, Drawing draw, std::string part) {
    return {.op = std::move(op), .version = version, .draw = draw, .relative = 0, .absolute = 0, .cases = 40, .part = std::move(part)};
}

inline Suite stated(std::string op, int version, Drawing draw, std::string part, Statement statement, std::string why) {
    Suite made = held(std::move(op), version, draw, std::move(part));
    made.statement = std::move(statement);
    made.why = std::move(why);
    return made;
}

}  // namespace trimtab::operators
