#include "core/compress/structure/original_rows.h"

#include <map>

#include "core/graph/weights.h"

namespace trimtab::compress {

void tellOriginals(std::vector<LayerCompression>& rows, const Graph& original) {
    std::map<std::string, std::size_t> places;
    for (std::size_t i = 0; i < rows.size(); ++i) places[rows[i].node] = i;
    std::vector<bool> isTold(rows.size(), false);
    std::vector<LayerCompression> told;
    for (const graph::WeightUse& use : graph::compressibleWeights(original)) {
        const graph::Node& node = original.nodes[static_cast<std::size_t>(use.node)];
        const graph::Value& weight = original.value(use.value);
        const auto bytes = weight.quantized ? weight.quantized->storedBytes() : static_cast<std::int64_t>(weight.constant->bytes().size());
        const auto place = places.find(node.name);
        LayerCompression row{node.name, node.op, node.origins};
        if (place != places.end()) {
            row = std::move(rows[place->second]);
            isTold[place->second] = true;
        } else {
            row.density = 0;
        }
        row.originalBytes = bytes;
        told.push_back(std::move(row));
    }
    for (std::size_t i = 0; i < rows.size(); ++i)  // of a shared weight whose first layer left, or of layers that it was untied for
        if (!isTold[i]) told.push_back(std::move(rows[i]));
    rows = std::move(told);
}

}  // namespace trimtab::compress
