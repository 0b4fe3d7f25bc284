#include "kernels/cpu/implementations/cached_attention.h"

#include <omp.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "core/tensor/data_type.h"
#include "kernels/cpu/simd/kernel_table.h"
#include "kernels/cpu/vector/parallel.h"
#include "kernels/cpu/vector/vector_kernels.h"

namespace trimtab::cpu {
namespace {

constexpr std::int64_t kTaskRows = 64;
constexpr std::int64_t kFewQueries = 8;  // for so many, keys are met as they stand
constexpr std::int64_t kTileKeys = simd::kTileKeys;
constexpr float kNever = -std::numeric_limits<float>::infinity();

std::int64_t padded(std::int64_t size) { return (size + simd::kLanes - 1) / simd::kLanes * simd::kLanes; }

/// Tokens that a task takes: all their query heads of one key head come along.
std::int64_t taskTokens(const CachedAttention& a) {
    return std::clamp<std::int64_t>(kTaskRows * a.kvHeads / a.heads, 1, std::max<std::int64_t>(a.tokens, 1));
}

/// One head turned by its position; `to` may be `from`.
void rotate(const CachedAttention& a, const RotaryRows& tables, std::int64_t position, const float* from, float* to) {
    if (to != from) std::copy_n(from, a.size, to);
    const float* cos = tables.cos + position * a.rotaryHalf;
    const float* sin = tables.sin + position * a.rotaryHalf;
    const std::int64_t step = a.interleaved ? 2 : 1, distance = a.interleaved ? 1 : a.rotaryHalf;
    for (std::int64_t i = 0; i < a.rotaryHalf; ++i) {
        float& first = to[i * step];
        float& second = to[i * step + distance];
        const float turned = first * cos[i] - second * sin[i];
        second = second * cos[i] + first * sin[i];
        first = turned;
    }
}

/// As core/graph/attention/kv_rounding.h rounds them, in the order of core/tensor/kept_row.h.
void storeCodes(int bits, const float* row, std::int64_t size, std::byte* to) {
    float low = row[0], high = row[0];
    bool isFinite = true;
    for (std::int64_t i = 0; i < size; ++i) {
        isFinite = isFinite && std::isfinite(row[i]);
        low = std::min(low, row[i]);
        high = std::max(high, row[i]);
    }
    const auto levels = static_cast<float>((1 << bits) - 1);
    float scale = (high - low) / levels;
    if (!isFinite || !std::isfinite(scale)) low = scale = std::numeric_limits<float>::quiet_NaN();
    std::memcpy(to, &low, sizeof(low));
    std::memcpy(to + sizeof(low), &scale, sizeof(scale));
    to += tensor::kKeptRangeBytes;
    std::memset(to, 0, static_cast<std::size_t>(tensor::keptRowBytes(size, bits) - tensor::kKeptRangeBytes));
    if (!(scale > 0)) return;
    constexpr std::int64_t kHalf = tensor::kKeptChunk / 2;
    for (std::int64_t i = 0; i < size; ++i) {
        // Of a range so small that the scale itself was rounded, the quotient may pass the last code.
        const auto code = static_cast<unsigned>(std::min(std::nearbyint((row[i] - low) / scale), levels));
        const std::int64_t chunk = i / tensor::kKeptChunk, within = i % tensor::kKeptChunk;
        if (bits == 8)
            to[i] = static_cast<std::byte>(code);
        else
            to[chunk * kHalf + within % kHalf] |= static_cast<std::byte>(code << (within / kHalf * 4));
    }
}

void storeRow(simd::RowFormat format, const float* row, std::int64_t size, std::byte* to) {
    if (format == simd::RowFormat::Codes8 || format == simd::RowFormat::Codes4)
        return storeCodes(format == simd::RowFormat::Codes8 ? 8 : 4, row, size, to);
    if (format == simd::RowFormat::Float32) {
        std::memcpy(to, row, static_cast<std::size_t>(size) * 4);
        return;
    }
    auto* halves = reinterpret_cast<std::uint16_t*>(to);
    const bool isBfloat = format == simd::RowFormat::BFloat16;
    for (std::int64_t i = 0; i < size; ++i) halves[i] = isBfloat ? tensor::floatToBfloat(row[i]) : tensor::floatToHalf(row[i]);
}

/// The scratch of one thread.
struct Workspace {
    float* queries;  // [kTaskRows, padded size]
    float* columns;  // [size, kTileKeys]: keys of a tile
    float* values;   // [kTileKeys, padded size]
    float* scores;   // [kTaskRows, kTileKeys]
    float* sums;     // [kTaskRows, padded size]
    float* highest;  // [kTaskRows]
    float* weight;   // [kTaskRows]: sums of the softmax
};

struct ScratchSizes {
    std::int64_t rows, queries, columns, values, scores, sums;
    explicit ScratchSizes(const CachedAttention& a)
        : rows(padded(taskTokens(a) * (a.heads / a.kvHeads))),
          queries(rows * padded(a.size)),
          columns(a.size * kTileKeys),
          values(kTileKeys * padded(a.size)),
          scores(rows * kTileKeys),
          sums(rows * padded(a.size)) {}
    std::int64_t all() const { return queries + columns + values + scores + sums + 2 * rows; }
};

Workspace workspaceAt(const CachedAttention& a, float* scratch) {
    const ScratchSizes sizes(a);
    Workspace w{};
    w.queries = scratch;
    w.columns = w.queries + sizes.queries;
    w.values = w.columns + sizes.columns;
    w.scores = w.values + sizes.values;
    w.sums = w.scores + sizes.scores;
    w.highest = w.sums + sizes.sums;
    w.weight = w.highest + sizes.rows;
    return w;
}

/// Up to kTaskRows rows of queries: tokens [first, last) of sequence b, with all heads of key head g.
class Task {
public:
    Task(const CachedAttention& a, const Workspace& w, std::int64_t b, std::int64_t g, std::int64_t first, std::int64_t last,
         std::int64_t past)
        : m_a(a), m_w(w), m_b(b), m_g(g), m_first(first), m_group(a.heads / a.kvHeads), m_rows((last - first) * m_group), m_past(past) {}

