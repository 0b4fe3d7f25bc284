// STFT: the Fourier transforms of windowed frames of a signal [batch, samples, 1 (real) or 2 (complex)].
#include <fmt/format.h>

#include "kernels/ref/elements.h"
#include "kernels/ref/families.h"
#include "kernels/ref/signal/fourier.h"

namespace trimtab::ref {
namespace {

struct Frames {
    std::int64_t step = 1, length = 1, count = 0, written = 0;
    std::vector<double> window;  // empty: all ones
};

/// The frame's length is an input or the window's length; where both are given they must be the same.
Result<Frames> framesOf(const Call& call) {
    const Shape& shape = call.tensor(0).shape();
    Frames f;
    TRIMTAB_TRY(f.step, integer(call, 1));
    if (f.step < 1) return refuse(call, fmt::format("a frame step of {} makes no sense", f.step));
    if (!call.has(2) && !call.has(3)) return refuse(call, "neither a window nor a frame length is given");
    if (call.has(3)) {
        TRIMTAB_TRY(f.length, integer(call, 3));
    }
    if (call.has(2)) {
        const Tensor& window = call.tensor(2);
        TRIMTAB_REQUIRE(sameType(call, call.tensor(0), window));
        if (window.shape().rank() != 1) return refuse(call, "the window must have one axis");
        if (call.has(3) && f.length != window.elementCount())
            return refuse(call, fmt::format("a window of {} values does not fit frames of {}", window.elementCount(), f.length));
        f.length = window.elementCount();
        f.window.resize(static_cast<std::size_t>(f.length));
        if (f.length > 0) load(window, 0, 1, f.length, f.window.data());
    }
    if (f.length < 1 || f.length > shape[1]) return refuse(call, fmt::format("frames of {} don't fit a signal of {}", f.length, shape[1]));
    const bool onesided = call.node.integer("onesided", 1) != 0;
    if (onesided && shape[2] == 2) return refuse(call, "a complex signal has no one-sided transform");
    f.count = (shape[1] - f.length) / f.step + 1;
    f.written = onesided ? f.length / 2 + 1 : f.length;
    return f;
}

Result<Values> stft(const Call& call) {
    const Tensor& x = call.tensor(0);
    const Shape& shape = x.shape();
    if (!isFloatingPoint(x.type())) return refuse(call, "the signal must be of a floating type");
    if (shape.rank() != 3 || shape[2] < 1 || shape[2] > 2)
        return refuse(call, fmt::format("the signal {} must be [batch, samples, 1 or 2]", shape.text()));
    TRIMTAB_TRY(const Frames f, framesOf(call));
    TRIMTAB_TRY(Tensor out, Tensor::allocate(x.type(), Shape{shape[0], f.count, f.written, 2}));
    if (out.elementCount() == 0) return one(std::move(out));
    TRIMTAB_TRY(Fourier fourier, Fourier::make(call, f.length));
    TRIMTAB_TRY(Tensor buffer, Tensor::allocate(DataType::Complex128, Shape{f.length}));
    const auto line = buffer.mutableData<Fourier::Complex>();
    const std::int64_t parts = shape[2];
    for (std::int64_t n = 0; n < shape[0] * f.count; ++n) {
        const std::int64_t first = n / f.count * shape[1] + n % f.count * f.step;
        for (std::int64_t k = 0; k < f.length; ++k) {
            double value[2] = {0, 0};
            load(x, (first + k) * parts, 1, parts, value);
            const double weight = f.window.empty() ? 1 : f.window[static_cast<std::size_t>(k)];
            line[static_cast<std::size_t>(k)] = {value[0] * weight, value[1] * weight};
        }
        fourier.forward(line);
        for (std::int64_t k = 0; k < f.written; ++k) {
            const Fourier::Complex& result = line[static_cast<std::size_t>(k)];
            const double value[2] = {result.real(), result.imag()};
            store(out, (n * f.written + k) * 2, 2, value);
        }
    }
    return one(std::move(out));
}

}  // namespace

void registerStft(Registry& registry) { registry.add("STFT", 17, {2, 4, 1}, stft); }

}  // namespace trimtab::ref
