#pragma once
// A .npy array that lies in memory already (a mapping, an unpacked archive entry), without copying where its bytes can be used as they are.
#include <memory>
#include <span>
#include <string>

#include "core/tensor/tensor.h"

namespace trimtab::formats::numpy {

/// A view kept alive by `owner`, or a copy when the order, the byte order or the alignment differ, or when there is no owner.
Result<Tensor> viewNpy(std::span<const std::byte> bytes, std::shared_ptr<const void> owner, const std::string& what);

}  // namespace trimtab::formats::numpy
