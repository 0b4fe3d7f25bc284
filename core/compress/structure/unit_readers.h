#pragma once
// Products that read units: where the units' columns stand in their weights.
#include <cstddef>
#include <map>
#include <vector>

#include "core/compress/structure/unit_groups.h"
#include "core/tensor/quantized_weight.h"

namespace trimtab::compress {

/// A product that reads wanted units.
struct UnitReader {
    int node = -1;
    bool convolves = false;
    tensor::WeightLayout layout = tensor::WeightLayout::OutputsFirst;
    std::map<int, std::vector<std::size_t>> indices;  // by unit: places along the axis that it sums over

    bool outputsFirst() const { return layout == tensor::WeightLayout::OutputsFirst; }
};

/// In the order of nodes, so that calibration runs through the model once.
std::vector<UnitReader> unitReaders(const Graph& graph, const UnitGroups& found, const std::vector<bool>& wanted);

/// The columns (tensor::toRows) of these places along the axis that a weight sums over: of a convolution, one for each position of its
/// kernel.
std::vector<std::size_t> columnsAt(const std::vector<std::size_t>& indices, const Shape& weight);

}  // namespace trimtab::compress
