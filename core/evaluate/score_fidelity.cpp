#include "core/base/metric.h"
#include "core/evaluate/distribution.h"
#include "core/evaluate/score.h"
#include "core/evaluate/value_error.h"
#include "core/tensor/convert.h"

namespace trimtab::evaluate {
namespace {

using Row = ScoreRow;

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
        sum += metric == "kl" ? divergence(row, wanted) : static_cast<double>(ranksAlike(row, wanted));
    }
    return sum / static_cast<double>(rows);
}

}  // namespace trimtab::evaluate
