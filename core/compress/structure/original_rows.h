#pragma once
// Rows of layers that shrank or left, held against the model as it came.
#include "core/compress/compress.h"

namespace trimtab::compress {

/// Gives each row its layer's bytes in `original`, and layers that are no more a row of their own with nothing stored, in the order of
/// `original`.
void tellOriginals(std::vector<LayerCompression>& rows, const Graph& original);

}  // namespace trimtab::compress
