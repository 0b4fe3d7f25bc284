#pragma once
// What com.microsoft.MultiHeadAttention and Attention add to the scores of a query: the padding mask, the attention bias and causality.
//   mask [batch]                    keys from that length on are masked (padding at the end)
//   mask [2 · batch]                ends, then first keys: what lies outside is masked (padding at either side)
//   mask [3 · batch + 2]            the first `batch` values are the lengths of the keys; the rest are sums of lengths and say nothing more
//   mask [batch, keys], [batch, queries, keys]      masked where it is 0 or less
//   bias [batch or 1, heads or 1, queries, keys]    is added
// A masked score gets mask_filter_value added (−10000 unless given): masked keys keep their order among themselves.
// What causality hides has the lowest finite score of float32.
#include <span>

#include "kernels/ref/arguments.h"

namespace trimtab::ref {

class PaddingMask {
public:
    struct Extents {
        std::int64_t batch = 0, heads = 0, queries = 0, keys = 0, past = 0;  // `keys` counts the past ones too
    };
    /// Inputs that are left out add nothing. `ends`: the form [2 · batch] is known. Attributes mask_filter_value and unidirectional.
    static Result<PaddingMask> read(const Call& call, std::size_t maskInput, std::size_t biasInput, const Extents& extents, bool ends);

    void add(std::int64_t b, std::int64_t h, std::int64_t s, std::span<double> scores) const;

private:
    bool isMasked(std::int64_t b, std::int64_t s, std::int64_t t) const;
    Status readMask(const Call& call, std::size_t input, bool ends);
    Status readBias(const Call& call, std::size_t input);

    Extents m_extents;
    Ints m_ends, m_starts;               // one for each batch row
    Ints m_mask;                         // [batch, rows, keys]
    std::int64_t m_maskRows = 1;         // 1 or queries
    Tensor m_bias;
    std::int64_t m_biasBatchStride = 0, m_biasHeadStride = 0;
    double m_filter = 0;
    bool m_causal = false;
};

}  // namespace trimtab::ref
