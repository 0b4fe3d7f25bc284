#pragma once
// Convolutions by a library (cuDNN), or by our own kernels where it is missing and on the emulator. Bias, residual and activation follow in
// one pass of our own (launchChannelEpilogue) where the library does not take them.
#include <memory>
#include <string>

#include "kernels/cuda/device/device.h"
#include "kernels/cuda/kernels/windows.h"

namespace trimtab::cuda {

class BoundConvolution {
public:
    virtual ~BoundConvolution() = default;
    /// bias Float32 [O] or null; residual as y or null.
    virtual Status run(const void* x, const void* w, const float* bias, const void* residual, void* y) = 0;
    virtual std::string kernel() const = 0;
};

class ConvolutionLibrary {
public:
    virtual ~ConvolutionLibrary() = default;
    virtual std::string version() const = 0;
    /// `tf32`: float32 operands may be rounded to 10 bits of mantissa. Unsupported when the library has no algorithm.
    virtual Result<std::shared_ptr<BoundConvolution>> prepare(const Convolution& convolution, bool tf32) = 0;
};

/// Unsupported, saying where it was looked for, when the library is not on this machine.
Result<std::unique_ptr<ConvolutionLibrary>> openCudnn(std::shared_ptr<Device> device);
std::unique_ptr<ConvolutionLibrary> ownConvolutionLibrary(std::shared_ptr<Device> device);

}  // namespace trimtab::cuda
