#pragma once
// Static steps of activations: the range that a calibrator gives the input of a layer, once, as layers before have become.
//   scale = (high − low) / 255, zero = round(−low / scale), codes 0…255
// Source: Jacob et al. 2018, section 2.1; which range, see calibrate/calibrator.h.
#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include "core/compress/tools.h"
#include "core/recipe/recipe.h"

namespace trimtab::compress {

/// Goes through a graph once, from its first node to its last. Thread-compatible.
class StaticSteps {
public:
    /// One entry for each node of the graph: what is asked of the input of a product with integers, or nothing.
    explicit StaticSteps(std::vector<std::optional<recipe::ActivationSpec>> asked) : m_asked(std::move(asked)) {}

    /// Gives their step to all nodes before `end` that want a static one and have none yet. Layers that read one value under one calibrator
    /// share it, and one pass. Refused, naming layer and field: without calibration, for data that do not reach the layer, and for NaN.
    /// REQUIRES: `end` never falls; nodes keep their places between calls.
    Status advance(Graph& graph, std::size_t end, const Tools& tools);

private:
    using Key = std::tuple<graph::ValueId, std::string, double>;

    std::vector<std::optional<recipe::ActivationSpec>> m_asked;
    std::size_t m_next = 0;
    std::map<Key, graph::ActivationStep> m_known;
};

/// The step for one value. Refused as advance() states.
Result<graph::ActivationStep> calibratedStep(const Graph& graph, graph::ValueId value, const recipe::ActivationSpec& spec,
                                             const Tools& tools);

}  // namespace trimtab::compress
