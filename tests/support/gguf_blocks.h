#pragma once
// Numbers as GGUF's blocks, in the plainest way: scales from the largest number, codes to the nearest.
#include <string>
#include <vector>

#include "core/formats/gguf/block_type.h"

namespace trimtab::support {

/// Rows of blocks, one after the other. Q8_0: d = max|w| / 127. Q4_0: d = −w / 8 of the w that is largest either way. Q6_K: s · d near
/// max|w| / 31. Q4_K: m · dmin near −min(w, 0), s · d near what is left of the range / 15. REQUIRES: a multiple of the type's elements.
std::string encoded(const std::vector<float>& values, formats::gguf::BlockType type);

}  // namespace trimtab::support
