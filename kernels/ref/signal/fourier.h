#pragma once
// The discrete Fourier transform of lines of one length, in double: powers of two directly, every other length as a convolution of such
// a length (Bluestein), so that no length costs more than n log n.
#include <complex>
#include <span>
#include <vector>

#include "kernels/ref/arguments.h"

namespace trimtab::ref {

class Fourier {
public:
    using Complex = std::complex<double>;

    /// Refused for lengths outside 1…2^31; OutOfMemory when the tables exceed the memory budget.
    static Result<Fourier> make(const Call& call, std::int64_t length);

    /// line[k] = Σ line[n]·e^(−2πi·k·n/length). REQUIRES: `line` holds `length` values.
    void forward(std::span<Complex> line);
    /// The same with e^(+2πi…), divided by the length.
    void inverse(std::span<Complex> line);

private:
    void powerOfTwo(std::span<Complex> line, bool conjugated) const;

    std::int64_t m_length = 1;
    std::int64_t m_size = 1;  // the power of two in which the work is done
    // Tensors, so that their memory is counted.
    Tensor m_roots;      // e^(−2πi·k/size) for k < size/2
    Tensor m_chirp;      // e^(−πi·k²/length); undefined for powers of two
    Tensor m_response;   // the transform of the conjugated chirp
    Tensor m_work;
};

}  // namespace trimtab::ref
