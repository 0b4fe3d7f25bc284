#pragma once
// From the running number of an element (or of a group of them) to its place along each axis. Host and device code alike, without CUDA's
// headers.
#include <cstdint>

#include "kernels/cuda/kernels/merged_axes.h"

namespace trimtab::cuda {

/// n / divisor for n < 2³¹ by a product and a shift: Granlund, Montgomery, "Division by Invariant Integers using Multiplication", PLDI
/// 1994, figure 4.1.
class Divider {
public:
    constexpr Divider() = default;
    /// REQUIRES: 1 ≤ divisor < 2³¹.
    constexpr explicit Divider(std::uint32_t divisor) : m_divisor(divisor) {
        while ((std::uint64_t{1} << m_shift) < divisor) ++m_shift;
        m_multiplier = static_cast<std::uint32_t>((std::uint64_t{1} << 32) * ((std::uint64_t{1} << m_shift) - divisor) / divisor + 1);
    }
    constexpr std::uint32_t divisor() const { return m_divisor; }
    constexpr std::uint32_t quotient(std::uint32_t n) const {
        const auto high = static_cast<std::uint32_t>(std::uint64_t{n} * m_multiplier >> 32);
        return (high + n) >> m_shift;
    }

private:
    std::uint32_t m_divisor = 1;
    std::uint32_t m_multiplier = 1;
    std::uint32_t m_shift = 0;
};

/// The same without a limit on n, by the machine's own division.
class WideDivider {
public:
    constexpr WideDivider() = default;
    constexpr explicit WideDivider(std::uint64_t divisor) : m_divisor(divisor) {}
    constexpr std::uint64_t divisor() const { return m_divisor; }
    constexpr std::uint64_t quotient(std::uint64_t n) const { return n / m_divisor; }

private:
    std::uint64_t m_divisor = 1;
};

/// REQUIRES: fitsNarrowIndex() (merged_axes.h).
struct NarrowIndex {
    using Unsigned = std::uint32_t;
    using Signed = std::int32_t;
    using Division = Divider;
};
struct WideIndex {
    using Unsigned = std::uint64_t;
    using Signed = std::int64_t;
    using Division = WideDivider;
};

/// Row-major places over at most R axes, the innermost first.
template <int R, class Index>
struct IndexSpace {
    typename Index::Division extents[R];
    int rank = 1;

    struct Place {
        typename Index::Unsigned at[R];
    };

    constexpr Place place(typename Index::Unsigned number) const {
        Place result{};
        for (int a = 0; a < R; ++a) {
            if (a < rank - 1) {
                const auto rest = extents[a].quotient(number);
                result.at[a] = number - rest * extents[a].divisor();
                number = rest;
            } else {
                result.at[a] = a == rank - 1 ? number : 0;
            }
        }
        return result;
    }
};

/// The strides of one array in the order of IndexSpace.
template <int R, class Index>
struct PlaceStrides {
    typename Index::Signed along[R];

    constexpr typename Index::Signed offset(const typename IndexSpace<R, Index>::Place& place) const {
        typename Index::Signed sum = 0;
        for (int a = 0; a < R; ++a) sum += static_cast<typename Index::Signed>(place.at[a]) * along[a];
        return sum;
    }
};

/// REQUIRES: axes.rank ≤ R, extents within Index's limit.
template <int R, class Index>
IndexSpace<R, Index> indexSpaceOf(const MergedAxes& axes) {
    IndexSpace<R, Index> space;
    space.rank = axes.rank > 0 ? axes.rank : 1;
    for (int a = 0; a < axes.rank; ++a) {
        const auto extent = axes.extents[static_cast<std::size_t>(axes.rank - 1 - a)];
        space.extents[a] = typename Index::Division(static_cast<typename Index::Unsigned>(extent));
    }
    return space;
}

template <int R, class Index>
PlaceStrides<R, Index> placeStridesOf(const MergedAxes& axes, std::size_t array) {
    PlaceStrides<R, Index> strides{};
    for (int a = 0; a < axes.rank; ++a)
        strides.along[a] = static_cast<typename Index::Signed>(axes.arrays[array][static_cast<std::size_t>(axes.rank - 1 - a)]);
    return strides;
}

}  // namespace trimtab::cuda
