#include "kernels/ref/attention/padding_mask.h"

#include <limits>

#include <fmt/format.h>

#include "core/tensor/convert.h"
#include "kernels/ref/elements.h"

namespace trimtab::ref {
namespace {

constexpr double kHidden = std::numeric_limits<float>::lowest();

}  // namespace

Result<PaddingMask> PaddingMask::read(const Call& call, std::size_t maskInput, std::size_t biasInput, const Extents& extents, bool ends) {
    PaddingMask mask;
    mask.m_extents = extents;
    mask.m_filter = call.node.number("mask_filter_value", -10000.0F);
    mask.m_causal = call.node.integer("unidirectional", 0) != 0;
    if (call.has(maskInput)) TRIMTAB_REQUIRE(mask.readMask(call, maskInput, ends));
    if (call.has(biasInput)) TRIMTAB_REQUIRE(mask.readBias(call, biasInput));
    return mask;
}

Status PaddingMask::readMask(const Call& call, std::size_t input, bool ends) {
    const Tensor& tensor = call.tensor(input);
    if (!isInteger(tensor.type())) return refuse(call, "the mask must hold integers");
    const Shape& shape = tensor.shape();
    const auto& [batch, heads, queries, keys, past] = m_extents;
    if (shape.rank() == 4) return unsupported(call, "a mask of 4 axes is not known here");
    const Ints values = tensor::toInt64s(tensor);
    if (shape == Shape{batch, keys} || shape == Shape{batch, queries, keys}) {
        m_mask = values;
        m_maskRows = shape.rank() == 3 ? queries : 1;
        return {};
    }
    const bool hasStarts = ends && shape == Shape{2 * batch};
    if (shape != Shape{batch} && shape != Shape{3 * batch + 2} && !hasStarts)
        return refuse(call, fmt::format("a mask of shape {} does not go with {} rows of {} queries and {} keys", shape.text(), batch,
                                        queries, keys));
    m_ends.assign(values.begin(), values.begin() + batch);
    if (hasStarts) m_starts.assign(values.begin() + batch, values.end());
    return {};
}

Status PaddingMask::readBias(const Call& call, std::size_t input) {
    m_bias = call.tensor(input);
    TRIMTAB_REQUIRE(sameType(call, call.tensor(0), m_bias));
    const Shape& shape = m_bias.shape();
    if (shape.rank() != 4 || (shape[0] != 1 && shape[0] != m_extents.batch) || (shape[1] != 1 && shape[1] != m_extents.heads) ||
        shape[2] != m_extents.queries || shape[3] != m_extents.keys)
        return refuse(call, fmt::format("the attention bias must be [{} or 1, {} or 1, {}, {}], not {}", m_extents.batch, m_extents.heads,
                                        m_extents.queries, m_extents.keys, shape.text()));
    m_biasHeadStride = shape[1] == 1 ? 0 : shape[2] * shape[3];
    m_biasBatchStride = shape[0] == 1 ? 0 : shape[1] * shape[2] * shape[3];
    return {};
}

bool PaddingMask::isMasked(std::int64_t b, std::int64_t s, std::int64_t t) const {
    const auto row = static_cast<std::size_t>(b);
    if (!m_ends.empty() && t >= m_ends[row]) return true;
    if (!m_starts.empty() && t < m_starts[row]) return true;
    if (m_mask.empty()) return false;
    return m_mask[static_cast<std::size_t>((b * m_maskRows + (m_maskRows == 1 ? 0 : s)) * m_extents.keys + t)] <= 0;
}

void PaddingMask::add(std::int64_t b, std::int64_t h, std::int64_t s, std::span<double> scores) const {
    std::vector<double> bias(m_bias.defined() ? scores.size() : 0);
    if (m_bias.defined()) {
        const std::int64_t first = b * m_biasBatchStride + h * m_biasHeadStride + s * m_extents.keys;
        load(m_bias, first, 1, static_cast<std::int64_t>(scores.size()), bias.data());
    }
    for (std::size_t i = 0; i < scores.size(); ++i) {
        const auto t = static_cast<std::int64_t>(i);
        if (isMasked(b, s, t)) scores[i] += m_filter;
        if (!bias.empty()) scores[i] += bias[i];
        if (m_causal && t > m_extents.past + s) scores[i] = kHidden;
    }
}

}  // namespace trimtab::ref
