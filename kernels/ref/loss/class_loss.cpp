#include "kernels/ref/loss/class_loss.h"

#include <fmt/format.h>

#include "core/tensor/convert.h"
#include "kernels/ref/elements.h"

namespace trimtab::ref {
namespace {

Status checkShapes(const Call& call, const Shape& scores) {
    const Tensor& classes = call.tensor(1);
    if (classes.type() != DataType::Int32 && classes.type() != DataType::Int64) return refuse(call, "classes must be int32 or int64");
    if (scores.rank() < 2 || classes.shape() != spliced(scores, 1, 2, {}))
        return refuse(call, fmt::format("classes {} don't go with scores {}", classes.shape().text(), scores.text()));
    if (call.has(2) && call.tensor(2).shape() != Shape{scores[1]})
        return refuse(call, fmt::format("{} weights don't go with {} classes", call.tensor(2).shape().text(), scores[1]));
    return {};
}

}  // namespace

Result<Tensor> classLoss(const Call& call, const Tensor& logProbabilities) {
    const Shape& shape = logProbabilities.shape();
    const std::string reduction = call.node.string("reduction", "mean");
    if (reduction != "none" && reduction != "mean" && reduction != "sum")
        return refuse(call, "attribute reduction holds the unknown word " + reduction);
    TRIMTAB_REQUIRE(checkShapes(call, shape));
    if (call.has(2) && !isFloatingPoint(call.tensor(2).type())) return refuse(call, "weights must be of a floating type");
    const Tensor& classes = call.tensor(1);
    const bool none = reduction == "none";
    TRIMTAB_TRY(Tensor out, Tensor::allocate(call.tensor(0).type(), none ? classes.shape() : Shape{}));
    const std::int64_t inner = extent(shape, 2, shape.rank()), ignored = call.node.integer("ignore_index", 0);
    const bool ignores = call.node.has("ignore_index");
    double sum = 0, weights = 0;
    for (std::int64_t i = 0; i < classes.elementCount(); ++i) {
        const std::int64_t chosen = tensor::elementAsInt64(classes, i);
        double loss = 0, weight = 0;
        if (!ignores || chosen != ignored) {
            if (chosen < 0 || chosen >= shape[1]) return refuse(call, fmt::format("class {} is none of the {}", chosen, shape[1]));
            weight = call.has(2) ? tensor::elementAsDouble(call.tensor(2), chosen) : 1;
            loss = -weight * tensor::elementAsDouble(logProbabilities, (i / inner * shape[1] + chosen) * inner + i % inner);
        }
        if (none) store(out, i, 1, &loss);
        sum += loss;
        weights += weight;
    }
    if (none) return out;
    const double result = reduction == "mean" ? sum / weights : sum;
    store(out, 0, 1, &result);
    return out;
}

}  // namespace trimtab::ref
