#pragma once
// Concrete inputs for a model: given ones are checked, the others drawn from the seed.
#include <map>
#include <string>
#include <vector>

#include "core/graph/graph.h"
#include "core/recipe/run_setting.h"

namespace trimtab::runtime {

/// The concrete shape of every graph input under a setting: setting.shapes first, then symbols, then batch for the first symbolic
/// dim, 1 for any other open dim. Refused when a shape contradicts the declared type or exceeds the memory budget.
Result<std::map<std::string, Shape>> inputShapes(const Graph& graph, const recipe::RunSetting& setting);

/// One tensor for each graph input: `given` where named (type and rank checked; Refused otherwise), else seeded.
/// Integer inputs are drawn in [0, bound) where bound is the smallest first extent of the embedding tables (Gather, axis 0) that they
/// index, else {0, 1}.
Result<std::vector<NamedTensor>> makeInputs(const Graph& graph, const recipe::RunSetting& setting,
                                            const std::map<std::string, Tensor>& given = {});

}  // namespace trimtab::runtime
