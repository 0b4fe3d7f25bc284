#pragma once
// Every kernel body, and the table of their builds over one `Lanes`.
#include "kernels/cpu/simd/bitmap_body.h"
#include "kernels/cpu/simd/bsr_body.h"
#include "kernels/cpu/simd/coo_body.h"
#include "kernels/cpu/simd/csr_body.h"
#include "kernels/cpu/simd/dot_body.h"
#include "kernels/cpu/simd/kernel_table.h"
#include "kernels/cpu/simd/nm_body.h"
#include "kernels/cpu/simd/quantize_body.h"
#include "kernels/cpu/simd/tiles_body.h"
#include "kernels/cpu/simd/weight_only_body.h"

// File-local in each instruction set's file: code built for one processor must never be linked into another's.
namespace trimtab::cpu::simd {
namespace {

template <class Lanes>
constexpr KernelTable tableOf() {
    return {weightOnly<Lanes>,
            {dot<Lanes>, quantizeGroups<Lanes>},
            {csrNarrow<Lanes>, csrWide<Lanes>},
            {cooNarrow<Lanes>, cooWide<Lanes>},
            {bsrNarrow<Lanes>, bsrWide<Lanes>},
            {bitmapNarrow<Lanes>, bitmapWide<Lanes>},
            {nmNarrow<Lanes>, nmWide<Lanes>},
            range<Lanes>,
            quantize<Lanes>,
            {turnRows<Lanes>, widenRows<Lanes>, meetRows<Lanes>, multiplyTiles<Lanes>}};
}

}  // namespace
}  // namespace trimtab::cpu::simd
