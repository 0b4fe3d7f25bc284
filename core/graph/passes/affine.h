#pragma once
// QuantizeLinear and DequantizeLinear of a whole tensor, as the passes read them: value = (code − zero) · scale.
#include <optional>

#include "core/graph/graph.h"

namespace trimtab::graph {

struct Affine {
    DataType type = DataType::UInt8;  // of the codes: UInt8 or Int8
    float scale = 1;
    std::int64_t zero = 0;
    bool operator==(const Affine&) const = default;
};

/// The standard operator, or com.microsoft's of the same name.
bool isQuantization(const Node& node, std::string_view op);

/// Of a node of either operator between float32 and 8-bit codes, with one constant scale > 0 and one zero point; nullopt for every other.
std::optional<Affine> quantizerOf(const Graph& graph, const Node& node);
std::optional<Affine> dequantizerOf(const Graph& graph, const Node& node);

}  // namespace trimtab::graph
