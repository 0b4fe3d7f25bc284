#include "core/evaluate/score.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "core/evaluate/tally.h"
#include "core/tensor/convert.h"

namespace trimtab::evaluate {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
using Row = std::span<const float>;

bool hasNaN(Row row) {
    return std::any_of(row.begin(), row.end(), [](float value) { return std::isnan(value); });
}

/// Whether `label` is among the k highest entries; among equals the lower index comes first.
bool inTop(Row row, std::int64_t label, std::int64_t k) {
    const float own = row[static_cast<std::size_t>(label)];
    std::int64_t before = 0;
    for (std::size_t i = 0; i < row.size(); ++i)
        before += row[i] > own || (row[i] == own && static_cast<std::int64_t>(i) < label);
    return before < k;
}

/// −log softmax(row)[label], in nats.
double negativeLogLikelihood(Row row, std::int64_t label) {
    const double highest = *std::max_element(row.begin(), row.end());
    if (std::isinf(highest)) return kInfinity;
    double sum = 0;
    for (const float value : row) sum += std::exp(value - highest);
    return highest + std::log(sum) - row[static_cast<std::size_t>(label)];
}

Result<std::vector<SampleScore>> scoreLabels(const std::string& metric, const Tensor& output, const Tensor& target) {
    const std::int64_t n = output.shape()[0];
    const std::int64_t classes = output.shape().rank() > 1 ? output.shape()[1] : 0;
    if (classes < 1 || output.elementCount() != n * classes || target.elementCount() != n)
        return mismatch(metric, "scores [samples, classes] and labels [samples]", output, target);
    const auto values = output.data<float>();
    const std::int64_t k = metric == "top5" ? 5 : 1;
    std::vector<SampleScore> scores;
    for (std::int64_t i = 0; i < n; ++i) {
        const std::int64_t label = tensor::elementAsInt64(target, i);
        TRIMTAB_REQUIRE(checkLabel(label, classes));
        const Row row = values.subspan(static_cast<std::size_t>(i * classes), static_cast<std::size_t>(classes));
        scores.push_back({!hasNaN(row) && inTop(row, label, k) ? 1.0 : 0.0, 1});
    }
    return scores;
}

Result<std::vector<SampleScore>> scoreTokens(const std::string& metric, const Tensor& output, const Tensor& target) {
    const Shape& shape = output.shape();
    if (shape.rank() != 3 || target.shape() != Shape({shape[0], shape[1]}) || shape[2] < 1)
        return mismatch(metric,
                        metric == "frame_accuracy" ? "scores [samples, frames, classes] and labels [samples, frames]"
                                                   : "logits [samples, length, vocabulary] and tokens [samples, length]",
                        output, target);
    const auto values = output.data<float>();
    const auto vocabulary = static_cast<std::size_t>(shape[2]);
    std::vector<SampleScore> scores;
    for (std::int64_t sample = 0; sample < shape[0]; ++sample) {
        double sum = 0;
        double tokens = 0;
        for (std::int64_t at = sample * shape[1]; at < (sample + 1) * shape[1]; ++at) {
            const std::int64_t token = tensor::elementAsInt64(target, at);
            if (token < 0) continue;
            TRIMTAB_REQUIRE(checkLabel(token, shape[2]));
            const Row row = values.subspan(static_cast<std::size_t>(at) * vocabulary, vocabulary);
            if (metric == "perplexity") {
                sum += hasNaN(row) ? kInfinity : negativeLogLikelihood(row, token);
            } else {
                sum += !hasNaN(row) && inTop(row, token, 1);
            }
            ++tokens;
        }
        scores.push_back({tokens > 0 ? sum / tokens : 0, tokens});
    }
    return scores;
}

Result<std::vector<SampleScore>> scoreValues(const std::string& metric, const Tensor& output, const Tensor& target) {
    const std::int64_t n = output.shape().rank() > 0 ? output.shape()[0] : 0;
    if (n < 1 || target.elementCount() != output.elementCount())
        return mismatch(metric, "as many values in the output as in the target", output, target);
    TRIMTAB_TRY(const Tensor wanted, tensor::convert(target, DataType::Float32));
    const auto values = output.data<float>();
    const auto truth = wanted.data<float>();
    const std::size_t length = values.size() / static_cast<std::size_t>(n);
    std::vector<SampleScore> scores;
    for (std::size_t begin = 0; begin < values.size(); begin += length) {
        double error = 0;
        double power = 0;
        for (std::size_t i = begin; i < begin + length; ++i) {
            const double difference = static_cast<double>(values[i]) - truth[i];
            error += difference * difference;
            power += static_cast<double>(truth[i]) * truth[i];
        }
        if (std::isnan(error)) error = kInfinity;
        const double tiny = std::numeric_limits<double>::min();
        scores.push_back({metric == "rmse" ? std::sqrt(error / static_cast<double>(length)) : std::sqrt(error / std::max(power, tiny)), 1});
    }
    return scores;
}

}  // namespace

Result<std::vector<SampleScore>> scoreBatch(const std::string& name, const Tensor& output, const Tensor& target) {
    const std::string metric = base::currentMetricName(name);
    TRIMTAB_TRY(const Tensor values, scoresOf(output, target));
    if (metric == "top1" || metric == "top5") return scoreLabels(metric, values, target);
    if (metric == "perplexity" || metric == "next_token_accuracy" || metric == "frame_accuracy") return scoreTokens(metric, values, target);
    if (metric == "rmse" || metric == "relative_l2") return scoreValues(metric, values, target);
    return fail(ErrorCode::Usage, "the metric \"" + metric + "\" is no mean over samples");
}

const Tensor& scoredOutput(const std::vector<NamedTensor>& outputs) {
    const auto logits = std::find_if(outputs.begin(), outputs.end(), [](const NamedTensor& output) { return output.name == "logits"; });
    return logits == outputs.end() ? outputs.front().tensor : logits->tensor;
}

}  // namespace trimtab::evaluate
