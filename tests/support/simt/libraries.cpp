// NVIDIA's libraries do not run on the emulator: our own kernels stand in.
#include "kernels/cuda/libraries/convolution_library.h"
#include "kernels/cuda/libraries/matrix_library.h"

namespace trimtab::cuda {

Result<std::unique_ptr<MatrixLibrary>> openCublasLt(std::shared_ptr<Device>) {
    return fail(ErrorCode::Unsupported, "the emulator runs no cuBLASLt");
}
Result<std::unique_ptr<ConvolutionLibrary>> openCudnn(std::shared_ptr<Device>) {
    return fail(ErrorCode::Unsupported, "the emulator runs no cuDNN");
}

}  // namespace trimtab::cuda