    void run(const RotaryRows& rotary, const float* query, const std::byte* keys, const std::byte* values, float* y) {
        loadQueries(rotary, query);
        const std::int64_t width = padded(m_a.size);
        std::fill_n(m_w.sums, m_rows * width, 0.0F);
        std::fill_n(m_w.highest, m_rows, kNever);
        std::fill_n(m_w.weight, m_rows, 0.0F);
        const std::int64_t end = lastKey(m_rows - 1) + 1;
        for (std::int64_t key = firstKey(0); key < end; key += kTileKeys) addTile(key, std::min(kTileKeys, end - key), keys, values);
        for (std::int64_t r = 0; r < m_rows; ++r) {
            const float inverse = m_w.weight[r] > 0 ? 1 / m_w.weight[r] : 0;
            float* to = y + (m_b * m_a.tokens + m_first + r / m_group) * m_a.heads * m_a.size + (m_g * m_group + r % m_group) * m_a.size;
            for (std::int64_t i = 0; i < m_a.size; ++i) to[i] = m_w.sums[r * width + i] * inverse;
        }
    }

private:
    std::int64_t lastKey(std::int64_t r) const { return m_past + m_first + r / m_group; }
    std::int64_t firstKey(std::int64_t r) const { return m_a.window > 0 ? std::max<std::int64_t>(0, lastKey(r) + 1 - m_a.window) : 0; }

    void loadQueries(const RotaryRows& rotary, const float* query) {
        for (std::int64_t r = 0; r < m_rows; ++r) {
            const std::int64_t token = m_first + r / m_group, head = m_g * m_group + r % m_group;
            const float* from = query + (m_b * m_a.tokens + token) * m_a.queryStride + head * m_a.size;
            float* to = m_w.queries + r * padded(m_a.size);
            std::fill(std::copy_n(from, m_a.size, to), m_w.queries + (r + 1) * padded(m_a.size), 0.0F);
            if (m_a.rotaryHalf > 0) rotate(m_a, rotary, m_past + token, to, to);
            for (std::int64_t i = 0; i < m_a.size; ++i) to[i] *= m_a.scale;
        }
    }

    void addTile(std::int64_t key, std::int64_t count, const std::byte* keys, const std::byte* values) {
        const simd::TileKernels& tiles = simd::kernels(simd::bestIsa()).tiles;
        const std::int64_t at = (((m_b * m_a.kvHeads + m_g) * m_a.rows) + key) * m_a.rowBytes();
        const std::int64_t width = padded(m_a.size);
        if (m_rows <= kFewQueries) {
            tiles.meetRows(m_a.cacheFormat, keys + at, count, m_a.size, m_w.queries, width, m_rows, m_w.scores);
        } else {
            tiles.turnRows(m_a.cacheFormat, keys + at, count, m_a.size, m_w.columns);
            tiles.multiply(m_w.queries, width, m_rows, m_w.columns, kTileKeys, m_a.size, padded(count), m_w.scores, kTileKeys, false);
        }
        for (std::int64_t r = 0; r < m_rows; ++r) weigh(r, key, count);
        const float* wide = m_w.values;
        if (m_a.cacheFormat == simd::RowFormat::Float32 && width == m_a.size)
            wide = reinterpret_cast<const float*>(values + at);
        else
            tiles.widenRows(m_a.cacheFormat, values + at, count, m_a.size, width, m_w.values);
        // Weights of keys that a row must not see are 0, but 0 · ∞ is no number: at the edges each token meets its own keys alone.
        if (sees(0, key, count) && sees(m_rows - 1, key, count)) {
            tiles.multiply(m_w.scores, kTileKeys, m_rows, wide, width, count, width, m_w.sums, width, true);
            return;
        }
        for (std::int64_t r = 0; r < m_rows; r += m_group) {
            const auto [low, high] = visible(r, key, count);
            if (low < high)
                tiles.multiply(m_w.scores + r * kTileKeys + low, kTileKeys, m_group, wide + low * width, width, high - low, width,
                               m_w.sums + r * width, width, true);
        }
    }

