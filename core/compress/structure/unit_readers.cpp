#include "core/compress/structure/unit_readers.h"

#include <algorithm>

namespace trimtab::compress {

std::vector<UnitReader> unitReaders(const Graph& graph, const UnitGroups& found, const std::vector<bool>& wanted) {
    std::vector<UnitReader> readers;
    for (const Part& part : found.parts) {
        if (part.role != Part::Role::Reads) continue;
        const graph::Node& node = graph.nodes[static_cast<std::size_t>(part.node)];
        const bool outputsFirst = node.is("Conv") || node.integer("transB", 0) != 0;
        const auto layout = outputsFirst ? tensor::WeightLayout::OutputsFirst : tensor::WeightLayout::OutputsLast;
        UnitReader reader{part.node, node.is("Conv"), layout, {}};
        for (std::size_t i = 0; i < part.labels.size(); ++i)
            if (part.labels[i] != kStays && wanted[static_cast<std::size_t>(part.labels[i])]) reader.indices[part.labels[i]].push_back(i);
        if (!reader.indices.empty()) readers.push_back(std::move(reader));
    }
    std::ranges::sort(readers, {}, &UnitReader::node);
    return readers;
}

std::vector<std::size_t> columnsAt(const std::vector<std::size_t>& indices, const Shape& weight) {
    std::size_t taps = 1;
    for (int d = 2; d < weight.rank(); ++d) taps *= static_cast<std::size_t>(weight[d]);
    std::vector<std::size_t> columns;
    for (const std::size_t index : indices)
        for (std::size_t tap = 0; tap < taps; ++tap) columns.push_back(index * taps + tap);
    return columns;
}

}  // namespace trimtab::compress
