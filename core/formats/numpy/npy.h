#pragma once
// NumPy's .npy (format versions 1 to 3, little and big endian, C and Fortran order) and .npz (a zip of them, through libzip).
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>

#include "core/tensor/tensor.h"

namespace trimtab::formats::numpy {

/// Refused for object arrays, strings, sizes that the file does not hold.
Result<Tensor> readNpy(const std::filesystem::path& path);
Result<Tensor> parseNpy(std::span<const std::byte> bytes, const std::string& what);
/// bfloat16 is written as uint16 with the same bits; Int4/UInt4 widened to 8 bits.
Status writeNpy(const std::filesystem::path& path, const Tensor& tensor);

/// Entry names without ".npy". Total uncompressed size is limited to maxBytes before anything is read.
Result<std::map<std::string, Tensor>> readNpz(const std::filesystem::path& path, std::int64_t maxBytes = 4LL << 30);

}  // namespace trimtab::formats::numpy
