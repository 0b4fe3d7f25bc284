#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "core/base/metric.h"
#include "core/evaluate/score.h"
#include "core/evaluate/value_error.h"
#include "core/tensor/convert.h"

namespace trimtab::evaluate {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
using Row = std::span<const float>;

bool allFinite(Row row) {
    return std::all_of(row.begin(), row.end(), [](float value) { return std::isfinite(value); });
}

std::ptrdiff_t highest(Row row) { return std::max_element(row.begin(), row.end()) - row.begin(); }

/// Rows that already are distributions: non-negative, with sums of 1.
bool isDistribution(Row row) {
    double sum = 0;
    for (const float value : row) {
        if (!(value >= 0)) return false;
        sum += value;
    }
    return std::abs(sum - 1) < 1e-3;
}

std::vector<double> logProbabilities(Row row, bool already) {
    std::vector<double> result(row.begin(), row.end());
    if (already) {
        for (double& value : result) value = std::log(std::max(value, 1e-30));
        return result;
    }
    const double top = *std::max_element(result.begin(), result.end());
    double sum = 0;
    for (const double value : result) sum += std::exp(value - top);
    for (double& value : result) value -= top + std::log(sum);
    return result;
}

double divergence(Row output, Row reference) {
    if (!allFinite(output) || !allFinite(reference)) return kInfinity;
    const bool already = isDistribution(reference) && isDistribution(output);
    const auto p = logProbabilities(reference, already);
    const auto q = logProbabilities(output, already);
    double sum = 0;
    for (std::size_t i = 0; i < p.size(); ++i) sum += std::exp(p[i]) * (p[i] - q[i]);
    return std::max(sum, 0.0);
}

ValueError errorOf(Row output, Row reference) {
    ValueError error;
    error.see(reference, output);
    return error;
}

}  // namespace

Result<double> scoreFidelity(const std::string& metric, const Tensor& output, const Tensor& reference) {
    if (output.shape() != reference.shape())
        return fail(ErrorCode::Refused,
                    "the output " + output.shape().text() + " and the reference's " + reference.shape().text() + " cannot be compared");
    TRIMTAB_TRY(const Tensor ours, tensor::convert(output, DataType::Float32));
    TRIMTAB_TRY(const Tensor theirs, tensor::convert(reference, DataType::Float32));
    if (metric == "sqnr_db") return errorOf(ours.data<float>(), theirs.data<float>()).sqnrDb();
    if (metric == "cosine") return errorOf(ours.data<float>(), theirs.data<float>()).cosine();
    if (metric != "agreement" && metric != "kl")
        return fail(ErrorCode::Usage, "without a dataset the metrics are " + base::metricNames(false) + ", not \"" + metric + "\"");
    const Shape& shape = output.shape();
    if (shape.rank() < 1 || shape[shape.rank() - 1] < 2 || output.elementCount() == 0)
        return fail(ErrorCode::Refused, "the metric " + metric + " wants at least two entries in the output's last dim, which is " +
                                            shape.text() + "; use sqnr_db or cosine here");
    const auto length = static_cast<std::size_t>(shape[shape.rank() - 1]);
    double sum = 0;
    std::size_t rows = 0;
    for (std::size_t begin = 0; begin < ours.data<float>().size(); begin += length, ++rows) {
        const Row row = ours.data<float>().subspan(begin, length);
        const Row wanted = theirs.data<float>().subspan(begin, length);
        sum += metric == "kl" ? divergence(row, wanted) : static_cast<double>(allFinite(row) && highest(row) == highest(wanted));
    }
    return sum / static_cast<double>(rows);
}

}  // namespace trimtab::evaluate
