// Softmax, LogSoftmax, Hardmax. Since opset 13 along one axis; before, the input was read as a matrix [axes before, axes from `axis` on].
#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/ref/arguments.h"
#include "kernels/ref/elements.h"
#include "kernels/ref/families.h"

namespace trimtab::ref {
namespace {

using Line = std::vector<double>;

/// Applies `f` to every line of values that are normalised together.
template <class F>
Kernel alongAxis(F f) {
    return [f](const Call& call) -> Result<Values> {
        const Tensor& x = call.tensor(0);
        if (!isFloatingPoint(x.type())) return refuse(call, "the input must be of a floating type");
        const Shape& shape = x.shape();
        const bool flattened = opset(call) < 13;
        TRIMTAB_TRY(const int at, axisAttribute(call, "axis", flattened ? 1 : -1, std::max(shape.rank(), 1)));
        TRIMTAB_TRY(Tensor out, Tensor::allocate(x.type(), shape));
        if (out.elementCount() == 0) return one(std::move(out));
        const std::int64_t outer = extent(shape, 0, std::min(at, shape.rank()));
        const std::int64_t inner = flattened || shape.rank() == 0 ? 1 : extent(shape, at + 1, shape.rank());
        const std::int64_t length = x.elementCount() / outer / inner;
        Line line(static_cast<std::size_t>(length));
        for (std::int64_t o = 0; o < outer; ++o) {
            for (std::int64_t i = 0; i < inner; ++i) {
                const std::int64_t first = o * length * inner + i;
                for (std::int64_t k = 0; k < length; ++k) load(x, first + k * inner, 0, 1, &line[static_cast<std::size_t>(k)]);
                f(line);
                for (std::int64_t k = 0; k < length; ++k) store(out, first + k * inner, 1, &line[static_cast<std::size_t>(k)]);
            }
        }
        return one(std::move(out));
    };
}

void softmaxLine(Line& line) {
    const double top = *std::max_element(line.begin(), line.end());
    double sum = 0;
    for (double& value : line) sum += value = std::exp(value - top);
    for (double& value : line) value /= sum;
}

void logSoftmaxLine(Line& line) {
    const double top = *std::max_element(line.begin(), line.end());
    double sum = 0;
    for (const double value : line) sum += std::exp(value - top);
    for (double& value : line) value = value - top - std::log(sum);
}

/// One at the first largest value.
void hardmaxLine(Line& line) {
    const auto top = std::max_element(line.begin(), line.end());
    const auto at = top - line.begin();
    std::fill(line.begin(), line.end(), 0.0);
    line[static_cast<std::size_t>(at)] = 1;
}

}  // namespace

void registerSoftmax(Registry& registry) {
    registry.add("Softmax", 1, {1, 1, 1}, alongAxis(softmaxLine));
    registry.add("LogSoftmax", 1, {1, 1, 1}, alongAxis(logSoftmaxLine));
    registry.add("Hardmax", 1, {1, 1, 1}, alongAxis(hardmaxLine));
}

}  // namespace trimtab::ref
