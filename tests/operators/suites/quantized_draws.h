#pragma once
// What the suites of quantised operators share: tensors of codes with scales and zero points.
#include "tests/operators/suite.h"

namespace trimtab::operators {

inline DataType byteCode(Draw& draw) { return draw.pick({DataType::Int8, DataType::UInt8}); }

/// Over the type's whole range.
inline Tensor codes(Draw& draw, DataType type, Shape shape) {
    return type == DataType::Int8 ? draw.tensor(type, std::move(shape), -128, 127) : draw.tensor(type, std::move(shape), 0, 255);
}
/// Zero points near the middle of the type.
inline Tensor zeros(Draw& draw, DataType type, Shape shape) {
    return type == DataType::Int8 ? draw.tensor(type, std::move(shape), -20, 20) : draw.tensor(type, std::move(shape), 100, 150);
}
inline Tensor scales(Draw& draw, Shape shape, double low = 0.01, double high = 0.05) { return draw.floats(std::move(shape), low, high); }

}  // namespace trimtab::operators
