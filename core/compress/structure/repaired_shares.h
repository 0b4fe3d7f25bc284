#pragma once
// What units are worth where those that stay make up for them (reconstruct.h). Of each product that reads them, one unit after the other
// leaves: the one whose absence costs the outputs least after all others have made up for it,
//   ε_J = tr(W_J ([H⁻¹]_JJ)⁻¹ W_Jᵀ),   then   W ← W − W_J ([H⁻¹]_JJ)⁻¹ [H⁻¹]_J,   H⁻¹ ← H⁻¹ − [H⁻¹]_·J ([H⁻¹]_JJ)⁻¹ [H⁻¹]_J·,
// J the unit's columns and H = Σ x xᵀ. The sum of ε over the units that left is what the outputs have lost.
// Sources: Hassibi and Stork 1992, "Optimal Brain Surgeon"; whole columns as in Kurtic, Frantar and Alistarh 2023, "ZipLM", section 3.1.
#include <vector>

#include "core/compress/structure/unit_groups.h"
#include "core/compress/tools.h"

namespace trimtab::compress {

/// For each unit u with wanted[u]: its ε as a share of the outputs' own square (without bias), never less than that of a unit that left
/// before it, summed over the products that read it; 0 for others. Refused as outputShares() is.
Result<std::vector<double>> repairedShares(const Graph& graph, const UnitGroups& found, const std::vector<bool>& wanted,
                                           const Tools& tools);

}  // namespace trimtab::compress
