#pragma once
// Metrics counted on outputs and targets that stand in the test.
#include <gtest/gtest.h>

#include "core/base/random.h"
#include "core/evaluate/tally.h"
#include "tests/core/evaluate/fakes.h"

namespace trimtab::evaluate {

class RuledData final : public CountingData {
public:
    explicit RuledData(dataset::TokenRules rules) : CountingData(1), m_rules(rules) {}
    dataset::TokenRules tokenRules() const override { return m_rules; }

private:
    dataset::TokenRules m_rules;
};

inline Result<Evaluation> counted(const std::string& metric, const Tensor& output, const Tensor& target, const Tensor& group = {},
                                  dataset::TokenRules rules = {}) {
    Evaluation evaluation;
    const auto info = metricInfo(metric);
    if (!info) return fail(ErrorCode::Usage, "no metric " + metric);
    evaluation.metric = info->name;
    evaluation.direction = info->direction;
    TRIMTAB_TRY(const auto tally, makeTally(*info, RuledData(rules)));
    TRIMTAB_REQUIRE(tally->add(output, {{}, target, group}, 0));
    TRIMTAB_REQUIRE(tally->finish(evaluation));
    return evaluation;
}

inline double figure(const std::string& metric, const Tensor& output, const Tensor& target, const Tensor& group = {},
    dataset::TokenRules rules = {}) {
    const auto evaluation = counted(metric, output, target, group, rules);
    EXPECT_TRUE(evaluation) << (evaluation ? "" : evaluation.error().text());
    return evaluation ? evaluation->estimate.value : -1;
}

inline double meanOf(const std::vector<double>& values) {
    double sum = 0;
    for (const double value : values) sum += value;
    return sum / static_cast<double>(values.size());
}

/// Whole numbers below `bound` as scores, so that ties occur.
inline std::vector<float> drawnScores(base::Random& random, std::size_t count, std::uint64_t bound) {
    std::vector<float> scores(count);
    for (float& score : scores) score = static_cast<float>(random.below(bound));
    return scores;
}
inline std::vector<std::int64_t> drawnLabels(base::Random& random, std::size_t count, std::uint64_t bound) {
    std::vector<std::int64_t> labels(count);
    for (auto& label : labels) label = static_cast<std::int64_t>(random.below(bound));
    return labels;
}

}  // namespace trimtab::evaluate
