// TfIdfVectorizer over integers: how often each n-gram of a pool stands in each row, possibly with elements skipped between its parts.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "core/tensor/convert.h"
#include "kernels/ref/arguments.h"
#include "kernels/ref/elements.h"
#include "kernels/ref/families.h"

namespace trimtab::ref {
namespace {

struct Pool {
    std::map<Ints, std::vector<std::size_t>> grams;  // each with its places in the pool
    Ints columns;                                    // of each n-gram in the pool
    std::int64_t width = 0;
    std::vector<float> weights;
    std::int64_t shortest = 1, longest = 1, skips = 0;
};

/// ngram_counts[n−1] is the position in the pool at which the n-grams begin.
Status readGrams(const Call& call, Pool& pool) {
    const Ints items = call.node.integers("pool_int64s"), starts = call.node.integers("ngram_counts");
    const auto total = static_cast<std::int64_t>(items.size());
    std::size_t index = 0;
    for (std::size_t n = 1; n <= starts.size(); ++n) {
        const std::int64_t begin = starts[n - 1], end = n < starts.size() ? starts[n] : total;
        const auto length = static_cast<std::int64_t>(n);
        if (begin < 0 || end < begin || end > total || (end - begin) % length != 0)
            return refuse(call, "attribute ngram_counts does not cut the pool into n-grams");
        const bool isCounted = length >= pool.shortest && length <= pool.longest;
        for (std::int64_t at = begin; at < end; at += length, ++index)
            if (isCounted) pool.grams[Ints(items.begin() + at, items.begin() + at + length)].push_back(index);
    }
    if (index != pool.columns.size())
        return refuse(call, fmt::format("{} n-grams stand in the pool, {} in ngram_indexes", index, pool.columns.size()));
    return {};
}

Result<Pool> poolOf(const Call& call) {
    if (call.node.has("pool_strings")) return unsupported(call, "pools of strings (pool_strings) are not searched");
    Pool pool;
    pool.shortest = call.node.integer("min_gram_length", 1);
    pool.longest = call.node.integer("max_gram_length", 1);
    pool.skips = call.node.integer("max_skip_count", 0);
    if (pool.shortest < 1 || pool.longest < pool.shortest) return refuse(call, "the lengths of the n-grams make no sense");
    if (pool.skips < 0) return refuse(call, "a negative max_skip_count makes no sense");
    pool.columns = call.node.integers("ngram_indexes");
    pool.weights = call.node.numbers("weights");
    constexpr std::int64_t kWidest = std::int64_t{1} << 31;
    for (const std::int64_t column : pool.columns) {
        if (column < 0 || column >= kWidest) return refuse(call, fmt::format("attribute ngram_indexes holds {}", column));
        pool.width = std::max(pool.width, column + 1);
    }
    if (pool.columns.empty()) return refuse(call, "attribute ngram_indexes is missing");
    if (!pool.weights.empty() && pool.weights.size() != pool.columns.size())
        return refuse(call, "there must be one weight for each n-gram");
    TRIMTAB_REQUIRE(readGrams(call, pool));
    return pool;
}

/// How often each n-gram of the pool stands in `row`. One that has a single element is the same whatever is skipped and counts once.
std::vector<double> countsOf(const Pool& pool, const Ints& row) {
    std::vector<double> counts(pool.columns.size(), 0);
    std::int64_t longest = 0;
    for (const auto& [gram, places] : pool.grams) longest = std::max(longest, static_cast<std::int64_t>(gram.size()));
    const auto size = static_cast<std::int64_t>(row.size());
    for (std::int64_t n = pool.shortest; n <= std::min(longest, size); ++n) {
        const std::int64_t farthest = n == 1 ? 1 : std::min(pool.skips, size) + 1;
        for (std::int64_t distance = 1; distance <= farthest && distance * (n - 1) < size; ++distance) {
            for (std::int64_t first = 0; first + distance * (n - 1) < size; ++first) {
                Ints gram(static_cast<std::size_t>(n));
                for (std::size_t k = 0; k < gram.size(); ++k)
                    gram[k] = row[static_cast<std::size_t>(first) + k * static_cast<std::size_t>(distance)];
                const auto found = pool.grams.find(gram);
                if (found == pool.grams.end()) continue;
                for (const std::size_t place : found->second) counts[place] += 1;
            }
        }
    }
    return counts;
}

Result<Values> tfIdfVectorizer(const Call& call) {
    const Tensor& x = call.tensor(0);
    if (x.type() != DataType::Int32 && x.type() != DataType::Int64) return unsupported(call, "only int32 and int64 are searched");
    const int rank = x.shape().rank();
    if (rank < 1 || rank > 2) return refuse(call, fmt::format("the input {} must be [length] or [rows, length]", x.shape().text()));
    const std::string mode = call.node.string("mode", "");
    if (mode != "TF" && mode != "IDF" && mode != "TFIDF") return refuse(call, "attribute mode must be TF, IDF or TFIDF");
    TRIMTAB_TRY(const Pool pool, poolOf(call));
    const std::int64_t rows = rank == 2 ? x.shape()[0] : 1, length = x.shape()[rank - 1];
    TRIMTAB_TRY(Tensor out, Tensor::zeros(DataType::Float32, rank == 2 ? Shape{rows, pool.width} : Shape{pool.width}));
    if (length == 0) return one(std::move(out));
    const auto data = out.mutableData<float>();
    Ints row(static_cast<std::size_t>(length));
    for (std::int64_t r = 0; r < rows; ++r) {
        load(x, r * length, 1, length, row.data());
        const std::vector<double> counts = countsOf(pool, row);
        for (std::size_t i = 0; i < counts.size(); ++i) {
            const double weight = mode == "TF" || pool.weights.empty() ? 1 : pool.weights[i];
            const double value = (mode == "IDF" ? (counts[i] > 0 ? 1 : 0) : counts[i]) * weight;
            data[static_cast<std::size_t>(r * pool.width + pool.columns[i])] += static_cast<float>(value);
        }
    }
    return one(std::move(out));
}

}  // namespace

void registerTfIdfVectorizer(Registry& registry) { registry.add("TfIdfVectorizer", 9, {1, 1, 1}, tfIdfVectorizer); }

}  // namespace trimtab::ref
