#pragma once
// The token that follows, chosen from logits where they are (core/runtime/generation/token_choice.h states the rule).
#include "kernels/cuda/device/device.h"

namespace trimtab::cuda {

/// logits [sequences, vocabulary], choices [sequences, 4] → tokens [sequences]. 1 ≤ vocabulary ≤ runtime::kMostLogits. One block a sequence: one walk over
/// its logits without temperature; three more for top-k, four for top-p, one for the draw.
Status launchTokenChoice(Stream stream, std::int64_t sequences, std::int64_t vocabulary, const float* logits, const double* choices,
                         std::int64_t* tokens);

}  // namespace trimtab::cuda
