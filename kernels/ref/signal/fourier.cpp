#include "kernels/ref/signal/fourier.h"

#include <algorithm>
#include <bit>
#include <numbers>

#include <fmt/format.h>

namespace trimtab::ref {
namespace {

constexpr std::int64_t kLongest = std::int64_t{1} << 31;

std::span<Fourier::Complex> values(Tensor& tensor) { return tensor.mutableData<Fourier::Complex>(); }

/// e^(−πi·numerator/denominator)
Fourier::Complex root(std::int64_t numerator, std::int64_t denominator) {
    return std::polar(1.0, -std::numbers::pi * static_cast<double>(numerator) / static_cast<double>(denominator));
}

}  // namespace

Result<Fourier> Fourier::make(const Call& call, std::int64_t length) {
    if (length < 1 || length > kLongest) return refuse(call, fmt::format("a transform of length {} makes no sense", length));
    Fourier made;
    made.m_length = length;
    const bool direct = std::has_single_bit(static_cast<std::uint64_t>(length));
    made.m_size = direct ? length : static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(2 * length - 1)));
    TRIMTAB_TRY(made.m_roots, Tensor::allocate(DataType::Complex128, Shape{std::max<std::int64_t>(made.m_size / 2, 1)}));
    const auto roots = values(made.m_roots);
    for (std::size_t k = 0; k < roots.size(); ++k) roots[k] = root(2 * static_cast<std::int64_t>(k), made.m_size);
    if (direct) return made;
    TRIMTAB_TRY(made.m_chirp, Tensor::allocate(DataType::Complex128, Shape{length}));
    TRIMTAB_TRY(made.m_response, Tensor::zeros(DataType::Complex128, Shape{made.m_size}));
    TRIMTAB_TRY(made.m_work, Tensor::allocate(DataType::Complex128, Shape{made.m_size}));
    const auto chirp = values(made.m_chirp), response = values(made.m_response);
    for (std::int64_t k = 0; k < length; ++k) {
        const auto at = static_cast<std::size_t>(k);
        chirp[at] = root(k * k % (2 * length), length);  // k² < 2^62; the period is 2·length
        response[at] = std::conj(chirp[at]);
        if (k > 0) response[static_cast<std::size_t>(made.m_size - k)] = response[at];
    }
    made.powerOfTwo(response, false);
    return made;
}

void Fourier::powerOfTwo(std::span<Complex> line, bool conjugated) const {
    const std::size_t size = line.size();
    for (std::size_t i = 1, reversed = 0; i < size; ++i) {
        std::size_t bit = size >> 1;
        for (; reversed & bit; bit >>= 1) reversed ^= bit;
        reversed ^= bit;
        if (i < reversed) std::swap(line[i], line[reversed]);
    }
    const auto roots = m_roots.data<Complex>();
    for (std::size_t half = 1; half < size; half *= 2) {
        const std::size_t step = size / (2 * half);
        for (std::size_t first = 0; first < size; first += 2 * half) {
            for (std::size_t k = 0; k < half; ++k) {
                const Complex turn = conjugated ? std::conj(roots[k * step]) : roots[k * step];
                const Complex even = line[first + k], odd = line[first + k + half] * turn;
                line[first + k] = even + odd;
                line[first + k + half] = even - odd;
            }
        }
    }
}

void Fourier::forward(std::span<Complex> line) {
    if (!m_chirp.defined()) return powerOfTwo(line, false);
    const auto chirp = m_chirp.data<Complex>(), response = m_response.data<Complex>();
    const auto work = values(m_work);
    std::fill(work.begin(), work.end(), Complex{});
    for (std::size_t k = 0; k < line.size(); ++k) work[k] = line[k] * chirp[k];
    powerOfTwo(work, false);
    for (std::size_t k = 0; k < work.size(); ++k) work[k] *= response[k];
    powerOfTwo(work, true);
    for (std::size_t k = 0; k < line.size(); ++k) line[k] = work[k] * chirp[k] / static_cast<double>(m_size);
}

void Fourier::inverse(std::span<Complex> line) {
    for (Complex& value : line) value = std::conj(value);
    forward(line);
    for (Complex& value : line) value = std::conj(value) / static_cast<double>(m_length);
}

}  // namespace trimtab::ref
