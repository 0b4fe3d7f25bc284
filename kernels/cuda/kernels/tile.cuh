#pragma once
// A tile of a matrix product on the tensor cores: sums[rows, columns] = Σk a[row, k] · b[column, k] with both operands as rows of k, 128
// bytes of k a step (64 16-bit floats or 128 signed bytes). Steps come through kSlots slots of shared memory, filled by asynchronous copies
// while earlier ones are multiplied; within a row the 16-byte chunks stand in the order of chunk ^ (row % 8), so that ldmatrix meets no
// bank twice.
#include <cstdint>
#include <type_traits>

#include "kernels/cuda/language/language.h"

namespace trimtab::cuda::product {

inline constexpr int kStepBytes = 128;

template <class ElementType, int tileRows, int tileColumns, int warpRows, int warpColumns>
struct Tile {
    using Element = ElementType;  // __half, __nv_bfloat16, signed char
    using Sum = std::conditional_t<sizeof(Element) == 1, int, float>;
    static constexpr int kRows = tileRows, kColumns = tileColumns;
    static constexpr int kWarpColumns = warpColumns;
    static constexpr int kThreads = 32 * warpRows * warpColumns;
    static constexpr int kHigh = tileRows / warpRows / 16;       // 16-row fragments of a warp
    static constexpr int kWide = tileColumns / warpColumns / 8;  // 8-column fragments of a warp
    static constexpr int kSlots = 3;
    static constexpr int kSlotBytes = (tileRows + tileColumns) * kStepBytes;
    static constexpr int kSharedBytes = kSlots * kSlotBytes;
    static constexpr int kStep = kStepBytes / static_cast<int>(sizeof(Element));
    static_assert(kWide % 2 == 0);
};

/// An operand in memory.
struct RowSource {
    const unsigned char* base = nullptr;
    std::int64_t pitch = 0;  // bytes between rows
    int rows = 0;
    int rowBytes = 0;      // what lies behind them in a row counts as zero
    bool aligned = false;  // base and pitch are multiples of 16
};

__device__ __forceinline__ unsigned char* chunkOf(unsigned char* rows, int row, int chunk) {
    return rows + row * kStepBytes + ((chunk ^ (row & 7)) << 4);
}

/// Element by element: the end of a row, and rows that 16-byte copies can't take.
template <class Element>
__device__ __forceinline__ void copyElements(unsigned char* to, const unsigned char* from, int bytes) {
    auto* const elements = reinterpret_cast<Element*>(to);
#pragma unroll 1
    for (int i = 0; i < 16 / static_cast<int>(sizeof(Element)); ++i) {
        Element element{};
        if (i * static_cast<int>(sizeof(Element)) < bytes) element = reinterpret_cast<const Element*>(from)[i];
        elements[i] = element;
    }
}

/// Begins the copy of one step of `count` rows from row0 on.
template <class Element, int count, int threads>
__device__ __forceinline__ void copyRows(const RowSource& source, int row0, int step, unsigned char* to) {
#pragma unroll
    for (int i = 0; i < count * 8 / threads; ++i) {
        const int id = static_cast<int>(threadIdx.x) + i * threads;
        const int row = id / 8;
        const int chunk = id % 8;
        const int left = source.rowBytes - step * kStepBytes - chunk * 16;
        const bool valid = row0 + row < source.rows && left > 0;
        const unsigned char* from = valid ? source.base + (row0 + row) * source.pitch + (source.rowBytes - left) : source.base;
        if (source.aligned && (!valid || left >= 16))
            copyAsync16(chunkOf(to, row, chunk), from, valid);
        else
            copyElements<Element>(chunkOf(to, row, chunk), from, valid ? left : 0);
    }
}

template <class T>
__device__ __forceinline__ void multiplyAdd(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2], T) {
    multiplyAdd16816(d, a, b, T{});
}
__device__ __forceinline__ void multiplyAdd(int (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2], signed char) {
    multiplyAdd16832(d, a, b);
}

