#pragma once
// What a layer reads, writes and multiplies, as its kernel does it.
#include "core/trace/layer_record.h"

namespace trimtab::explain {

/// Its kernel reads a sparse form and leaves the zeros out.
bool skipsZeros(const trace::LayerRecord& layer);
/// Operations that are carried out: without those on zeros, where they are skipped.
double operationsDone(const trace::LayerRecord& layer);
/// Weights as the kernel holds them, and activations in and out; without what is moved to reformat them.
double bytesMoved(const trace::LayerRecord& layer);

}  // namespace trimtab::explain
