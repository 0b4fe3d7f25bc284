#pragma once
// JPEG through libjpeg, whose errors come by longjmp: kept apart so that no C++ object is ever jumped over.
#include <cstddef>
#include <span>
#include <string>

#include "core/tensor/tensor.h"

namespace trimtab::dataset {

/// As decodeImage(). REQUIRES: the bytes begin like a JPEG file.
Result<Tensor> decodeJpeg(std::span<const std::byte> bytes, int channels, const std::string& what);

}  // namespace trimtab::dataset
