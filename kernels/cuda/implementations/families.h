#pragma once
// Judge and place of every implementation family; list.cpp puts them in order of preference for each operator.
#include "kernels/cuda/backend.h"

namespace trimtab::cuda {

#define TRIMTAB_FAMILY(Name)                            \
    runtime::Support judge##Name(const NodeView& view); \
    Status place##Name(Builder& builder, const NodeView& view)

TRIMTAB_FAMILY(Elementwise);
TRIMTAB_FAMILY(View);
TRIMTAB_FAMILY(Movement);
TRIMTAB_FAMILY(Gather);
TRIMTAB_FAMILY(GatherNd);
TRIMTAB_FAMILY(RowNormalization);
TRIMTAB_FAMILY(Softmax);
TRIMTAB_FAMILY(Reduce);
TRIMTAB_FAMILY(ArgReduce);
TRIMTAB_FAMILY(TokenChoice);
TRIMTAB_FAMILY(BatchNormalization);
TRIMTAB_FAMILY(Pool);
TRIMTAB_FAMILY(GlobalPool);
TRIMTAB_FAMILY(Convolution);
TRIMTAB_FAMILY(IntegerConvolution);
TRIMTAB_FAMILY(IntegerProduct);
TRIMTAB_FAMILY(Float8Product);
TRIMTAB_FAMILY(WeightOnly);
TRIMTAB_FAMILY(DenseProduct);
TRIMTAB_FAMILY(BatchedProduct);
TRIMTAB_FAMILY(Attention);
TRIMTAB_FAMILY(Host);

#undef TRIMTAB_FAMILY

/// The last resort for values whose shapes only the run knows; `dynamic` tells which stand in Frame::dynamic.
Status placeDynamicHost(Builder& builder, const NodeView& view, const std::vector<bool>& dynamic);
/// What the reference kernels execute of a treatment: accuracy is real, and it runs on the host.
runtime::Support judgeTreatment(const NodeView& view);

std::span<const Implementation> implementationsOf(const graph::Node& node);

}  // namespace trimtab::cuda
