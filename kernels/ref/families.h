#pragma once
// One registration function for each operator family; the list in reference.cpp is the only caller.
#include "kernels/ref/registry.h"

namespace trimtab::ref {

void registerUnary(Registry& registry);
void registerBinary(Registry& registry);
void registerComparison(Registry& registry);
void registerVariadic(Registry& registry);
void registerSelection(Registry& registry);
void registerMatMul(Registry& registry);
void registerConv(Registry& registry);
void registerConvTranspose(Registry& registry);
void registerPool(Registry& registry);
void registerReshape(Registry& registry);
void registerTranspose(Registry& registry);
void registerConcat(Registry& registry);
void registerSlice(Registry& registry);
void registerGather(Registry& registry);
void registerExpand(Registry& registry);
void registerPad(Registry& registry);
void registerGenerate(Registry& registry);
void registerSoftmax(Registry& registry);
void registerNormalization(Registry& registry);
void registerReduce(Registry& registry);
void registerFused(Registry& registry);
void registerRotary(Registry& registry);
void registerAttention(Registry& registry);
void registerSequence(Registry& registry);
void registerQuantize(Registry& registry);
void registerIntegerProducts(Registry& registry);
void registerRanking(Registry& registry);
void registerScatter(Registry& registry);
void registerResize(Registry& registry);
void registerEinsum(Registry& registry);
void registerBlockWeights(Registry& registry);
void registerRecurrent(Registry& registry);

}  // namespace trimtab::ref
