#pragma once
// The pickle in a file of torch.save, read for the tensors that it describes and nothing else. A pickle is a program that may call any
// function of Python; here no function is called. Of protocol 2 (Python's pickletools lists the opcodes) those are known that a dictionary
// of tensors is written with, and of names these, each as the description that it stands for:
//   collections.OrderedDict                       empty; what is set on it as attributes (_metadata) is passed over
//   torch._utils._rebuild_tensor_v2               (storage, offset, size, stride, …)
//   torch._utils._rebuild_parameter               (tensor, …)
//   torch.FloatStorage and the others of a type   in ("storage", type, key, place, elements), the persistent id of a storage
// Any other opcode or name is refused by what it is.
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/tensor/data_type.h"

namespace trimtab::formats::torch {

/// A tensor as a window on a storage; counts in elements. Nothing is checked against the storage's bytes here.
struct Window {
    std::string storage;  // its key in the archive
    DataType type = DataType::Undefined;
    std::int64_t elements = 0;  // of the storage
    std::int64_t offset = 0;
    std::vector<std::int64_t> extents, strides;
};

struct NamedWindow {
    std::string name;
    Window window;
};

/// The top dictionary, in its order. Refused, naming the byte, the name or the entry.
Result<std::vector<NamedWindow>> stateDictIn(std::span<const std::byte> pickle);

}  // namespace trimtab::formats::torch
