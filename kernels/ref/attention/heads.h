#pragma once
// Softmax attention over heads, the core that every attention operator of ours but GroupQueryAttention shares (Vaswani et al. 2017):
//   score[s, t] = cap(q[s] · k[t] · scale) + bias[s, t]
//   weight[s, t] = softmax over t of score[s, t]
//   y[s] = Σt weight[s, t] · v[t]
//   cap(x) = c · tanh(x / c) where c > 0, else x
// Query head h reads the keys and values of head h / (query heads / key heads). A query that may see nothing (every score −∞) gives 0.
// Sums are formed in double and rounded to the tensor's type once.
#include <functional>
#include <span>

#include "kernels/ref/arguments.h"

namespace trimtab::ref {

/// A tensor of a floating type seen as [batch, heads, rows, size], wherever these axes lie in it.
struct HeadView {
    Tensor tensor;
    std::int64_t batch = 0, heads = 0, rows = 0, size = 0;
    std::int64_t offset = 0, batchStride = 0, headStride = 0, rowStride = 0;

    /// [batch, heads, rows, size]. REQUIRES: rank 4.
    static HeadView ofHeads(Tensor tensor);
    /// [batch, rows, heads · size]. REQUIRES: rank 3, heads >= 1 and dividing the last extent.
    static HeadView ofRows(Tensor tensor, std::int64_t heads);
    /// Part `part` of [batch, rows, heads, parts, size]. REQUIRES: rank 5, part < parts.
    static HeadView ofPacked(Tensor tensor, std::int64_t part);

    std::int64_t at(std::int64_t b, std::int64_t head, std::int64_t row) const {
        return offset + b * batchStride + head * headStride + row * rowStride;
    }
    void read(std::int64_t b, std::int64_t head, std::int64_t row, double* values) const;
    void write(std::int64_t b, std::int64_t head, std::int64_t row, const double* values);
};

/// What a fourth output shows of the scores.
enum class ScoreStage : std::uint8_t { Product, Capped, Biased, Weights };

struct HeadAttention {
    HeadView query, key, value;  // key and value have the same batch, heads and rows, the query has a multiple of their heads
    double scale = 1, cap = 0;
    /// Adds to the scores of one query against all keys; −∞ for what it must not see. May be empty.
    std::function<void(std::int64_t batch, std::int64_t head, std::int64_t row, std::span<double> scores)> bias;
};

/// Attends and writes the rows of `y`. `shown`, when defined, is [batch, heads, queries, keys] and takes the scores at `stage`; weights of
/// a query that sees nothing are NaN there.
void attend(const HeadAttention& attention, HeadView& y, Tensor& shown, ScoreStage stage);

/// [batch, heads, past rows + rows, size]: `past` (when defined, [batch, heads, past rows, size]) with the new rows behind it.
Result<Tensor> appendRows(const Tensor& past, const HeadView& rows);

/// Keys or values [batch, heads, rows, size] as the treatment has them kept (core/graph/attention/kv_rounding.h): themselves where it asks
/// for nothing, else rounded and read back. What leaves a node as its present cache is not rounded: each run rounds once.
Result<HeadView> asKept(const graph::Treatment& treatment, const Tensor& present);

/// Refused unless the tensor is of this shape; `what` names it.
Status requireShape(const Call& call, const Tensor& tensor, const Shape& shape, const std::string& what);

}  // namespace trimtab::ref
