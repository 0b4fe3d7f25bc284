#pragma once
// The header of a .npy file: a magic string, a version, and a Python dictionary literal with descr, fortran_order and shape.
// Source: NumPy Enhancement Proposal 1, "A Simple File Format for NumPy Arrays", and numpy.lib.format.
#include <cstddef>
#include <span>
#include <string>

#include "core/base/result.h"
#include "core/tensor/data_type.h"
#include "core/tensor/shape.h"

namespace trimtab::formats::numpy {

struct NpyHeader {
    DataType type = DataType::Undefined;
    bool bigEndian = false;
    bool fortranOrder = false;
    Shape shape;
    std::size_t dataOffset = 0;
};

/// Refused for anything that is no .npy header of a plain numeric array. `what` names the file in messages.
Result<NpyHeader> parseHeader(std::span<const std::byte> bytes, const std::string& what);

/// Magic, version 1.0 (2.0 when the shape needs more than 64 KiB) and the dictionary, padded so that data begins at a multiple of 64.
std::string makeHeader(DataType type, const Shape& shape);

}  // namespace trimtab::formats::numpy
