#pragma once
// Tables of 256 bytes read by bytes: result[i] = table[codes[i]]. Single-threaded; callers split the work. `result` may be `codes`.
#include <cstdint>

namespace trimtab::cpu {

void lookUp(const std::uint8_t* codes, const std::uint8_t* table, std::uint8_t* result, std::int64_t count);

}  // namespace trimtab::cpu
