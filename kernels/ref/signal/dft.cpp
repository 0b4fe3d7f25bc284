// DFT: the discrete Fourier transform along one axis of [..., signal, ..., 1 (real) or 2 (complex)].
#include <algorithm>

#include <fmt/format.h>

#include "kernels/ref/elements.h"
#include "kernels/ref/families.h"
#include "kernels/ref/signal/fourier.h"

namespace trimtab::ref {
namespace {

struct Transform {
    int axis = 0;
    std::int64_t length = 0;  // of the transform
    std::int64_t read = 0;    // values that are read of each line
    std::int64_t written = 0; // values that are written of each line
    bool inverse = false, onesided = false;
    bool toReal() const { return inverse && onesided; }
};

/// Attribute `axis` (default 1) before opset 20, an input (default −2) since. The last axis holds the parts of a number.
Result<int> signalAxis(const Call& call, int rank) {
    std::int64_t given = call.node.integer("axis", 1);
    if (opset(call) >= 20) {
        given = -2;
        if (call.has(2)) {
            TRIMTAB_TRY(given, integer(call, 2));
        }
    }
    TRIMTAB_TRY(const int at, axis(call, given, rank));
    if (at == rank - 1) return refuse(call, "the last axis holds real and imaginary parts and is no signal");
    return at;
}

/// One-sided forward transforms take real input; one-sided inverse ones take the first half of a symmetric spectrum, cut or padded to what
/// the length needs, and give real values.
Result<Transform> transformOf(const Call& call) {
    const Shape& shape = call.tensor(0).shape();
    const int rank = shape.rank();
    if (!isFloatingPoint(call.tensor(0).type())) return refuse(call, "the input must be of a floating type");
    if (rank < 2 || shape[rank - 1] < 1 || shape[rank - 1] > 2)
        return refuse(call, fmt::format("the input {} must end in an axis of 1 (real) or 2 (complex) values", shape.text()));
    Transform t;
    TRIMTAB_TRY(t.axis, signalAxis(call, rank));
    t.inverse = call.node.integer("inverse", 0) != 0;
    t.onesided = call.node.integer("onesided", 0) != 0;
    if (t.onesided && !t.inverse && shape[rank - 1] == 2) return refuse(call, "a complex input has no one-sided transform");
    if (t.toReal() && shape[rank - 1] == 1) return refuse(call, "a one-sided inverse needs a complex spectrum");
    t.length = t.toReal() ? 2 * (shape[t.axis] - 1) : shape[t.axis];
    if (call.has(1)) {
        TRIMTAB_TRY(t.length, integer(call, 1));
    }
    if (t.length < 1 && (call.has(1) || t.toReal())) {
        return refuse(call, fmt::format("a transform of length {} makes no sense", t.length));
    }
    t.read = std::min(shape[t.axis], t.toReal() ? t.length / 2 + 1 : t.length);
    t.written = t.onesided && !t.inverse ? t.length / 2 + 1 : t.length;
    return t;
}

/// The half that a symmetric spectrum leaves out; the imaginary parts of the first and of a middle value count as 0.
void completeSpectrum(std::span<Fourier::Complex> line) {
    const std::size_t length = line.size();
    line[0] = line[0].real();
    if (length % 2 == 0) line[length / 2] = line[length / 2].real();
    for (std::size_t k = length / 2 + 1; k < length; ++k) line[k] = std::conj(line[length - k]);
}

Result<Values> dft(const Call& call) {
    const Tensor& x = call.tensor(0);
    TRIMTAB_TRY(const Transform t, transformOf(call));
    const int rank = x.shape().rank();
    const std::int64_t parts = x.shape()[rank - 1], outParts = t.toReal() ? 1 : 2;
    Shape shape = x.shape();
    shape[t.axis] = t.written;
    shape[rank - 1] = outParts;
    TRIMTAB_TRY(Tensor out, Tensor::allocate(x.type(), shape));
    if (out.elementCount() == 0) return one(std::move(out));
    TRIMTAB_TRY(Fourier fourier, Fourier::make(call, t.length));
    TRIMTAB_TRY(Tensor buffer, Tensor::allocate(DataType::Complex128, Shape{t.length}));
    const auto line = buffer.mutableData<Fourier::Complex>();
    const std::int64_t inner = extent(x.shape(), t.axis + 1, rank - 1), lines = extent(x.shape(), 0, t.axis) * inner;
    for (std::int64_t n = 0; n < lines; ++n) {
        std::fill(line.begin(), line.end(), Fourier::Complex{});
        for (std::int64_t k = 0; k < t.read; ++k) {
            double value[2] = {0, 0};
            load(x, ((n / inner * x.shape()[t.axis] + k) * inner + n % inner) * parts, 1, parts, value);
            line[static_cast<std::size_t>(k)] = {value[0], value[1]};
        }
        if (t.toReal()) completeSpectrum(line);
        if (t.inverse) fourier.inverse(line);
        else fourier.forward(line);
        for (std::int64_t k = 0; k < t.written; ++k) {
            const Fourier::Complex& result = line[static_cast<std::size_t>(k)];
            const double value[2] = {result.real(), result.imag()};
            store(out, ((n / inner * t.written + k) * inner + n % inner) * outParts, outParts, value);
        }
    }
    return one(std::move(out));
}

}  // namespace

void registerDft(Registry& registry) {
    registry.add("DFT", 17, {1, 2, 1}, dft);
    registry.add("DFT", 20, {1, 3, 1}, dft);
}

}  // namespace trimtab::ref
