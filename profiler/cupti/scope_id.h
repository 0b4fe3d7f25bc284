#pragma once
// The number by which CUPTI knows a scope: the kept run (from 1; 0 of a run that is not kept) above, the layer below. A whole session's
// scopes so need no table.
#include <cstddef>
#include <cstdint>

namespace trimtab::cupti {

constexpr std::uint64_t scopeId(std::size_t keptRun, std::int32_t layer) {
    return (static_cast<std::uint64_t>(keptRun) << 32) | static_cast<std::uint32_t>(layer);
}
constexpr std::size_t keptRunOf(std::uint64_t scope) { return scope >> 32; }
constexpr std::int32_t layerOf(std::uint64_t scope) { return static_cast<std::int32_t>(static_cast<std::uint32_t>(scope)); }

}  // namespace trimtab::cupti
