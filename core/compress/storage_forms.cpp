#include "core/compress/storage_forms.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace trimtab::compress {
namespace {

constexpr std::int64_t kStartBytes = 8;     // of where a row begins
constexpr std::int64_t kTileColumns = 64;   // of a bitmap
constexpr std::int64_t kLanes = 16;         // of a packed unit
constexpr int kLargestBlock = 64;
constexpr int kLargestGroup = 16;

std::int64_t roundedUp(std::int64_t count, std::int64_t divisor) { return (count + divisor - 1) / divisor; }
std::int64_t indexBytes(std::int64_t places) { return places <= 65536 ? 2 : 4; }

/// A matrix of which only the zeros matter.
struct Zeros {
    std::span<const float> values;
    std::int64_t rows, columns;
    int bits;

    bool isKept(std::int64_t row, std::int64_t column) const { return values[static_cast<std::size_t>(row * columns + column)] != 0; }
    std::int64_t bytesOf(std::int64_t count) const { return roundedUp(count * bits, 8); }
};

std::int64_t blockBytes(const Zeros& zeros, std::int64_t height, std::int64_t width) {
    std::int64_t blocks = 0, stored = 0;
    const std::int64_t across = roundedUp(zeros.columns, width);
    std::vector<bool> holds;
    for (std::int64_t first = 0; first < zeros.rows; first += height) {
        const std::int64_t last = std::min(first + height, zeros.rows);
        holds.assign(static_cast<std::size_t>(across), false);
        for (std::int64_t row = first; row < last; ++row)
            for (std::int64_t column = 0; column < zeros.columns; ++column)
                if (zeros.isKept(row, column)) holds[static_cast<std::size_t>(column / width)] = true;
        const std::int64_t kept = std::count(holds.begin(), holds.end(), true);
        blocks += kept;
        stored += kept * (last - first) * width;
    }
    return zeros.bytesOf(stored) + blocks * indexBytes(across) + kStartBytes * (roundedUp(zeros.rows, height) + 1);
}

bool obeys(const Zeros& zeros, int kept, int of) {
    for (std::int64_t row = 0; row < zeros.rows; ++row) {
        for (std::int64_t first = 0; first < zeros.columns; first += of) {
            int count = 0;
            for (std::int64_t column = first; column < std::min(first + of, zeros.columns); ++column)
                count += zeros.isKept(row, column) ? 1 : 0;
            if (count > kept) return false;
        }
    }
    return true;
}

std::int64_t packedBytes(const Zeros& zeros, int kept, int of) {
    const std::int64_t lanes = zeros.rows * roundedUp(zeros.columns, kLanes / kept * of) * kLanes;
    return zeros.bytesOf(lanes) + lanes * (of <= 4 ? 2 : 4) / 8;
}

std::optional<std::pair<int, int>> packedAs(const Zeros& zeros, const recipe::PruneSpec& pattern) {
    std::vector<std::pair<int, int>> candidates{{2, 4}, {4, 8}};
    if (const auto own = recipe::keptOfEvery(pattern)) candidates = {*own};
    for (const auto& [kept, of] : candidates)
        if (kept >= 1 && of <= kLargestGroup && obeys(zeros, kept, of)) return std::pair{kept, of};
    return std::nullopt;
}

}  // namespace

std::map<std::string, std::int64_t> storageForms(std::span<const float> values, std::int64_t rows, std::int64_t columns, int bits,
                                                 std::int64_t scaleBytes, const recipe::PruneSpec& pattern) {
    const Zeros zeros{values, rows, columns, bits};
    const auto nonZeros = static_cast<std::int64_t>(std::count_if(values.begin(), values.end(), [](float value) { return value != 0; }));
    std::pair<int, int> block = recipe::blockOf(pattern).value_or(std::pair{4, 4});
    if (std::max(block.first, block.second) > kLargestBlock) block = {4, 4};

    std::map<std::string, std::int64_t> forms;
    const auto put = [&](std::string name, std::int64_t bytes) { forms[std::move(name)] = bytes + scaleBytes; };
    put("dense", zeros.bytesOf(rows * columns));
    put("csr", zeros.bytesOf(nonZeros) + nonZeros * indexBytes(columns) + kStartBytes * (rows + 1));
    put("coo", zeros.bytesOf(nonZeros) + 2 * nonZeros * indexBytes(std::max(rows, columns)));
    put("bsr " + std::to_string(block.first) + "x" + std::to_string(block.second), blockBytes(zeros, block.first, block.second));
    put("bitmap", zeros.bytesOf(nonZeros) + 8 * rows * roundedUp(columns, kTileColumns) + kStartBytes * (rows + 1));
    if (const auto packed = packedAs(zeros, pattern))
        put("packed " + std::to_string(packed->first) + ":" + std::to_string(packed->second),
            packedBytes(zeros, packed->first, packed->second));
    return forms;
}

}  // namespace trimtab::compress
