#pragma once
// AWQ and SmoothQuant on the graph: inputs of products are divided and the columns of their weights multiplied, so that the model means the
// same and rounds better. The division goes into the normalisation or product with constants that makes the input where nothing else reads
// it, else it becomes a node of its own.
#include "core/compress/tools.h"
#include "core/recipe/recipe.h"

namespace trimtab::compress {

/// The graph as it is when no layer asks for rescaling. Layers that read one input share its scales. Refused for convolutions and
/// transposed inputs (naming the layer), and without calibration.
Result<Graph> rescaled(const Graph& graph, const recipe::Recipe& recipe, const Tools& tools);

}  // namespace trimtab::compress
