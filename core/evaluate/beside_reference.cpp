#include "core/evaluate/beside_reference.h"

#include <algorithm>

#include "core/evaluate/batches.h"
#include "core/evaluate/distribution.h"
#include "core/evaluate/score.h"
#include "core/tensor/convert.h"

namespace trimtab::evaluate {
namespace {

class Distances {
public:
    /// One batch without its first `skipped` samples.
    Status add(const Tensor& output, const Tensor& reference, const Tensor& target, std::int64_t skipped) {
        const Shape& shape = output.shape();
        if (shape != reference.shape())
            return fail(ErrorCode::Refused,
                        "the output " + shape.text() + " and the reference's " + reference.shape().text() + " cannot be compared");
        if (shape.rank() < 2 || shape[shape.rank() - 1] < 2 || output.elementCount() == 0)
            return fail(ErrorCode::Refused,
                        "kl and agreement want at least two entries in the output's last dim, which is " + shape.text());
        TRIMTAB_TRY(const Tensor ours, tensor::convert(output, DataType::Float32));
        TRIMTAB_TRY(const Tensor theirs, tensor::convert(reference, DataType::Float32));
        const std::int64_t length = shape[shape.rank() - 1], places = output.elementCount() / length / shape[0];
        const bool isCounted = target.defined() && tensor::isInteger(target.type()) && target.shape() == Shape({shape[0], places});
        for (std::int64_t sample = skipped; sample < shape[0]; ++sample) {
            double divergences = 0, alike = 0, counted = 0;
            for (std::int64_t place = sample * places; place < (sample + 1) * places; ++place) {
                if (isCounted && tensor::elementAsInt64(target, place) < 0) continue;
                const auto rowOf = [&](const Tensor& values) {
                    return values.data<float>().subspan(static_cast<std::size_t>(place * length), static_cast<std::size_t>(length));
                };
                m_places.push_back(divergence(rowOf(ours), rowOf(theirs)));
                divergences += m_places.back();
                alike += ranksAlike(rowOf(ours), rowOf(theirs));
                ++counted;
            }
            m_divergences.push_back(counted > 0 ? divergences / counted : 0);
            m_alike.push_back(counted > 0 ? alike / counted : 0);
            m_weights.push_back(counted);
        }
        return {};
    }

    Status finish(Evaluation& evaluation) {
        if (m_places.empty()) return fail(ErrorCode::Refused, "the dataset has no place to compare");
        if (std::ranges::all_of(m_weights, [](double weight) { return weight == 1; })) m_weights.clear();
        const bool isDivergence = evaluation.metric == "kl";
        const std::string other = isDivergence ? "agreement" : "kl";
        evaluation.n = static_cast<std::int64_t>(m_divergences.size());
        evaluation.sampleScores = isDivergence ? m_divergences : m_alike;
        evaluation.sampleWeights = m_weights;
        evaluation.estimate = aggregate(evaluation.metric, evaluation.sampleScores, m_weights);
        evaluation.also.push_back({other, aggregate(other, isDivergence ? m_alike : m_divergences, m_weights), evaluation.n});
        if (const auto tail = base::percentile99(m_places))
            evaluation.also.push_back({"kl_p99", *tail, static_cast<std::int64_t>(m_places.size())});
        return {};
    }

private:
    std::vector<double> m_divergences, m_alike, m_weights;  // of each sample
    std::vector<double> m_places;                           // the divergence at each
};

}  // namespace

Result<Evaluation> besideReference(runtime::CompiledModel& model, runtime::CompiledModel& reference, const dataset::Dataset& data,
                                   const std::string& metric, std::int64_t batch, const Progress& progress, bool fullBatches) {
    const auto info = metricInfo(metric);
    if (!info || !info->besideReference)
        return fail(ErrorCode::Usage, "the metric \"" + metric + "\" is none that is counted beside the reference");
    Evaluation evaluation;
    evaluation.metric = info->name;
    evaluation.direction = info->direction;
    evaluation.fidelity = evaluation.overData = true;
    evaluation.windows = data.textWindows();
    Distances distances;
    const Visit compare = [&](const Step& step, const dataset::Batch& samples, const std::vector<NamedTensor>& outputs) -> Status {
        Tensor own = scoredOutput(outputs);
        if (&model == &reference) { TRIMTAB_TRY(own, own.clone()); }  // the next run writes over it
        if (own.shape().rank() < 1 || own.shape()[0] != step.count)
            return fail(ErrorCode::Refused, "the model's output " + own.shape().text() + " does not hold one entry for each of " +
                                                std::to_string(step.count) + " samples");
        TRIMTAB_TRY(const auto wanted, reference.run(samples.inputs));
        if (wanted.empty()) return fail(ErrorCode::Refused, "the model has no outputs");
        return distances.add(own, scoredOutput(wanted), samples.target, step.skipped);
    };
    TRIMTAB_REQUIRE(forEachBatch(model, data, batch, fullBatches, progress, compare));
    TRIMTAB_REQUIRE(distances.finish(evaluation));
    return evaluation;
}

}  // namespace trimtab::evaluate
