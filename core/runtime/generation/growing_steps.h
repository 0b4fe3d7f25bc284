#pragma once
// A decoder's graph that reads its whole text, made to read new tokens alone behind caches that grow.
#include "core/runtime/generation/growing_decoder.h"

namespace trimtab::runtime {

/// Joins the keys and values of each attention among the tokens of `model.ids` to caches (`model.caches`), and has what follows from the
/// number of tokens alone (positions, causal masks, biases of distances) formed for the whole text (`model.text`) and cut to the new
/// tokens where it meets them. Takes it that what the number of tokens adds to scores hides later ones. Unsupported, naming the node, where
/// tokens may be mixed elsewhere; then `model` is to be given up.
Status keepCaches(GrowingModel& model);

}  // namespace trimtab::runtime
