#pragma once
// The random numbers of a node.
#include "core/base/random.h"
#include "kernels/ref/arguments.h"

namespace trimtab::ref {

/// Seeded by attribute `seed`, a float; every bit of it counts. Without one the seed is a hash of the node's name, so that a run repeats
/// itself while two nodes of one model don't draw the same numbers.
base::Random generatorOf(const Call& call);

/// Attribute `dtype` as an element type, `fallback` without one.
DataType drawnType(const Call& call, DataType fallback);

}  // namespace trimtab::ref