    /// Of the keys of a tile those that row r sees.
    std::pair<std::int64_t, std::int64_t> visible(std::int64_t r, std::int64_t key, std::int64_t count) const {
        return {std::clamp<std::int64_t>(firstKey(r) - key, 0, count), std::clamp<std::int64_t>(lastKey(r) + 1 - key, 0, count)};
    }
    bool sees(std::int64_t r, std::int64_t key, std::int64_t count) const {
        return visible(r, key, count) == std::pair{std::int64_t{0}, count};
    }

    /// Scores of row r become its weights so far; what was summed before is brought to the new maximum.
    void weigh(std::int64_t r, std::int64_t key, std::int64_t count) {
        const VectorKernels& vector = vectorKernels();
        float* scores = m_w.scores + r * kTileKeys;
        const auto [low, high] = visible(r, key, count);
        if (low >= high) {
            std::fill_n(scores, count, 0.0F);
            return;
        }
        if (m_a.softCap > 0) {
            vector.unary(UnaryOp::Affine, scores + low, scores + low, high - low, 1 / m_a.softCap, 0);
            vector.unary(UnaryOp::Tanh, scores + low, scores + low, high - low, 0, 0);
            vector.unary(UnaryOp::Affine, scores + low, scores + low, high - low, m_a.softCap, 0);
        }
        const float before = m_w.highest[r];
        const float top = vector.reduceRow(ReduceOp::Max, scores + low, high - low);
        const float highest = top < before ? before : top;  // a score that is no number stays one
        if (highest == kNever) {                            // −∞ throughout: nothing has a weight yet
            std::fill_n(scores, count, 0.0F);
            return;
        }
        const float sum = vector.exponentialRow(scores + low, highest, scores + low, high - low);
        std::fill_n(scores, low, 0.0F);
        std::fill(scores + high, scores + count, 0.0F);
        const float factor = before == kNever ? 0.0F : std::exp(before - highest);
        m_w.weight[r] = m_w.weight[r] * factor + sum;
        m_w.highest[r] = highest;
        const std::int64_t width = padded(m_a.size);
        if (factor != 1 && before != kNever) vector.unary(UnaryOp::Affine, m_w.sums + r * width, m_w.sums + r * width, width, factor, 0);
    }

    const CachedAttention& m_a;
    const Workspace& m_w;
    std::int64_t m_b, m_g, m_first, m_group, m_rows, m_past;
};

}  // namespace

std::int64_t CachedAttention::scratchFloats(int threads) const { return ScratchSizes(*this).all() * threads; }

void appendToCaches(const CachedAttention& a, std::span<const std::int64_t> past, const RotaryRows& rotary, const float* key,
                    const float* value, std::byte* keys, std::byte* values) {
    constexpr std::int64_t kLongestHead = 1024;
    parallelRows(a.batch * a.tokens, a.kvHeads * a.size * 2, [&](std::int64_t index) {
        const std::int64_t b = index / a.tokens, s = index % a.tokens, row = past[static_cast<std::size_t>(b)] + s;
        float turned[kLongestHead];
        for (std::int64_t g = 0; g < a.kvHeads; ++g) {
            const std::int64_t from = index * a.keyStride + g * a.size;
            const std::int64_t to = ((b * a.kvHeads + g) * a.rows + row) * a.rowBytes();
            const float* filed = key + from;
            if (a.rotaryHalf > 0) {
                rotate(a, rotary, row, filed, turned);
                filed = turned;
            }
            storeRow(a.cacheFormat, filed, a.size, keys + to);
            storeRow(a.cacheFormat, value + from, a.size, values + to);
        }
    });
}

void attend(const CachedAttention& a, std::span<const std::int64_t> past, const RotaryRows& rotary, const float* query,
            const std::byte* keys, const std::byte* values, float* scratch, float* y) {
    const std::int64_t tokens = taskTokens(a), blocks = (a.tokens + tokens - 1) / tokens;
    const std::int64_t each = ScratchSizes(a).all();
#pragma omp parallel for schedule(dynamic)
    for (std::int64_t task = 0; task < a.batch * a.kvHeads * blocks; ++task) {
        const std::int64_t slice = task / blocks, b = slice / a.kvHeads;
        const std::int64_t first = (blocks - 1 - task % blocks) * tokens;  // the longest first
        const Workspace workspace = workspaceAt(a, scratch + each * omp_get_thread_num());
        Task(a, workspace, b, slice % a.kvHeads, first, std::min(first + tokens, a.tokens), past[static_cast<std::size_t>(b)])
            .run(rotary, query, keys, values, y);
    }
}

}  // namespace trimtab::cpu
