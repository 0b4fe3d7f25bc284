// fittingForms() and predictedTime(). Zeros are looked at as bits, 64 columns a word.
#include <algorithm>
#include <bit>

#include "kernels/cpu/simd/sparse_weight.h"

namespace trimtab::cpu::simd {
namespace {

constexpr double kZerosKeptAlong = 1.25;

struct Bits {
    std::int64_t rows = 0, words = 0;
    std::vector<std::uint64_t> set;  // rows × words; bits past the last column are 0

    std::uint64_t at(std::int64_t row, std::int64_t word) const { return set[static_cast<std::size_t>(row * words + word)]; }
};

Bits bitsOf(const std::vector<float>& dense, std::int64_t rows, std::int64_t columns) {
    Bits bits{rows, (columns + 63) / 64, {}};
    bits.set.assign(static_cast<std::size_t>(rows * bits.words), 0);
    for (std::int64_t n = 0; n < rows; ++n)
        for (std::int64_t k = 0; k < columns; ++k)
            bits.set[static_cast<std::size_t>(n * bits.words + k / 64)] |=
                static_cast<std::uint64_t>(dense[static_cast<std::size_t>(n * columns + k)] != 0) << (k % 64);
    return bits;
}

/// Groups of `width` (a power of two up to 16) neighbours with any bit, as bits at their lowest places.
std::uint64_t anyOfEvery(std::uint64_t word, int width) {
    std::uint64_t lowest = 1;
    for (int place = width; place < 64; place += width) lowest |= std::uint64_t{1} << place;
    for (int shift = 1; shift < width; shift *= 2) word |= word >> shift;
    return word & lowest;
}

std::int64_t elementsInBlocks(const Bits& bits, int height, int width) {
    std::int64_t blocks = 0;
    for (std::int64_t first = 0; first < bits.rows; first += height) {
        for (std::int64_t word = 0; word < bits.words; ++word) {
            std::uint64_t any = 0;
            for (std::int64_t row = first; row < std::min(first + height, bits.rows); ++row) any |= bits.at(row, word);
            blocks += std::popcount(anyOfEvery(any, width));
        }
    }
    return blocks * height * width;
}

/// Most set bits of any `width` (divides 64) neighbours.
int mostOfEvery(const Bits& bits, int width) {
    int most = 0;
    const std::uint64_t group = (std::uint64_t{1} << width) - 1;
    for (const std::uint64_t word : bits.set)
        for (int place = 0; place < 64; place += width) most = std::max(most, std::popcount((word >> place) & group));
    return most;
}

}  // namespace

std::vector<FittingForm> fittingForms(const std::vector<float>& dense, std::int64_t rows, std::int64_t columns) {
    using Kind = SparseForm::Kind;
    const Bits bits = bitsOf(dense, rows, columns);
    std::int64_t nonZeros = 0;
    for (const std::uint64_t word : bits.set) nonZeros += std::popcount(word);
    const auto all = static_cast<double>(std::max<std::int64_t>(1, rows * columns));
    const double density = static_cast<double>(nonZeros) / all;
    std::vector<FittingForm> forms{{{Kind::Csr}, density}, {{Kind::Bitmap}, density}, {{Kind::Coo}, density}};
    if (nonZeros == 0) return forms;

    const auto addBlocks = [&](int height, int width) {
        const double stored = static_cast<double>(elementsInBlocks(bits, height, width)) / all;
        if (stored > kZerosKeptAlong * density) return false;
        forms.push_back({{Kind::Bsr, height, width}, stored});
        return true;
    };
    constexpr std::pair<int, int> kSquares[] = {{16, 16}, {8, 8}, {1, 16}, {4, 4}, {1, 8}, {1, 4}};
    std::any_of(std::begin(kSquares), std::end(kSquares), [&](const auto& block) { return addBlocks(block.first, block.second); });
    constexpr int kHeights[] = {16, 8, 4, 2};
    std::any_of(std::begin(kHeights), std::end(kHeights), [&](int height) { return addBlocks(height, 1); });

    for (const int of : {4, 8, 16}) {
        const int kept = mostOfEvery(bits, of);
        const double stored = static_cast<double>(kept) / of;
        if (kept >= of || stored > kZerosKeptAlong * density) continue;
        forms.push_back({{Kind::Nm, kept, of}, stored});
        break;  // the shortest group has the shortest places
    }
    return forms;
}

double predictedTime(const FittingForm& form, std::int64_t m) {
    using Kind = SparseForm::Kind;
    const bool isWide = m >= kWideRows;
    switch (form.form.kind) {
        case Kind::Csr: return form.stored * (isWide ? 3.0 : 2.5);
        case Kind::Coo: return form.stored * (isWide ? 3.7 : 5.0);
        case Kind::Bsr: return form.stored * (isWide ? 1.8 : 1.4);
        case Kind::Bitmap: return isWide ? form.stored * 4.0 : 0.25 + 0.6 * form.stored;
        case Kind::Nm: return form.stored * (isWide ? 3.0 : 1.1);
    }
    return 0;
}

}  // namespace trimtab::cpu::simd
