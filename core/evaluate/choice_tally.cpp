// acc, acc_norm: multiple choice by likelihood. The score of a choice is the sum of the log-likelihoods of its tokens after the prompt.
#include <cmath>

#include "core/evaluate/score.h"
#include "core/evaluate/tally.h"

namespace trimtab::evaluate {
namespace {

class ChoiceTally final : public Tally {
public:
    ChoiceTally(std::string metric, std::span<const dataset::Choice> choices) : m_metric(std::move(metric)), m_choices(choices) {}

    Status add(const Tensor& output, const dataset::Batch& batch, std::int64_t skipped) override {
        if (m_choices.empty())
            return fail(ErrorCode::Refused,
                        "the metric " + m_metric + " wants questions with choices: a .jsonl with \"choices\" and \"answer\"");
        TRIMTAB_TRY(const auto scores, scoreBatch("perplexity", output, batch.target));
        for (auto i = static_cast<std::size_t>(skipped); i < scores.size(); ++i) {
            const double likelihood = -scores[i].value * scores[i].weight;
            const auto bytes = static_cast<double>(m_choices[m_likelihoods.size()].bytes);
            m_likelihoods.push_back(m_metric == "acc_norm" ? likelihood / bytes : likelihood);
        }
        return {};
    }

    Status finish(Evaluation& evaluation) override {
        for (std::size_t first = 0, end = 0; first < m_likelihoods.size(); first = end) {
            std::size_t best = first;
            bool isReadable = true;
            for (end = first; end < m_likelihoods.size() && m_choices[end].question == m_choices[first].question; ++end) {
                isReadable = isReadable && std::isfinite(m_likelihoods[end]);
                if (m_likelihoods[end] > m_likelihoods[best]) best = end;
            }
            evaluation.sampleScores.push_back(isReadable && m_choices[best].isAnswer ? 1 : 0);
        }
        evaluation.n = static_cast<std::int64_t>(evaluation.sampleScores.size());
        evaluation.estimate = aggregate(m_metric, evaluation.sampleScores, {});
        return {};
    }

private:
    std::string m_metric;
    std::span<const dataset::Choice> m_choices;
    std::vector<double> m_likelihoods;  // of the choices so far
};

}  // namespace

std::unique_ptr<Tally> makeChoiceTally(const std::string& metric, std::span<const dataset::Choice> choices) {
    return std::make_unique<ChoiceTally>(metric, choices);
}

}  // namespace trimtab::evaluate
