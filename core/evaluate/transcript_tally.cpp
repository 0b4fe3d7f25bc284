// wer, cer: edits over the length of the reference, both summed over samples.
#include "core/evaluate/edit_distance.h"
#include "core/evaluate/ratio_statistic.h"
#include "core/evaluate/tally.h"
#include "core/evaluate/transcript.h"
#include "core/tensor/convert.h"

namespace trimtab::evaluate {
namespace {

constexpr std::int64_t kMostCells = 400'000'000;  // of one sample's table of edits

class TranscriptTally final : public Tally {
public:
    TranscriptTally(std::string metric, dataset::TokenRules rules) : m_metric(std::move(metric)), m_rules(rules) {}

    Status add(const Tensor& output, const dataset::Batch& batch, std::int64_t skipped) override {
        TRIMTAB_TRY(const Tensor values, scoresOf(output, batch.target));
        const Shape& shape = output.shape();
        const Shape& target = batch.target.shape();
        const bool areIds = tensor::isInteger(output.type()) && shape.rank() == 2;
        const bool areScores = tensor::isFloatingPoint(output.type()) && shape.rank() == 3;
        if ((!areIds && !areScores) || target.rank() != 2 || target[0] != shape[0])
            return mismatch(m_metric, "ids [samples, time] or scores [samples, time, classes], and ids [samples, length]", output,
                            batch.target);
        if (m_metric == "wer" && !m_rules.separator)
            return fail(ErrorCode::Refused,
                        "the metric wer wants the id between words, \"separator\" in the manifest; cer compares id by id");
        if (areScores && (m_rules.blank < 0 || m_rules.blank >= shape[2]))
            return fail(ErrorCode::Refused, "the manifest's blank is " + std::to_string(m_rules.blank) + ", but the model has " +
                                                std::to_string(shape[2]) + " classes");
        const std::int64_t width = values.elementCount() / shape[0];
        for (std::int64_t i = skipped; i < shape[0]; ++i) {
            const auto own = values.data<float>().subspan(static_cast<std::size_t>(i * width), static_cast<std::size_t>(width));
            const auto said = areIds ? idsAt(output, i, width) : greedyTokens(own, shape[2], m_rules.blank);
            TRIMTAB_REQUIRE(addSample(idsAt(batch.target, i, target[1]), said));
        }
        return {};
    }

    Status finish(Evaluation& evaluation) override {
        return finishWith(m_statistic, "the dataset's targets hold no token, so no rate can be told", evaluation);
    }

private:
    static std::vector<std::int64_t> idsAt(const Tensor& ids, std::int64_t row, std::int64_t width) {
        std::vector<std::int64_t> list;
        for (std::int64_t i = row * width; i < (row + 1) * width; ++i) {
            const std::int64_t id = tensor::elementAsInt64(ids, i);
            if (id >= 0) list.push_back(id);
        }
        return list;
    }

    Status addSample(std::vector<std::int64_t> wanted, std::vector<std::int64_t> said) {
        if (m_metric == "wer") {
            WordNumbers words;
            wanted = words.of(wanted, *m_rules.separator);
            said = words.of(said, *m_rules.separator);
        }
        if (static_cast<double>(wanted.size()) * static_cast<double>(said.size()) > static_cast<double>(kMostCells))
            return fail(ErrorCode::Refused, "a sample of " + std::to_string(wanted.size()) + " tokens against " +
                                                std::to_string(said.size()) + " is too long to be compared; cut it");
        const RatioStatistic::Part part{0, static_cast<double>(editDistance(wanted, said)), static_cast<double>(wanted.size())};
        m_statistic.add({&part, 1});
        return {};
    }

    std::string m_metric;
    dataset::TokenRules m_rules;
    RatioStatistic m_statistic{1};
};

}  // namespace

std::unique_ptr<Tally> makeTranscriptTally(const std::string& metric, const dataset::TokenRules& rules) {
    return std::make_unique<TranscriptTally>(metric, rules);
}

}  // namespace trimtab::evaluate
