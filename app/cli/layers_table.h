#pragma once
// Layer records as a table.
#include <string>
#include <vector>

#include "core/trace/layer_record.h"

namespace trimtab::cli {

/// What was planned or measured of each layer: bits, density, kernel, time and share where they were timed; and why a layer is emulated.
/// With a column of bytes moved to bring inputs into the form that a kernel takes, where any are.
std::string layersTable(const std::vector<trace::LayerRecord>& layers);

/// "int4 g32", "fp32", "int8 × int8", "bf16".
std::string treatmentText(const trace::LayerRecord& layer);

}  // namespace trimtab::cli
