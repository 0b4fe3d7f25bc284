// Fourier transforms, windows, mel filters; and determinants.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "core/tensor/convert.h"
#include "tests/operators/suites.h"

namespace trimtab::operators {
namespace {

DataType floatType(Draw& draw) { return draw.pick({DataType::Float32, DataType::Float64}); }

Tensor scalarOf(std::int64_t value) { return Tensor::fromInt64s(Shape{}, {value}); }

/// [..., 1 or 2] and one of its axes but the last.
struct Signal {
    Shape shape;
    std::int64_t axis = 0;
};

Signal signal(Draw& draw, int lowestRank, bool complex) {
    Signal made;
    made.shape = draw.shape(static_cast<int>(draw.integer(lowestRank, 4)), 1, 4);
    made.shape[made.shape.rank() - 1] = complex ? 2 : 1;
    made.axis = draw.integer(0, made.shape.rank() - 2);
    made.shape[static_cast<int>(made.axis)] = draw.integer(1, 17);
    return made;
}

/// One-sided transforms of real input; the one-sided inverse (opset 20) has a suite of its own.
void drawDirection(Draw& draw, Case& made, bool complex) {
    if (!complex && draw.coin()) made.attributes["onesided"] = std::int64_t{1};
    else if (draw.coin()) made.attributes["inverse"] = std::int64_t{1};
}

void drawLength(Draw& draw, Case& made) {
    made.inputs.push_back(draw.coin() ? scalarOf(draw.integer(1, 20)) : Tensor());
    if (draw.coin()) made.initializers.insert(1);
}

Case dft17(Draw& draw, int index) {
    const bool complex = draw.coin();
    const Signal drawn = signal(draw, 2, complex);
    Case made{.inputs = {draw.tensor(floatType(draw), index == 0 ? Shape{2, 1, 1} : drawn.shape)}};
    if (index != 0 && !(drawn.axis == 1 && draw.coin()))
        made.attributes["axis"] = draw.coin() ? drawn.axis : drawn.axis - drawn.shape.rank();
    drawDirection(draw, made, complex || index == 0);
    drawLength(draw, made);
    return made;
}

Case dft20(Draw& draw, int index) {
    const bool complex = draw.coin();
    const Signal drawn = signal(draw, 2, complex);
    Case made{.inputs = {draw.tensor(floatType(draw), index == 0 ? Shape{1, 1} : drawn.shape)}};
    drawDirection(draw, made, complex || index == 0);
    drawLength(draw, made);
    if (index != 0 && !(drawn.axis == drawn.shape.rank() - 2 && draw.coin())) {
        made.inputs.push_back(scalarOf(draw.coin() ? drawn.axis : drawn.axis - drawn.shape.rank()));
        if (draw.coin()) made.initializers.insert(2);
    }
    return made;
}

/// One-sided spectra [batch, bins, 2] along axis 1, made real. Lengths that fit the bins, or any.
Case inverseOneSided(Draw& draw, int index, bool fitting) {
    const std::int64_t bins = index == 0 ? 2 : draw.integer(2, 9);
    Case made{.inputs = {draw.tensor(floatType(draw), Shape{draw.integer(1, 3), bins, 2})}};
    made.attributes["onesided"] = std::int64_t{1};
    made.attributes["inverse"] = std::int64_t{1};
    const std::int64_t length = fitting ? 2 * (bins - 1) + draw.integer(0, 1) : draw.integer(1, 20);
    made.inputs.push_back(draw.coin(0.8) ? scalarOf(length) : Tensor());
    if (draw.coin()) made.initializers.insert(1);
    return made;
}

Case fittingInverse(Draw& draw, int index) { return inverseOneSided(draw, index, true); }
Case anyInverse(Draw& draw, int index) { return inverseOneSided(draw, index, false); }

/// The real signal whose spectrum begins with the values given: x[n] = (X0 + 2·Σ Re(X[k]·e^(2πi·k·n/N)) [+ X(N/2)·cos(πn)]) / N.
Tensors realInverse(const Case& drawn) {
    const Tensor& x = drawn.inputs[0];
    const std::int64_t batch = x.shape()[0], bins = x.shape()[1];
    const std::int64_t length = drawn.inputs[1].defined() ? tensor::elementAsInt64(drawn.inputs[1], 0) : 2 * (bins - 1);
    std::vector<double> values;
    for (std::int64_t b = 0; b < batch; ++b) {
        const auto part = [&](std::int64_t k, int which) {
            return k < bins ? tensor::elementAsDouble(x, (b * bins + k) * 2 + which) : 0.0;
        };
        for (std::int64_t n = 0; n < length; ++n) {
            double sum = part(0, 0);
            for (std::int64_t k = 1; 2 * k < length; ++k) {
                const double angle = 2 * std::numbers::pi * static_cast<double>(k * n) / static_cast<double>(length);
                sum += 2 * (part(k, 0) * std::cos(angle) - part(k, 1) * std::sin(angle));
            }
            if (length % 2 == 0) sum += part(length / 2, 0) * (n % 2 == 0 ? 1 : -1);
            values.push_back(sum / static_cast<double>(length));
        }
    }
    return {*tensor::convert(Tensor::fromValues(DataType::Float64, Shape{batch, length, 1}, values), x.type())};
}

/// ONNX Runtime reads a window as complex where the signal is: complex signals have windows in a suite of their own.
Case stft(Draw& draw, int index, bool complex, bool windowed) {
    const std::int64_t samples = draw.integer(4, 24), length = index == 0 ? samples : draw.integer(1, samples);
    const DataType type = floatType(draw);
    Case made{.inputs = {draw.tensor(type, Shape{draw.integer(1, 3), samples, complex ? 2 : 1}), scalarOf(draw.integer(1, 5))}};
    made.inputs.push_back(windowed ? draw.tensor(type, Shape{length}, 0, 1) : Tensor());
    if (!windowed || draw.coin()) made.inputs.push_back(scalarOf(length));
    if (complex) made.attributes["onesided"] = std::int64_t{0};
    else if (draw.coin()) made.attributes["onesided"] = draw.integer(0, 1);
    if (draw.coin()) made.initializers = {1, 3};
    return made;
}

Case realStft(Draw& draw, int index) {
    const bool complex = draw.coin(0.3);
    return stft(draw, index, complex, !complex && draw.coin());
}

Case complexStft(Draw& draw, int index) { return stft(draw, index, true, draw.coin(0.8)); }

/// Sums over every frame, bin by bin.
Tensors summedFrames(const Case& drawn) {
    const Tensor& x = drawn.inputs[0];
    const Tensor& window = drawn.inputs[2];
    const std::int64_t samples = x.shape()[1], step = tensor::elementAsInt64(drawn.inputs[1], 0);
    const std::int64_t length = window.defined() ? window.elementCount() : tensor::elementAsInt64(drawn.inputs[3], 0);
    const std::int64_t frames = (samples - length) / step + 1;
    std::vector<double> values;
    for (std::int64_t b = 0; b < x.shape()[0]; ++b)
        for (std::int64_t first = 0; first < frames * step; first += step)
            for (std::int64_t bin = 0; bin < length; ++bin) {
                double real = 0, imaginary = 0;
                for (std::int64_t n = 0; n < length; ++n) {
                    const double angle = -2 * std::numbers::pi * static_cast<double>(bin * n) / static_cast<double>(length);
                    const double weight = window.defined() ? tensor::elementAsDouble(window, n) : 1;
                    const std::int64_t at = (b * samples + first + n) * 2;
                    const double re = weight * tensor::elementAsDouble(x, at), im = weight * tensor::elementAsDouble(x, at + 1);
                    real += re * std::cos(angle) - im * std::sin(angle);
                    imaginary += re * std::sin(angle) + im * std::cos(angle);
                }
                values.push_back(real);
                values.push_back(imaginary);
            }
    const Tensor made = Tensor::fromValues(DataType::Float64, Shape{x.shape()[0], frames, length, 2}, values);
    return {*tensor::convert(made, x.type())};
}

/// Sizes from 1 (periodic) or 2 (symmetric): the text does not tell what a symmetric window of one value holds.
Case cosineWindow(Draw& draw, int index) {
    Case made;
    const bool periodic = index == 0 || draw.coin();
    const std::int64_t size = index == 0 ? 1 : draw.integer(2, 40);
    made.inputs = {*tensor::convert(scalarOf(size), draw.pick({DataType::Int32, DataType::Int64}))};
    if (!periodic || draw.coin()) made.attributes["periodic"] = std::int64_t{periodic ? 1 : 0};
    if (draw.coin()) made.attributes["output_datatype"] = draw.pick<std::int64_t>({1, 11});
    if (draw.coin()) made.initializers = {0};
    return made;
}

Case melWeightMatrix(Draw& draw, int index) {
    const std::int64_t rate = draw.integer(4000, 20000);
    const double upper = draw.real(0.3, 0.49) * static_cast<double>(rate);
    Case made{.inputs = {scalarOf(index == 0 ? 1 : draw.integer(1, 12)), scalarOf(draw.integer(8, 128)), scalarOf(rate),
                         Tensor::scalar(static_cast<float>(index == 1 ? 0 : draw.real(0, 200))),
                         Tensor::scalar(static_cast<float>(upper))}};
    if (draw.coin()) made.attributes["output_datatype"] = draw.pick<std::int64_t>({1, 11});
    if (draw.coin()) made.initializers = {0, 1};
    return made;
}

Case det(Draw& draw, int index) {
    const std::int64_t n = index == 1 ? 1 : draw.integer(1, 5);
    Shape shape = index == 0 ? Shape{0, 2, 2} : draw.shape(static_cast<int>(draw.integer(2, 4)), 1, 3);
    if (index != 0) shape[shape.rank() - 1] = shape[shape.rank() - 2] = n;
    return {.inputs = {draw.floats(shape)}};
}

Case detOfAnyType(Draw& draw, int index) {
    Case made = det(draw, index);
    const DataType type = draw.pick({DataType::Float32, DataType::Float64, DataType::Float16, DataType::BFloat16});
    made.inputs[0] = *tensor::convert(made.inputs[0], type);
    return made;
}

/// The sum over all orders of the columns of signed products.
Tensors signedProducts(const Case& drawn) {
    const Tensor& x = drawn.inputs[0];
    const int rank = x.shape().rank();
    const std::int64_t n = x.shape()[rank - 1];
    const Shape shape(std::vector<std::int64_t>(x.shape().begin(), x.shape().end() - 2));
    std::vector<double> values;
    for (std::int64_t matrix = 0; matrix < shape.elementCount(); ++matrix) {
        std::vector<std::int64_t> columns(static_cast<std::size_t>(n));
        std::iota(columns.begin(), columns.end(), 0);
        double sum = 0;
        do {
            double product = 1;
            for (std::size_t row = 0; row < columns.size(); ++row) {
                product *= tensor::elementAsDouble(x, (matrix * n + static_cast<std::int64_t>(row)) * n + columns[row]);
                for (std::size_t later = row + 1; later < columns.size(); ++later)
                    if (columns[later] < columns[row]) product = -product;
            }
            sum += product;
        } while (std::next_permutation(columns.begin(), columns.end()));
        values.push_back(sum);
    }
    return {*tensor::convert(Tensor::fromValues(DataType::Float64, shape, values), x.type())};
}

}  // namespace

std::vector<Suite> signalSuites() {
    return {
        {.op = "DFT", .version = 17, .draw = dft17, .relative = 1e-3, .absolute = 1e-4, .cases = 40},
        {.op = "DFT", .version = 20, .draw = dft20, .relative = 1e-3, .absolute = 1e-4, .cases = 40},
        {.op = "DFT", .version = 21, .draw = fittingInverse, .relative = 1e-3, .absolute = 1e-4},
        {.op = "DFT", .version = 22, .draw = anyInverse, .statement = realInverse,
         .why = "of version 20, one-sided inverses whose length does not fit the bins: ONNX Runtime differs from NumPy there"},
        {.op = "STFT", .version = 17, .draw = realStft, .relative = 1e-3, .absolute = 1e-4},
        {.op = "STFT", .version = 18, .draw = complexStft, .statement = summedFrames,
         .why = "of version 17: ONNX Runtime applies windows to complex signals wrongly"},
        {.op = "HannWindow", .version = 17, .draw = cosineWindow},
        {.op = "HammingWindow", .version = 17, .draw = cosineWindow},
        {.op = "BlackmanWindow", .version = 17, .draw = cosineWindow},
        {.op = "MelWeightMatrix", .version = 17, .draw = melWeightMatrix},
        {.op = "Det", .version = 11, .draw = det},
        {.op = "Det", .version = 22, .draw = detOfAnyType, .statement = signedProducts,
         .why = "ONNX Runtime has no kernel for float64 and the 16-bit types"},
    };
}

}  // namespace trimtab::operators
