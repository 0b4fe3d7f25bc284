#pragma once
// What compression is handed besides graph and recipe.
#include <functional>

#include "core/compress/activation_source.h"
#include "core/compress/tensor_math.h"

namespace trimtab::compress {

/// Methods that look at activations want both pointers; others neither. What they point to outlives the call.
struct Tools {
    std::function<bool()> cancelled;  // polled before each layer and within long ones, by one thread at a time
    std::function<void(double share)> progress;  // 0…1, of the layers
    ActivationSource* activations = nullptr;
    TensorMath* math = nullptr;

    bool stops() const { return cancelled && cancelled(); }
    /// Refused, saying what to give, where a method cannot look at activations.
    Status requireCalibration() const {
        if (activations && math) return {};
        return fail(ErrorCode::Refused, "this method looks at activations: name calibration data (--calibration)");
    }
};

}  // namespace trimtab::compress
