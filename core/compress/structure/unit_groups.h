#pragma once
// The units of a graph that can leave whole: channels of convolutions, hidden neurons between products, heads of attention.
#include <string>
#include <vector>

#include "core/compress/structure/axis_trace.h"

namespace trimtab::compress {

enum class UnitKind : std::uint8_t { Channels, Neurons, Heads };
std::string_view name(UnitKind kind);  // as recipes name the pattern

/// Units of which each is like the others: rows of the same weights, read by the same products.
struct UnitGroup {
    UnitKind kind = UnitKind::Neurons;
    std::vector<int>
        makers;  // nodes whose products make the units, in node order: where several meet (a residual sum, gate and up) all of them
    std::vector<int> units;   // numbers of the units, in the order of the first maker's rows
    std::string reason;       // why the group stays as it is; empty: its units can leave
};

/// Labels below are numbers of units, or kStays.
struct UnitGroups {
    std::vector<UnitGroup> groups;
    int unitCount = 0;
    std::vector<int> groupOfUnit;
    std::vector<Part> parts;
    std::vector<Count> counts;
    std::vector<TracedAxis> axes;
};

/// A group is left alone, with the reason, when it reaches an output of the model or an operator that is not followed, meets values that
/// cannot shrink, hangs on a weight that others share, or is one unit.
/// REQUIRES: shapes inferred.
UnitGroups findUnits(const Graph& graph);

}  // namespace trimtab::compress
