#pragma once
// The implementations behind launchAttention(), each for the rows and types that it is made for.
#include "kernels/cuda/kernels/attention.h"

namespace trimtab::cuda {

/// Rows (query tokens · heads that share a kv head) that a block of the decode kernels holds.
inline constexpr int kDecodeRows = 8;

/// How a decode is divided: a block for each (sequence, kv head, tile of rows, part of the keys).
struct DecodeSplit {
    int rowTiles = 1;
    int parts = 1;
    int paddedHead = 64;  // 64, 128 or 256

    std::int64_t items(const Attention& a) const { return a.batch * a.kvHeads * rowTiles; }
    /// Of the unfinished sums and their statistics; 0 when there is one part.
    std::int64_t workspaceFloats(const Attention& a) const { return parts == 1 ? 0 : items(a) * parts * kDecodeRows * (paddedHead + 2); }
};
DecodeSplit decodeSplit(const Attention& attention);

struct AttentionOperands {
    const void* q = nullptr;
    const void* keys = nullptr;
    const void* values = nullptr;
    float* workspace = nullptr;
    void* o = nullptr;
};

/// Few rows a kv head. The first needs Float16 or BFloat16 and 16-byte aligned rows, as does launchPrefill().
Status launchDecode(Stream stream, const Attention& attention, const AttentionOperands& operands);
Status launchPlainDecode(Stream stream, const Attention& attention, const AttentionOperands& operands);
/// Joins the parts that a decode kernel left in the workspace.
Status launchJoinParts(Stream stream, const Attention& attention, const DecodeSplit& split, const AttentionOperands& operands);

/// Any number of rows.
Status launchPrefill(Stream stream, const Attention& attention, const AttentionOperands& operands);
Status launchPlainPrefill(Stream stream, const Attention& attention, const AttentionOperands& operands);

}  // namespace trimtab::cuda
