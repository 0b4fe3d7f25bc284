#pragma once
// What every model on one GPU shares: the device and the libraries that were found for it.
#include <memory>
#include <string>

#include "kernels/cuda/device/device.h"
#include "kernels/cuda/libraries/convolution_library.h"
#include "kernels/cuda/libraries/matrix_library.h"

namespace trimtab::cuda {

struct Tools {
    std::shared_ptr<Device> device;
    std::unique_ptr<MatrixLibrary> products;
    std::unique_ptr<ConvolutionLibrary> convolutions;
    std::string missing;  // which libraries were not found, and where they were looked for; empty when all are there

    /// Nanoseconds of one `work()` on the stream: the least of a few, after one to warm up.
    template <class Work>
    Result<double> timeOf(const Work& work) const {
        constexpr int kRuns = 7;
        TRIMTAB_TRY(const auto watch, device->stopwatch(2));
        TRIMTAB_REQUIRE(work());
        double best = 0;
        for (int i = 0; i < kRuns; ++i) {
            TRIMTAB_REQUIRE(watch->mark(0));
            TRIMTAB_REQUIRE(work());
            TRIMTAB_REQUIRE(watch->mark(1));
            TRIMTAB_TRY(const double time, watch->nanoseconds(0, 1));
            best = i == 0 || time < best ? time : best;
        }
        return best;
    }
};

/// Opens GPU `ordinal` and looks for cuBLASLt and cuDNN; our own kernels stand in for what is missing.
Result<std::shared_ptr<Tools>> openTools(int ordinal);

}  // namespace trimtab::cuda
