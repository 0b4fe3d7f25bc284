#pragma once
// The angles of rotary position embeddings (Su et al. 2021, "RoFormer", equation 15), with the stretching that a config asks for.
#include <vector>

#include "core/formats/huggingface/decoder_config.h"

namespace trimtab::formats::huggingface {

/// headSize / 2 frequencies in radians a position: θ^(−2i / headSize), stretched.
std::vector<double> rotaryFrequencies(const DecoderConfig& config);

}  // namespace trimtab::formats::huggingface
