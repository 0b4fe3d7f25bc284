#include "kernels/cuda/libraries/convolution_library.h"

namespace trimtab::cuda {
namespace {

class OwnConvolution final : public BoundConvolution {
public:
    OwnConvolution(std::shared_ptr<Device> device, const Convolution& convolution)
        : m_device(std::move(device)), m_convolution(convolution) {}
    Status run(const void* x, const void* w, const float* bias, const void* residual, void* y) override {
        return launchConvolution(m_device->stream(), m_convolution, x, w, bias, residual, y);
    }
    std::string kernel() const override { return "own convolution"; }

private:
    std::shared_ptr<Device> m_device;
    Convolution m_convolution;
};

class OwnLibrary final : public ConvolutionLibrary {
public:
    explicit OwnLibrary(std::shared_ptr<Device> device) : m_device(std::move(device)) {}
    std::string version() const override { return "own convolutions"; }
    Result<std::shared_ptr<BoundConvolution>> prepare(const Convolution& convolution, bool) override {
        return std::shared_ptr<BoundConvolution>(std::make_shared<OwnConvolution>(m_device, convolution));
    }

private:
    std::shared_ptr<Device> m_device;
};

}  // namespace

std::unique_ptr<ConvolutionLibrary> ownConvolutionLibrary(std::shared_ptr<Device> device) {
    return std::make_unique<OwnLibrary>(std::move(device));
}

}  // namespace trimtab::cuda
