// ndcg: how high the positives of each group (a user's items, a query's pages) rank within it. Normalised discounted cumulative gain at ten
// (Järvelin and Kekäläinen 2002): Σ gain / log2(1 + rank) over the ten first, over the most that the group's positives can give.
#include <algorithm>
#include <cmath>
#include <map>

#include "core/evaluate/tally.h"
#include "core/tensor/convert.h"

namespace trimtab::evaluate {
namespace {

constexpr std::size_t kDepth = 10;

struct Item {
    float score;
    bool isPositive;
};

double discount(std::size_t rank) { return rank < kDepth ? 1 / std::log2(2.0 + static_cast<double>(rank)) : 0; }

/// What is no number is ranked where it does most harm.
std::pair<int, float> keyOf(const Item& item) {
    if (std::isnan(item.score)) return {item.isPositive ? -1 : 1, 0.0F};
    return {0, item.score};
}

/// REQUIRES: at least one positive.
double gainOf(std::vector<Item> items) {
    std::ranges::sort(items, [](const Item& a, const Item& b) { return keyOf(a) > keyOf(b); });
    double gain = 0;
    for (std::size_t first = 0, end = 0; first < std::min(items.size(), kDepth); first = end) {
        double discounts = 0, positives = 0;
        for (end = first; end < items.size() && keyOf(items[end]) == keyOf(items[first]); ++end) {
            discounts += discount(end);
            positives += items[end].isPositive;
        }
        gain += discounts * positives / static_cast<double>(end - first);
    }
    double most = 0;
    const auto positives = static_cast<std::size_t>(std::ranges::count_if(items, &Item::isPositive));
    for (std::size_t rank = 0; rank < positives; ++rank) most += discount(rank);
    return gain / most;
}

class GroupTally final : public Tally {
public:
    Status add(const Tensor& output, const dataset::Batch& batch, std::int64_t skipped) override {
        TRIMTAB_TRY(const Tensor values, scoresOf(output, batch.target));
        const std::int64_t n = output.shape()[0];
        if (values.elementCount() != n || batch.target.elementCount() != n)
            return mismatch("ndcg", "scores [samples] or [samples, 1] and targets [samples]", output, batch.target);
        if (!batch.group.defined() || batch.group.elementCount() != n)
            return fail(ErrorCode::Refused, "the metric ndcg wants groups: name them in the manifest, \"group\": {\"file\": …}");
        for (std::int64_t i = skipped; i < n; ++i) {
            const std::int64_t label = tensor::elementAsInt64(batch.target, i);
            if (label != 0 && label != 1)
                return fail(ErrorCode::Refused,
                            "the metric ndcg wants the targets 0 and 1, but the dataset holds " + std::to_string(label));
            m_groups[tensor::elementAsInt64(batch.group, i)].push_back({values.data<float>()[static_cast<std::size_t>(i)], label == 1});
        }
        return {};
    }

    Status finish(Evaluation& evaluation) override {
        for (auto& [group, items] : m_groups)
            if (std::ranges::any_of(items, &Item::isPositive)) evaluation.sampleScores.push_back(gainOf(std::move(items)));
        if (evaluation.sampleScores.empty()) return fail(ErrorCode::Refused, "no group of the dataset has a positive");
        evaluation.n = static_cast<std::int64_t>(evaluation.sampleScores.size());
        evaluation.estimate = aggregate("ndcg", evaluation.sampleScores, {});
        return {};
    }

private:
    std::map<std::int64_t, std::vector<Item>> m_groups;
};

}  // namespace

std::unique_ptr<Tally> makeGroupTally() { return std::make_unique<GroupTally>(); }

}  // namespace trimtab::evaluate
