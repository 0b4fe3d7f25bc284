#pragma once
// How rows are shared out among warps and blocks. Plain host code.
#include <algorithm>
#include <cstdint>
#include <string>

#include "core/base/result.h"
#include "core/tensor/data_type.h"

namespace trimtab::cuda {

inline constexpr int kWarpsPerBlock = 4;     // where a warp takes a row
inline constexpr int kRowThreads = 1024;     // most threads on a row
inline constexpr int kHeldRowThreads = 512;  // most where a thread keeps several accesses, so that registers suffice

inline bool aligned16(const void* pointer) { return reinterpret_cast<std::uintptr_t>(pointer) % 16 == 0; }

/// Whole warps for `units` units of work, at most `most` threads.
inline unsigned threadsFor(std::int64_t units, int most) {
    return static_cast<unsigned>(std::clamp<std::int64_t>((units + 31) / 32 * 32, 32, most));
}
inline unsigned blocksFor(std::int64_t units, std::int64_t unitsPerBlock) {
    return static_cast<unsigned>((units + unitsPerBlock - 1) / unitsPerBlock);
}

/// Grids have at most 2³¹ − 1 blocks.
inline Status checkRows(const char* what, std::int64_t rows) {
    if (rows <= 0x7FFFFFFF) return {};
    return fail(ErrorCode::Unsupported, std::string(what) + ": " + std::to_string(rows) + " rows are more than a launch takes");
}
inline Status refuseType(const char* what, DataType type) {
    return fail(ErrorCode::Unsupported, std::string(what) + ": no kernel for " + std::string(tensor::name(type)));
}

}  // namespace trimtab::cuda
