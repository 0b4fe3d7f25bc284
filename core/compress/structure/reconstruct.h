#pragma once
// What reads units that leave makes up for them: its other columns are fitted anew, so that its outputs on calibration data stay as close
// as they can. With x_K the inputs that stay and x_R those that leave, over all rows x of calibration,
//   minimise Σ ‖W_R x_R − D x_K‖² + λ‖D‖²   by   D = W_R H_RK (H_KK + λI)⁻¹,   H = Σ x xᵀ,   then W_K ← W_K + D.
// Twice more the same is solved for what D leaves of W_R H_RK (iterated Tikhonov): λ holds back only what the data say nothing about.
// A product with a bias has a 1 among x_K, whose column of D goes to the bias: what leaves is replaced up to its mean at least.
// Sources: He, Zhang and Sun 2017, "Channel Pruning for Accelerating Very Deep Neural Networks", section 3.1 (reconstruction of outputs);
// Hassibi and Stork 1992, "Optimal Brain Surgeon", whose update of the weights that stay this is for a whole set.
#include <vector>

#include "core/compress/structure/unit_groups.h"
#include "core/compress/tools.h"

namespace trimtab::compress {

/// The graph in its old size: products that read a unit u with asked[u] have zeros for all that leave, and the others fitted. One after
/// the other in the order of the graph, each on what those before it have become. The error on calibration data is never larger than
/// without. Refused without calibration data, and naming the layer for activations that are no numbers.
/// REQUIRES: what shrunk() requires; asked units leave.
Result<Graph> reconstructed(const Graph& graph, const UnitGroups& found, const std::vector<bool>& leaves, const std::vector<bool>& asked,
                            const Tools& tools);

}  // namespace trimtab::compress
