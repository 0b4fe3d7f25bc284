#pragma once
// Tensors seen as [outer, length, inner] around a block of neighbouring axes, and what operators say of their axes and channels.
#include <optional>
#include <vector>

#include "kernels/plan/implementation.h"

namespace trimtab::plan {

struct AxisBox {
    std::int64_t outer = 1;
    std::int64_t length = 1;
    std::int64_t inner = 1;
};
/// The axes first…last (inclusive) as the length.
AxisBox boxOf(const Shape& shape, int first, int last);

/// The axes of a Reduce operator in order (attribute or constant input; every axis where none is named); nullopt when they are not
/// constant, make no sense, or an empty list means that nothing is reduced.
std::optional<std::vector<int>> reducedAxes(const NodeView& view, int rank);

/// BatchNormalization at inference as y = x · factor + summand for each channel.
struct ChannelScaling {
    std::vector<float> factors;
    std::vector<float> summands;
};
/// Refused with the reason when its statistics are not constant or are read, or when it trains.
runtime::Support judgeChannelScaling(const NodeView& view);
Result<ChannelScaling> channelScaling(const NodeView& view);

}  // namespace trimtab::plan
