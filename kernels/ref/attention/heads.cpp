#include "kernels/ref/attention/heads.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "core/graph/attention/kv_rounding.h"
#include "kernels/ref/elements.h"

namespace trimtab::ref {
namespace {

constexpr double kNever = -std::numeric_limits<double>::infinity();

using Line = std::vector<double>;

Line rowsOf(const HeadView& view, std::int64_t b, std::int64_t head) {
    Line all(static_cast<std::size_t>(view.rows * view.size));
    for (std::int64_t row = 0; row < view.rows; ++row) view.read(b, head, row, all.data() + row * view.size);
    return all;
}

double dot(const double* a, const double* b, std::int64_t count) {
    double sum = 0;
    for (std::int64_t i = 0; i < count; ++i) sum += a[i] * b[i];
    return sum;
}

/// Weights of the scores, in place; false when nothing may be seen.
bool softmax(Line& scores) {
    const auto top = std::max_element(scores.begin(), scores.end());
    if (top == scores.end() || *top == kNever) return false;
    const double highest = *top;
    double sum = 0;
    for (double& score : scores) sum += score = std::exp(score - highest);
    for (double& score : scores) score /= sum;
    return true;
}

/// What one query shows of its scores, at the row `at` of the tensor.
void show(Tensor& shown, std::int64_t at, const Line& scores) {
    if (shown.defined())
        store(shown, at * static_cast<std::int64_t>(scores.size()), static_cast<std::int64_t>(scores.size()), scores.data());
}

/// Σt weight[t] · value[t]; what has no weight is not read, whatever stands there.
void mix(const Line& weights, const Line& values, Line& out) {
    std::fill(out.begin(), out.end(), 0.0);
    const std::size_t size = out.size();
    for (std::size_t t = 0; t < weights.size(); ++t) {
        if (weights[t] == 0) continue;
        for (std::size_t d = 0; d < size; ++d) out[d] += weights[t] * values[t * size + d];
    }
}

}  // namespace

HeadView HeadView::ofHeads(Tensor tensor) {
    const Shape shape = tensor.shape();
    HeadView view{std::move(tensor), shape[0], shape[1], shape[2], shape[3]};
    view.rowStride = view.size;
    view.headStride = view.rows * view.size;
    view.batchStride = view.heads * view.headStride;
    return view;
}

HeadView HeadView::ofRows(Tensor tensor, std::int64_t heads) {
    const Shape shape = tensor.shape();
    HeadView view{std::move(tensor), shape[0], heads, shape[1], shape[2] / heads};
    view.headStride = view.size;
    view.rowStride = shape[2];
    view.batchStride = view.rows * shape[2];
    return view;
}

HeadView HeadView::ofPacked(Tensor tensor, std::int64_t part) {
    const Shape shape = tensor.shape();
    HeadView view{std::move(tensor), shape[0], shape[2], shape[1], shape[4]};
    view.offset = part * view.size;
    view.headStride = shape[3] * view.size;
    view.rowStride = view.heads * view.headStride;
    view.batchStride = view.rows * view.rowStride;
    return view;
}

void HeadView::read(std::int64_t b, std::int64_t head, std::int64_t row, double* values) const {
    load(tensor, at(b, head, row), 1, size, values);
}

void HeadView::write(std::int64_t b, std::int64_t head, std::int64_t row, const double* values) {
    store(tensor, at(b, head, row), size, values);
}

void attend(const HeadAttention& attention, HeadView& y, Tensor& shown, ScoreStage stage) {
    const HeadView& query = attention.query;
    if (query.tensor.elementCount() == 0 && y.tensor.elementCount() == 0 && !(shown.defined() && shown.elementCount() > 0)) return;
    const std::int64_t group = query.heads / std::max<std::int64_t>(attention.key.heads, 1);
    Line q(static_cast<std::size_t>(query.size)), scores(static_cast<std::size_t>(attention.key.rows));
    Line out(static_cast<std::size_t>(attention.value.size)), keys, values;
    for (std::int64_t b = 0; b < query.batch; ++b)
        for (std::int64_t h = 0; h < query.heads; ++h) {
            if (h % group == 0) keys = rowsOf(attention.key, b, h / group), values = rowsOf(attention.value, b, h / group);
            for (std::int64_t s = 0; s < query.rows; ++s) {
                const std::int64_t at = (b * query.heads + h) * query.rows + s;
                query.read(b, h, s, q.data());
                for (std::size_t t = 0; t < scores.size(); ++t)
                    scores[t] = attention.scale * dot(q.data(), keys.data() + static_cast<std::int64_t>(t) * query.size, query.size);
                if (stage == ScoreStage::Product) show(shown, at, scores);
                if (attention.cap > 0)
                    for (double& score : scores) score = attention.cap * std::tanh(score / attention.cap);
                if (stage == ScoreStage::Capped) show(shown, at, scores);
                if (attention.bias) attention.bias(b, h, s, scores);
                if (stage == ScoreStage::Biased) show(shown, at, scores);
                const bool sees = softmax(scores);
                if (stage == ScoreStage::Weights) show(shown, at, sees ? scores : Line(scores.size(), std::nan("")));
                mix(sees ? scores : Line(scores.size(), 0.0), values, out);
                y.write(b, h, s, out.data());
            }
        }
}

Result<Tensor> appendRows(const Tensor& past, const HeadView& rows) {
    const std::int64_t pastRows = past.defined() ? past.shape()[2] : 0;
    TRIMTAB_TRY(Tensor present, Tensor::allocate(rows.tensor.type(), Shape{rows.batch, rows.heads, pastRows + rows.rows, rows.size}));
    if (present.elementCount() == 0) return present;
    HeadView out = HeadView::ofHeads(present);
    std::vector<double> values(static_cast<std::size_t>(rows.size));
    for (std::int64_t b = 0; b < rows.batch; ++b)
        for (std::int64_t h = 0; h < rows.heads; ++h) {
            for (std::int64_t row = 0; row < pastRows; ++row) {
                load(past, ((b * rows.heads + h) * pastRows + row) * rows.size, 1, rows.size, values.data());
                out.write(b, h, row, values.data());
            }
            for (std::int64_t row = 0; row < rows.rows; ++row) {
                rows.read(b, h, row, values.data());
                out.write(b, h, pastRows + row, values.data());
            }
        }
    return out.tensor;
}

Result<HeadView> asKept(const graph::Treatment& treatment, const Tensor& present) {
    if (treatment.kvBits >= 32) return HeadView::ofHeads(present);
    TRIMTAB_TRY(Tensor rounded, graph::roundedCache(treatment, graph::CachePart::Values, present));
    return HeadView::ofHeads(std::move(rounded));
}

Status requireShape(const Call& call, const Tensor& tensor, const Shape& shape, const std::string& what) {
    if (tensor.shape() != shape) return refuse(call, fmt::format("{} must be {}, not {}", what, shape.text(), tensor.shape().text()));
    return {};
}

}  // namespace trimtab::ref
