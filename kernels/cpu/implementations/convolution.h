#pragma once
// What the convolutions of all precisions share: shapes, the choice of a primitive, the residual written in place.
#include <vector>

#include "kernels/cpu/implementations/window.h"
#include "kernels/cpu/onednn/bound_primitive.h"

namespace trimtab::cpu {

struct ConvolutionShape {
    Shape input, weight, output;
    std::int64_t groups = 1;
    SpatialWindow window;
    bool hasBias = false;
    bool hasResidual = false;  // FusedConv: input 3 is added before the activation

    /// [groups,] outputs, inputs, kernel…: as oneDNN names them.
    onednn::Dims weightDims() const;
};

Result<ConvolutionShape> convolutionShape(const NodeView& view);

/// Types of a convolution and what stands between its sums and the residual.
struct ConvolutionTypes {
    DataType source = DataType::Float32;
    DataType weights = DataType::Float32;
    DataType destination = DataType::Float32;
    bool sourceZeroPoint = false;
    std::vector<onednn::PostOp> scaling;
    bool takesBias = true;         // as oneDNN's own argument
    bool takesActivation = true;   // the node's own, behind `scaling` and the residual
    bool weightsArePlain = false;  // weights that are not constant stay as they are
};

struct ChosenConvolution {
    onednn::Primitive primitive;
    Layout layout = Layout::ChannelsLast;
};

/// The first layout with a kernel of its own, channels last before row-major. Unsupported when oneDNN has none, or (unless `acceptPlain`)
/// none but its unvectorised reference.
Result<ChosenConvolution> chooseConvolution(const ConvolutionShape& shape, const NodeView& view, const ConvolutionTypes& types,
                                            bool acceptPlain);

/// The slot of the result: that of the residual where nobody needs it any more, else a new one that begins as its copy.
Result<SlotId> convolutionResult(Builder& builder, const NodeView& view, const ConvolutionShape& shape, Form form, SlotId source);

}  // namespace trimtab::cpu
