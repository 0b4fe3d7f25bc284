#pragma once
// A model cut in front of every unit of layers, so that a unit can be treated anew while everything before it is kept as computed and
// everything behind it stays compiled. Segment 0 holds what stands before the first unit; segment u + 1 begins with the nodes of unit u.
#include <set>
#include <vector>

#include "core/compress/compress.h"
#include "core/compress/layer_units.h"

namespace trimtab::worker {

struct CutModel {
    Graph graph;                             // nodes in an order in which each unit's stand together; one output: what metrics look at
    std::vector<compress::LayerUnit> units;  // nodes in that order
    std::vector<std::size_t> begins;         // of each segment in graph.nodes; one more entry at the end
    std::vector<std::set<graph::ValueId>> alive;  // for each segment: what it and later ones read of what stands before it, the output
                                                  // included

    std::size_t segments() const { return begins.size() - 1; }
};

/// REQUIRES: a valid graph. Refused when it has no output or no layer that recipes act on.
Result<CutModel> cutModel(const Graph& graph);

/// One segment as a graph of its own, with the value ids of the whole: inputs are what it reads, outputs what later segments read of it.
Graph segmentOf(const CutModel& model, std::size_t segment);

/// The layers of one unit alone, to be compressed.
Graph unitOf(const CutModel& model, std::size_t unit);

/// Segment unit + 1 with its unit replaced by what compression made of unitOf().
Graph treatedSegment(const CutModel& model, std::size_t unit, const Graph& compressed);

}  // namespace trimtab::worker