/// Where a warp and its lanes are in the tile.
template <class Tile>
struct TilePlace {
    int row, column;  // of the warp's first fragments
    int lane;
    __device__ __forceinline__ TilePlace() {
        const int warp = static_cast<int>(threadIdx.x) / 32;
        row = warp / Tile::kWarpColumns * Tile::kHigh * 16;
        column = warp % Tile::kWarpColumns * Tile::kWide * 8;
        lane = static_cast<int>(threadIdx.x) % 32;
    }
};

template <class Tile>
__device__ __forceinline__ void multiplyStep(unsigned char* slot, const TilePlace<Tile>& me,
                                             typename Tile::Sum (&sums)[Tile::kHigh][Tile::kWide][4]) {
    unsigned char* const columns = slot + Tile::kRows * kStepBytes;
#pragma unroll
    for (int piece = 0; piece < kStepBytes / 32; ++piece) {
        unsigned a[Tile::kHigh][4];
        unsigned b[Tile::kWide][2];
#pragma unroll
        for (int i = 0; i < Tile::kHigh; ++i) loadMatrix4(a[i], chunkOf(slot, me.row + i * 16 + me.lane % 16, piece * 2 + me.lane / 16));
#pragma unroll
        for (int j = 0; j < Tile::kWide; j += 2) {
            unsigned both[4];
            loadMatrix4(both, chunkOf(columns, me.column + j * 8 + me.lane % 8 + me.lane / 16 * 8, piece * 2 + me.lane / 8 % 2));
            b[j][0] = both[0], b[j][1] = both[1], b[j + 1][0] = both[2], b[j + 1][1] = both[3];
        }
#pragma unroll
        for (int i = 0; i < Tile::kHigh; ++i)
#pragma unroll
            for (int j = 0; j < Tile::kWide; ++j) multiplyAdd(sums[i][j], a[i], b[j], typename Tile::Element{});
    }
}

/// All steps. Feed: begin(step, slot) starts what it can of a step's transfer (the copies are committed here), finish(step, slot) ends it
/// after this step's products; both write the slot of `step`, which nobody reads by then.
template <class Tile, class Feed>
__device__ __forceinline__ void multiplyTile(Feed& feed, int steps, unsigned char* shared,
                                             typename Tile::Sum (&sums)[Tile::kHigh][Tile::kWide][4]) {
    constexpr int ahead = Tile::kSlots - 1;
    const TilePlace<Tile> me;
#pragma unroll
    for (int s = 0; s < ahead; ++s) {
        if (s < steps) {
            feed.begin(s, shared + s * Tile::kSlotBytes);
            feed.finish(s, shared + s * Tile::kSlotBytes);
        }
        commitCopies();
    }
    for (int step = 0, slot = 0; step < steps; ++step) {
        waitForCopies<ahead - 1>();
        __syncthreads();
        unsigned char* const next = shared + (slot + ahead) % Tile::kSlots * Tile::kSlotBytes;
        if (step + ahead < steps) feed.begin(step + ahead, next);
        commitCopies();
        multiplyStep<Tile>(shared + slot * Tile::kSlotBytes, me, sums);
        if (step + ahead < steps) feed.finish(step + ahead, next);
        slot = (slot + 1) % Tile::kSlots;
    }
    waitForCopies<0>();
}

/// visit(row, column, sum, next column's sum) for every pair of this thread's sums, relative to the tile.
template <class Tile, class Visitor>
__device__ __forceinline__ void visitSums(const typename Tile::Sum (&sums)[Tile::kHigh][Tile::kWide][4], const Visitor& visit) {
    const TilePlace<Tile> me;
#pragma unroll
    for (int i = 0; i < Tile::kHigh; ++i)
#pragma unroll
        for (int j = 0; j < Tile::kWide; ++j) {
            const int row = me.row + i * 16 + me.lane / 4;
            const int column = me.column + j * 8 + me.lane % 4 * 2;
            visit(row, column, sums[i][j][0], sums[i][j][1]);
            visit(row + 8, column, sums[i][j][2], sums[i][j][3]);
        }
}

}  // namespace trimtab::cuda::product
