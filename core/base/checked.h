#pragma once
// Overflow-checked arithmetic for sizes that come from files.
#include <cstdint>
#include <optional>
#include <span>

namespace trimtab::base {

inline std::optional<std::int64_t> checkedMultiply(std::int64_t a, std::int64_t b) {
    std::int64_t product = 0;
    if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
    return product;
}

inline std::optional<std::int64_t> checkedAdd(std::int64_t a, std::int64_t b) {
    std::int64_t sum = 0;
    if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
    return sum;
}

/// Product of non-negative factors; nullopt on overflow or on a negative factor. The empty product is 1.
inline std::optional<std::int64_t> checkedProduct(std::span<const std::int64_t> factors) {
    std::int64_t product = 1;
    for (const std::int64_t factor : factors) {
        if (factor < 0 || __builtin_mul_overflow(product, factor, &product)) return std::nullopt;
    }
    return product;
}

}  // namespace trimtab::base
