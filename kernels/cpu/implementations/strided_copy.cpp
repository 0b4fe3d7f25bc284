#include "kernels/cpu/implementations/strided_copy.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <numeric>

#include "kernels/cpu/vector/parallel.h"

namespace trimtab::cpu {
namespace {

/// The innermost two axes of a copy; a missing row axis has extent one.
struct Plane {
    std::int64_t rows = 1, columns = 1;
    std::int64_t sourceRow = 0, sourceColumn = 1;
    std::int64_t destinationRow = 0, destinationColumn = 1;
};

template <class Element>
void copyPlane(const Plane& plane, const Element* source, Element* destination) {
    if (plane.sourceColumn == 1 && plane.destinationColumn == 1) {
        for (std::int64_t row = 0; row < plane.rows; ++row) {
            std::memcpy(destination + row * plane.destinationRow, source + row * plane.sourceRow,
                        static_cast<std::size_t>(plane.columns) * sizeof(Element));
        }
        return;
    }
    // Square tiles keep both sides in cache when one of them runs across its rows.
    constexpr std::int64_t kTile = 16;
    for (std::int64_t rowTile = 0; rowTile < plane.rows; rowTile += kTile) {
        const std::int64_t rowEnd = std::min(rowTile + kTile, plane.rows);
        for (std::int64_t columnTile = 0; columnTile < plane.columns; columnTile += kTile) {
            const std::int64_t columnEnd = std::min(columnTile + kTile, plane.columns);
            for (std::int64_t row = rowTile; row < rowEnd; ++row) {
                const Element* from = source + row * plane.sourceRow;
                Element* to = destination + row * plane.destinationRow;
                for (std::int64_t column = columnTile; column < columnEnd; ++column) {
                    to[column * plane.destinationColumn] = from[column * plane.sourceColumn];
                }
            }
        }
    }
}

template <class Element>
void runAs(const StridedCopy& copy, const std::byte* sourceBytes, std::byte* destinationBytes) {
    const auto* source = reinterpret_cast<const Element*>(sourceBytes) + copy.sourceOffset;
    auto* destination = reinterpret_cast<Element*>(destinationBytes) + copy.destinationOffset;
    const std::size_t rank = copy.extents.size();
    Plane plane;
    if (rank >= 1) {
        plane.columns = copy.extents[rank - 1];
        plane.sourceColumn = copy.sourceStrides[rank - 1];
        plane.destinationColumn = copy.destinationStrides[rank - 1];
    }
    if (rank >= 2) {
        plane.rows = copy.extents[rank - 2];
        plane.sourceRow = copy.sourceStrides[rank - 2];
        plane.destinationRow = copy.destinationStrides[rank - 2];
    }
    const std::size_t outer = rank >= 2 ? rank - 2 : 0;
    std::int64_t planes = 1;
    for (std::size_t axis = 0; axis < outer; ++axis) planes *= copy.extents[axis];
    const auto offsets = [&](std::int64_t index) {
        std::pair<std::int64_t, std::int64_t> at{0, 0};
        for (std::size_t axis = outer; axis-- > 0;) {
            const std::int64_t position = index % copy.extents[axis];
            index /= copy.extents[axis];
            at.first += position * copy.sourceStrides[axis];
            at.second += position * copy.destinationStrides[axis];
        }
        return at;
    };
    if (planes == 1 && plane.rows > 1) {
        parallelParts(plane.rows, std::max<std::int64_t>(kElementsWorthThreads / std::max<std::int64_t>(plane.columns, 1), 16),
                      [&](std::int64_t begin, std::int64_t end) {
                          Plane part = plane;
                          part.rows = end - begin;
                          copyPlane(part, source + begin * plane.sourceRow, destination + begin * plane.destinationRow);
                      });
        return;
    }
    parallelRows(planes, plane.rows * plane.columns, [&](std::int64_t index) {
        const auto at = offsets(index);
        copyPlane(plane, source + at.first, destination + at.second);
    });
}

}  // namespace

void StridedCopy::simplify() {
    std::vector<std::size_t> order;
    for (std::size_t axis = 0; axis < extents.size(); ++axis) {
        if (extents[axis] != 1) order.push_back(axis);
    }
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return std::abs(destinationStrides[a]) > std::abs(destinationStrides[b]);
    });
    std::vector<std::int64_t> newExtents;
    std::vector<std::int64_t> newSource;
    std::vector<std::int64_t> newDestination;
    for (const std::size_t axis : order) {
        if (!newExtents.empty() && newSource.back() == sourceStrides[axis] * extents[axis] &&
            newDestination.back() == destinationStrides[axis] * extents[axis]) {
            newExtents.back() *= extents[axis];
            newSource.back() = sourceStrides[axis];
            newDestination.back() = destinationStrides[axis];
            continue;
        }
        newExtents.push_back(extents[axis]);
        newSource.push_back(sourceStrides[axis]);
        newDestination.push_back(destinationStrides[axis]);
    }
    // For a transposition the axis along which the source is dense belongs into the innermost plane, so that tiles meet it.
    if (newExtents.size() > 2 && newSource.back() != 1) {
        const auto dense = std::find(newSource.begin(), newSource.end() - 1, 1);
        if (dense != newSource.end() - 1) {
            const auto from = dense - newSource.begin();
            const auto to = static_cast<std::ptrdiff_t>(newExtents.size()) - 2;
            for (auto* list : {&newExtents, &newSource, &newDestination}) {
                std::rotate(list->begin() + from, list->begin() + from + 1, list->begin() + to + 1);
            }
        }
    }
    extents = std::move(newExtents);
    sourceStrides = std::move(newSource);
    destinationStrides = std::move(newDestination);
}

void StridedCopy::run(const std::byte* source, std::byte* destination) const {
    for (const std::int64_t extent : extents) {
        if (extent == 0) return;
    }
    switch (elementBytes) {
        case 1: return runAs<std::uint8_t>(*this, source, destination);
        case 2: return runAs<std::uint16_t>(*this, source, destination);
        case 4: return runAs<std::uint32_t>(*this, source, destination);
        default: return runAs<std::uint64_t>(*this, source, destination);
    }
}

}  // namespace trimtab::cpu
