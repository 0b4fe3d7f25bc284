#include "core/compress/prune/pattern.h"

#include <algorithm>
#include <cassert>

#include "core/compress/prune/lowest.h"
#include "core/compress/prune/magnitude.h"

namespace trimtab::compress {
namespace {

// Zeroes the marks of the `count` lowest. `scratch` is reused.
template <class T>
void dropLowest(std::span<const T> scores, std::int64_t count, std::span<std::uint8_t> marks, std::vector<T>& scratch) {
    scratch.assign(scores.begin(), scores.end());
    Lowest<T> lowest(scratch, count);
    for (std::size_t i = 0; i < scores.size(); ++i)
        if (lowest.takes(scores[i])) marks[i] = 0;
}

// Every `width` neighbours along a row for themselves; drops(n) says how many of n go.
template <class Drops>
void dropAlongRows(std::span<const float> scores, std::int64_t columns, std::int64_t width, const Drops& drops,
                   std::span<std::uint8_t> mask) {
    std::vector<float> scratch;
    for (std::size_t row = 0; row < scores.size(); row += static_cast<std::size_t>(columns)) {
        for (std::int64_t begin = 0; begin < columns; begin += width) {
            const std::int64_t count = std::min(width, columns - begin);
            const std::size_t at = row + static_cast<std::size_t>(begin);
            const auto size = static_cast<std::size_t>(count);
            dropLowest(scores.subspan(at, size), drops(count), mask.subspan(at, size), scratch);
        }
    }
}

void dropBlocks(std::span<const float> scores, std::int64_t columns, std::int64_t blockRows, std::int64_t blockColumns, double ratio,
                std::span<std::uint8_t> mask) {
    const std::int64_t rows = static_cast<std::int64_t>(scores.size()) / columns;
    const std::int64_t across = (columns + blockColumns - 1) / blockColumns;
    const std::int64_t down = (rows + blockRows - 1) / blockRows;
    const auto blockOf = [&](std::size_t i) {
        const auto place = static_cast<std::int64_t>(i);
        return static_cast<std::size_t>(place / columns / blockRows * across + place % columns / blockColumns);
    };
    std::vector<double> sums(static_cast<std::size_t>(across * down));
    for (std::size_t i = 0; i < scores.size(); ++i) sums[blockOf(i)] += scores[i];
    std::vector<std::uint8_t> stays(sums.size(), 1);
    std::vector<double> scratch;
    dropLowest<double>(sums, countToPrune(ratio, static_cast<std::int64_t>(sums.size())), stays, scratch);
    for (std::size_t i = 0; i < scores.size(); ++i) mask[i] = stays[blockOf(i)];
}

}  // namespace

std::vector<std::uint8_t> maskOf(std::span<const float> scores, std::int64_t columns, const MaskPattern& pattern, double ratio) {
    assert(columns > 0 && scores.size() % static_cast<std::size_t>(columns) == 0);
    std::vector<std::uint8_t> mask(scores.size(), 1);
    const std::int64_t rows = static_cast<std::int64_t>(scores.size()) / columns;
    const auto share = [&](std::int64_t count) { return countToPrune(ratio, count); };
    switch (pattern.kind) {
        case MaskPattern::Kind::Unstructured: {
            std::vector<float> scratch;
            dropLowest(scores, share(rows * columns), std::span(mask), scratch);
            break;
        }
        case MaskPattern::Kind::PerRow: dropAlongRows(scores, columns, columns, share, mask); break;
        case MaskPattern::Kind::NOfM: {
            assert(pattern.of > 0 && pattern.kept >= 0 && pattern.kept <= pattern.of);
            // As t · kept / of is rounded up, what goes is t · (of − kept) / of rounded down.
            const auto drops = [&](std::int64_t count) { return count * (pattern.of - pattern.kept) / pattern.of; };
            dropAlongRows(scores, columns, pattern.of, drops, mask);
            break;
        }
        case MaskPattern::Kind::Blocks:
            assert(pattern.blockRows > 0 && pattern.blockColumns > 0);
            dropBlocks(scores, columns, pattern.blockRows, pattern.blockColumns, ratio, mask);
            break;
        case MaskPattern::Kind::Rows: dropBlocks(scores, columns, 1, columns, ratio, mask); break;
        case MaskPattern::Kind::Columns: dropBlocks(scores, columns, std::max<std::int64_t>(rows, 1), 1, ratio, mask); break;
    }
    return mask;
}

void applyMask(std::span<float> values, std::span<const std::uint8_t> mask) {
    assert(values.size() == mask.size());
    for (std::size_t i = 0; i < values.size(); ++i)
        if (mask[i] == 0) values[i] = 0;
}

}  // namespace trimtab::compress
