#pragma once
// What a pruned weight takes in each of the forms that kernels/cpu/simd knows (*_weight.h), zeros and what says where the others belong
// included. Those kernels read fp32 weights of matrix products. Of other weights the bytes tell what a file or another engine could save:
// here their zeros are multiplied.
#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "core/recipe/recipe.h"

namespace trimtab::compress {

/// Bytes by name. With V values of `bits` taking ⌈V · bits / 8⌉ bytes, n non-zeros and indices of w = 2 bytes up to 65,536 places, else 4:
///   dense          V = rows · columns
///   csr            V = n; w each (of columns); 8 · (rows + 1) for where rows begin
///   coo            V = n; 2 w each (w of rows or columns, whichever are more)
///   bsr RxC        V = R · C for each block with a non-zero, less the rows beyond the lower edge; w each block (of columns / C);
///                  8 · (⌈rows / R⌉ + 1). R and C are the pattern's where both are at most 64, else 4 and 4
///   bitmap         V = n; 8 for each 64 columns (or fewer at the edge) of a row; 8 · (rows + 1)
///   packed N:M     V = 16 a unit of ⌊16 / N⌋ groups of M columns; 2 bits for each value's place up to M = 4, else 4. Only where no group
///   of M holds
///                  more than N: of the pattern's N:M up to M = 16, or, for other patterns, of 2:4, then 4:8
/// `scaleBytes` (scales and zero points of integers) are added to each. values: row-major, 0 is what is left out.
std::map<std::string, std::int64_t> storageForms(std::span<const float> values, std::int64_t rows, std::int64_t columns, int bits,
                                                 std::int64_t scaleBytes, const recipe::PruneSpec& pattern);

}  // namespace trimtab::compress
