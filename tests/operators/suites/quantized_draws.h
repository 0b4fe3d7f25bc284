#pragma once
// What the suites of quantised operators share: tensors of codes with scales and zero points.
#include "kernels/onnxruntime/processor.h"
#include "tests/operators/suite.h"

namespace trimtab::operators {

inline DataType byteCode(Draw& draw) { return draw.pick({DataType::Int8, DataType::UInt8}); }

/// Over the type's whole range.
inline Tensor codes(Draw& draw, DataType type, Shape shape) {
    return type == DataType::Int8 ? draw.tensor(type, std::move(shape), -128, 127) : draw.tensor(type, std::move(shape), 0, 255);
}
/// Of a product's second operand: of int8 the half range where ONNX Runtime's sums of pairs would else saturate, and it could be no judge.
inline Tensor factors(Draw& draw, DataType type, Shape shape) {
    const bool half = type == DataType::Int8 && onnxruntime::integerSumsSaturate();
    return half ? draw.tensor(type, std::move(shape), -64, 63) : codes(draw, type, std::move(shape));
}
/// Zero points near the middle of the type.
inline Tensor zeros(Draw& draw, DataType type, Shape shape) {
    return type == DataType::Int8 ? draw.tensor(type, std::move(shape), -20, 20) : draw.tensor(type, std::move(shape), 100, 150);
}
inline Tensor scales(Draw& draw, Shape shape, double low = 0.01, double high = 0.05) { return draw.floats(std::move(shape), low, high); }

/// Three inputs: codes, scale, zero point. ONNX Runtime takes a model without the zero point for Sigmoid and LeakyRelu only.
inline void append(Case& made, Draw& draw, DataType type, Shape shape, double low = 0.01, double high = 0.05, bool optional = false) {
    made.inputs.push_back(codes(draw, type, std::move(shape)));
    made.inputs.push_back(scales(draw, Shape{}, low, high));
    made.inputs.push_back(optional && draw.coin(0.3) ? Tensor() : zeros(draw, type, Shape{}));
}
/// The same for a product's second operand.
inline void appendFactor(Case& made, Draw& draw, DataType type, const Shape& shape) {
    append(made, draw, type, shape);
    made.inputs[made.inputs.size() - 3] = factors(draw, type, shape);
}
/// Scale and zero point of the result.
inline void appendResult(Case& made, Draw& draw, DataType type, double low, double high) {
    made.inputs.push_back(scales(draw, Shape{}, low, high));
    made.inputs.push_back(zeros(draw, type, Shape{}));
}

}  // namespace trimtab::operators
