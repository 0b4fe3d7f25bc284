// HannWindow, HammingWindow, BlackmanWindow: a0 − a1·cos(t) + a2·cos(2t) with t = 2π·n/N. N is the size for periodic windows, size − 1
// for symmetric ones. A symmetric window of one value, of which the operator text says nothing, is 1.
#include <array>
#include <cmath>
#include <numbers>

#include <fmt/format.h>

#include "kernels/ref/arguments.h"
#include "kernels/ref/elements.h"
#include "kernels/ref/families.h"
#include "kernels/ref/type_numbers.h"

namespace trimtab::ref {
namespace {

Kernel cosineWindow(std::array<double, 3> a) {
    return [a](const Call& call) -> Result<Values> {
        TRIMTAB_TRY(const std::int64_t size, integer(call, 0));
        if (size < 1) return refuse(call, fmt::format("a window of {} values makes no sense", size));
        const DataType type = typeOfNumber(call.node.integer("output_datatype", 1));
        if (domainOf(type) == Domain::None || type == DataType::Bool) return unsupported(call, "windows of this type are not made");
        TRIMTAB_TRY(Tensor out, Tensor::allocate(type, Shape{size}));
        const bool periodic = call.node.integer("periodic", 1) != 0;
        const auto period = static_cast<double>(periodic ? size : size - 1);
        for (std::int64_t n = 0; n < size; ++n) {
            const double t = 2 * std::numbers::pi * static_cast<double>(n) / period;
            const double value = period == 0 ? 1 : a[0] - a[1] * std::cos(t) + a[2] * std::cos(2 * t);
            store(out, n, 1, &value);
        }
        return one(std::move(out));
    };
}

}  // namespace

void registerCosineWindows(Registry& registry) {
    constexpr double kHamming = 25.0 / 46.0;
    registry.add("HannWindow", 17, {1, 1, 1}, cosineWindow({0.5, 0.5, 0}));
    registry.add("HammingWindow", 17, {1, 1, 1}, cosineWindow({kHamming, 1 - kHamming, 0}));
    registry.add("BlackmanWindow", 17, {1, 1, 1}, cosineWindow({0.42, 0.5, 0.08}));
}

}  // namespace trimtab::ref
