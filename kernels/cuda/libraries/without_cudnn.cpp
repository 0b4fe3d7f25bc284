#include "kernels/cuda/libraries/convolution_library.h"

namespace trimtab::cuda {

Result<std::unique_ptr<ConvolutionLibrary>> openCudnn(std::shared_ptr<Device>) {
    return fail(ErrorCode::Unsupported, "this build was made without cuDNN's headers: convolutions run on our own kernels");
}

}  // namespace trimtab::cuda
