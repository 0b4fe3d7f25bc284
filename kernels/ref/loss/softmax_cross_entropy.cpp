// SoftmaxCrossEntropyLoss: the negative log-likelihood of log-softmax scores over axis 1, which are the optional second output.
#include <algorithm>
#include <cmath>

#include "core/tensor/convert.h"
#include "kernels/ref/elements.h"
#include "kernels/ref/families.h"
#include "kernels/ref/loss/class_loss.h"

namespace trimtab::ref {
namespace {

void logSoftmax(std::vector<double>& line) {
    const double top = *std::max_element(line.begin(), line.end());
    double sum = 0;
    for (const double value : line) sum += std::exp(value - top);
    for (double& value : line) value = value - top - std::log(sum);
}

/// In double, so that the loss is rounded once.
Result<Tensor> logProbabilities(const Tensor& scores) {
    const Shape& shape = scores.shape();
    TRIMTAB_TRY(Tensor out, Tensor::allocate(DataType::Float64, shape));
    if (out.elementCount() == 0) return out;
    const std::int64_t classes = shape[1], inner = extent(shape, 2, shape.rank());
    std::vector<double> line(static_cast<std::size_t>(classes));
    for (std::int64_t n = 0; n < shape[0] * inner; ++n) {
        const std::int64_t first = n / inner * classes * inner + n % inner;
        for (std::int64_t c = 0; c < classes; ++c) load(scores, first + c * inner, 0, 1, &line[static_cast<std::size_t>(c)]);
        logSoftmax(line);
        for (std::int64_t c = 0; c < classes; ++c) store(out, first + c * inner, 1, &line[static_cast<std::size_t>(c)]);
    }
    return out;
}

Result<Values> softmaxCrossEntropy(const Call& call) {
    const Tensor& scores = call.tensor(0);
    if (!isFloatingPoint(scores.type())) return refuse(call, "the scores must be of a floating type");
    if (scores.shape().rank() < 2) return refuse(call, "the scores must be [batch, classes, …]");
    TRIMTAB_TRY(const Tensor probabilities, logProbabilities(scores));
    TRIMTAB_TRY(Tensor loss, classLoss(call, probabilities));
    if (call.node.output(1) == graph::kNoValue) return one(std::move(loss));
    TRIMTAB_TRY(Tensor told, tensor::convert(probabilities, scores.type()));
    return Values{std::move(loss), std::move(told)};
}

}  // namespace

void registerSoftmaxCrossEntropy(Registry& registry) { registry.add("SoftmaxCrossEntropyLoss", 12, {2, 3, 2}, softmaxCrossEntropy); }

}  // namespace trimtab::ref
