#include <numeric>

#include "core/evaluate/score.h"
#include "core/evaluate/tally.h"

namespace trimtab::evaluate {
namespace {

bool countsTokens(const std::string& metric) {
    return metric == "perplexity" || metric == "next_token_accuracy" || metric == "frame_accuracy";
}

class MeanTally final : public Tally {
public:
    explicit MeanTally(std::string metric) : m_metric(std::move(metric)) {}

    Status add(const Tensor& output, const dataset::Batch& batch, std::int64_t skipped) override {
        TRIMTAB_TRY(const auto scores, scoreBatch(m_metric, output, batch.target));
        for (auto i = static_cast<std::size_t>(skipped); i < scores.size(); ++i) {
            m_scores.push_back(scores[i].value);
            if (countsTokens(m_metric)) m_weights.push_back(scores[i].weight);
        }
        return {};
    }

    Status finish(Evaluation& evaluation) override {
        if (!m_weights.empty() && std::accumulate(m_weights.begin(), m_weights.end(), 0.0) <= 0)
            return fail(ErrorCode::Refused,
                        m_metric == "frame_accuracy" ? "the dataset has no frame to score" : "the dataset has no token to score");
        evaluation.estimate = aggregate(m_metric, m_scores, m_weights);
        evaluation.n = static_cast<std::int64_t>(m_scores.size());
        evaluation.sampleScores = std::move(m_scores);
        evaluation.sampleWeights = std::move(m_weights);
        return {};
    }

private:
    std::string m_metric;
    std::vector<double> m_scores;
    std::vector<double> m_weights;
};

}  // namespace

std::unique_ptr<Tally> makeMeanTally(std::string metric) { return std::make_unique<MeanTally>(std::move(metric)); }

}  // namespace trimtab::evaluate
