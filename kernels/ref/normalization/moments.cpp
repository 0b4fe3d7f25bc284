#include "kernels/ref/normalization/moments.h"

#include <fmt/format.h>

#include "kernels/ref/elements.h"

namespace trimtab::ref {

Status requireFloating(const Call& call, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
        if (call.has(i) && !isFloatingPoint(call.tensor(i).type())) return refuse(call, "inputs must be of a floating type");
    return {};
}

Line allOf(const Tensor& tensor) {
    Line values(static_cast<std::size_t>(tensor.elementCount()));
    load(tensor, 0, 1, tensor.elementCount(), values.data());
    return values;
}

Result<Line> perChannel(const Call& call, std::size_t i, std::int64_t count, double fallback) {
    if (!call.has(i)) return Line(static_cast<std::size_t>(count), fallback);
    if (call.tensor(i).elementCount() != count)
        return refuse(call, fmt::format("input {} has {} values where {} are needed", i, call.tensor(i).elementCount(), count));
    return allOf(call.tensor(i));
}

Moments moments(const Line& line) {
    Moments m;
    if (line.empty()) return m;
    for (const double x : line) m.mean += x;
    m.mean /= static_cast<double>(line.size());
    for (const double x : line) m.variance += (x - m.mean) * (x - m.mean);
    m.variance /= static_cast<double>(line.size());
    return m;
}

double epsilonOf(const Call& call, float fallback) { return call.node.number("epsilon", fallback); }

}  // namespace trimtab::ref
