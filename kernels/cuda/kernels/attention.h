#pragma once
// Grouped-query attention over a key/value cache in one pass with a running softmax (Dao et al. 2022, "FlashAttention", algorithm 1; for
// one new token the cache is split among blocks and their parts combined: Dao et al. 2023, "Flash-Decoding").
//   o[b, s, h] = Σt softmax_t(q[b, s, h] · K[b, h / (heads / kvHeads), t] · scale) V[…, t],  t ≤ past + s when causal
// Types: Float32, Float16, BFloat16, sums in float32.
#include "core/tensor/data_type.h"
#include "kernels/cuda/device/device.h"

namespace trimtab::cuda {

struct Attention {
    DataType type = DataType::BFloat16;
    std::int64_t batch = 1, heads = 1, kvHeads = 1, headSize = 64;  // headSize ≤ 256
    std::int64_t queries = 1;                                       // new tokens of each sequence
    std::int64_t past = 0;                                          // tokens in the cache before them
    std::int64_t capacity = 0;  // tokens that the cache has room for: [batch, kvHeads, capacity, headSize]
    float scale = 0;
    bool causal = true;
    std::int64_t window = 0;  // > 0: only the last `window` keys are seen
    float softCap = 0;        // > 0: scores become cap · tanh(score / cap)
    // Strides in elements of q [batch, queries, heads, headSize] and of the new k, v [batch, queries, kvHeads, headSize]; a head's values
    // are contiguous.
    std::int64_t qBatchStride = 0, qTokenStride = 0, qHeadStride = 0;
    std::int64_t kvBatchStride = 0, kvTokenStride = 0, kvHeadStride = 0;
    // Not null: [batch], in device memory when the kernels run: the tokens of each sequence in all, less one (ONNX Runtime's seqlens_k).
    // `queries` of them are new; of a prompt that is padded at its end fewer, and then none came before. `past` is the most that may have
    // come before. So a step that was recorded once can be replayed while the caches grow, each sequence by itself.
    const std::int32_t* lastOnDevice = nullptr;
};

struct Rotary {
    bool apply = false;
    bool interleaved = false;  // pairs (2i, 2i+1), else (i, i + half)
    std::int64_t half = 0;     // rotated pairs a head: rotary size / 2
};

/// Writes the new keys (rotated) and values behind `past` in the caches, and rotates q in place (when rotary.apply). cos, sin: Float32
/// [positions, half], row past + s for token s.
Status launchAppendToCache(Stream stream, const Attention& attention, const Rotary& rotary, void* q, const void* k, const void* v,
                           const float* cos, const float* sin, void* keyCache, void* valueCache);
/// o: [batch, queries, heads, headSize], contiguous. `workspace` of attentionWorkspace() bytes (may be 0; never less for a larger past).
/// Keys t < past + queries must be in the caches.
std::int64_t attentionWorkspace(const Attention& attention);
Status launchAttention(Stream stream, const Attention& attention, const void* q, const void* keyCache, const void* valueCache,
                       void* workspace, void* o);

}  // namespace trimtab::cuda
