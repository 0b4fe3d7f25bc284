#pragma once
// A dictionary of tensors as torch.save writes it since PyTorch 1.6: a zip archive of stored entries, "<root>/data.pkl" (state_dict.h) and
// a file "<root>/data/<key>" of little-endian elements for each storage.
#include <filesystem>
#include <string>
#include <vector>

#include "core/tensor/tensor.h"

namespace trimtab::formats::torch {

/// `descriptor` is taken; `name` stands in messages. Tensors that share a storage share its bytes; those whose strides are not row-major
/// are copied. Refused, naming the tensor or the entry, where one does not lie within its storage, or a storage is not as long as it is
/// said to be.
Result<std::vector<NamedTensor>> readTensors(int descriptor, const std::string& name);

/// Whether a file's name ends as those of PyTorch do: .pt, .pth or .ckpt.
bool isNamedAsTorch(const std::filesystem::path& path);
/// What is said of such files where they are given for models: how to bring their tensors or their graph into one that is read.
Error refusalOf(const std::filesystem::path& path);

}  // namespace trimtab::formats::torch
