#pragma once
// Which layers of two trials do the work of the same nodes, however each side fused them.
#include <cstddef>
#include <optional>
#include <vector>

#include "core/trace/layer_record.h"

namespace trimtab::explain {

struct LayerMatch {
    /// Layers that stand for one another: one against one, some against the one that they were fused into, or one against its parts.
    struct Group {
        std::vector<std::size_t> a, b;
    };
    std::vector<std::optional<std::size_t>> best;   // of each of a: b's layer that shares most of its origins
    std::vector<std::optional<std::size_t>> group;  // of each of a: index into groups
    std::vector<Group> groups;
    std::vector<std::size_t> onlyInB;  // that share no origin with a layer of a
};

/// By shared origins, the first of those that share as many; by name where either has no origins.
LayerMatch matchLayers(const std::vector<trace::LayerRecord>& a, const std::vector<trace::LayerRecord>& b);

/// One layer that does all that these do: their sums, and the kernel and types of the one that takes longest. REQUIRES: some.
trace::LayerRecord sumOf(const std::vector<trace::LayerRecord>& layers, const std::vector<std::size_t>& chosen);

}  // namespace trimtab::explain
