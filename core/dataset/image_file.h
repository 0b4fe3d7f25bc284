#pragma once
// PNG and JPEG, decoded to 8-bit pixels. Extents are checked before anything is allocated.
#include <cstddef>
#include <span>
#include <string>

#include "core/tensor/tensor.h"

namespace trimtab::dataset {

inline constexpr std::int64_t kMaxImageExtent = 16384;

/// uint8 [height, width, channels]; channels is 1 (grey) or 3 (red, green, blue), 0 takes what the file has. Transparency is laid over
/// black. Refused: neither PNG nor JPEG, damaged or truncated, wider or higher than kMaxImageExtent.
Result<Tensor> decodeImage(std::span<const std::byte> bytes, int channels, const std::string& what);

}  // namespace trimtab::dataset
