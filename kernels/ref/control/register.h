#pragma once
// One registration function for each operator of control flow.
#include "kernels/ref/registry.h"

namespace trimtab::ref {

void registerIf(Registry& registry);
void registerLoop(Registry& registry);
void registerScan(Registry& registry);
void registerSequenceMap(Registry& registry);

}  // namespace trimtab::ref
