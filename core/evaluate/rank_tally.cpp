// auc, mean_average_precision: how high the positives rank among all samples.
#include "core/evaluate/rank_statistic.h"
#include "core/evaluate/tally.h"
#include "core/tensor/convert.h"

namespace trimtab::evaluate {
namespace {

class RankTally final : public Tally {
public:
    explicit RankTally(std::string metric) : m_metric(std::move(metric)) {}

    Status add(const Tensor& output, const dataset::Batch& batch, std::int64_t skipped) override {
        TRIMTAB_TRY(const Tensor values, scoresOf(output, batch.target));
        const std::int64_t n = output.shape()[0], classes = values.elementCount() / n;
        const bool isPlain = m_metric == "auc" && classes == 1;
        const bool fits = batch.target.shape().rank() > 0 && batch.target.shape()[0] == n && batch.target.elementCount() == n * classes;
        if (!fits || (m_metric == "auc" ? !isPlain : output.shape().rank() < 2))
            return mismatch(m_metric, m_metric == "auc" ? "scores [samples] or [samples, 1] and targets [samples]"
                                                        : "scores and targets [samples, classes]", output, batch.target);
        if (m_classes == 0) m_classes = classes;
        if (classes != m_classes) return fail(ErrorCode::Refused, "the model's output changes its classes from batch to batch");
        for (std::int64_t i = skipped * classes; i < n * classes; ++i) {
            const std::int64_t label = tensor::elementAsInt64(batch.target, i);
            if (label > 1)
                return fail(ErrorCode::Refused,
                            "the metric " + m_metric + " wants the targets 0 and 1, but the dataset holds " + std::to_string(label));
            m_labels.push_back(label < 0 ? std::int8_t{-1} : static_cast<std::int8_t>(label));
            m_scores.push_back(values.data<float>()[static_cast<std::size_t>(i)]);
        }
        return {};
    }

    Status finish(Evaluation& evaluation) override {
        const auto classes = static_cast<std::size_t>(m_classes);
        const std::size_t n = classes > 0 ? m_labels.size() / classes : 0;
        RankStatistic statistic(m_metric == "auc" ? Ranking::Auc : Ranking::AveragePrecision, n);
        std::vector<float> scores(n);
        std::vector<std::int8_t> labels(n);
        for (std::size_t c = 0; c < classes; ++c) {
            for (std::size_t i = 0; i < n; ++i) {
                scores[i] = m_scores[i * classes + c];
                labels[i] = m_labels[i * classes + c];
            }
            statistic.add(scores, labels);
        }
        return finishWith(statistic, m_metric == "auc" ? "the metric auc wants positives and negatives, but the dataset has only one kind"
                                                       : "the dataset has no positive, so nothing can be ranked", evaluation);
    }

private:
    std::string m_metric;
    std::int64_t m_classes = 0;
    std::vector<float> m_scores;         // [samples, classes]
    std::vector<std::int8_t> m_labels;
};

}  // namespace

std::unique_ptr<Tally> makeRankTally(const std::string& metric) { return std::make_unique<RankTally>(metric); }

}  // namespace trimtab::evaluate
