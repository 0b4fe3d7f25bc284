// Losses over classes.
#include "core/tensor/convert.h"
#include "tests/operators/suites.h"

namespace trimtab::operators {
namespace {

/// Classes in 0…count−1; with `ignored` some of them are that value. The first is never ignored, so that a mean has something to divide by.
Tensor classes(Draw& draw, const Shape& shape, std::int64_t count, const std::int64_t* ignored) {
    std::vector<double> values(static_cast<std::size_t>(shape.elementCount()));
    for (std::size_t i = 0; i < values.size(); ++i) {
        std::int64_t chosen = draw.integer(0, count - 1);
        if (ignored && i > 0 && draw.coin(0.3)) chosen = *ignored;
        if (ignored && i == 0 && chosen == *ignored) chosen = (chosen + 1) % count;
        values[i] = static_cast<double>(chosen);
    }
    return *tensor::convert(Tensor::fromValues(DataType::Float64, shape, values), draw.pick({DataType::Int32, DataType::Int64}));
}

Case loss(Draw& draw, int index) {
    const std::int64_t batch = draw.integer(1, 4), count = index == 1 ? 2 : draw.integer(2, 6);
    std::vector<std::int64_t> scores{batch, count}, rest{batch};
    for (std::int64_t i = index == 0 ? 0 : draw.integer(0, 3); i > 0; --i) {
        scores.push_back(draw.integer(1, 4));
        rest.push_back(scores.back());
    }
    Case made;
    std::int64_t ignored = draw.pick<std::int64_t>({-1, -5, 0, 1, 100});
    const bool ignores = draw.coin();
    if (ignores) made.attributes["ignore_index"] = ignored;
    if (draw.coin(0.7)) made.attributes["reduction"] = draw.pick<std::string>({"none", "sum", "mean"});
    made.inputs = {draw.floats(Shape(scores), -3, 3), classes(draw, Shape(rest), count, ignores ? &ignored : nullptr)};
    if (draw.coin()) made.inputs.push_back(draw.floats(Shape{count}, 0.1, 2));
    return made;
}

Case lossAndProbabilities(Draw& draw, int index) {
    Case made = loss(draw, index);
    if (draw.coin()) made.outputs = {true, true};
    return made;
}

}  // namespace

std::vector<Suite> lossSuites() {
    return {
        {.op = "NegativeLogLikelihoodLoss", .version = 12, .draw = loss, .cases = 40},
        {.op = "NegativeLogLikelihoodLoss", .version = 13, .draw = loss, .cases = 40},
        {.op = "NegativeLogLikelihoodLoss", .version = 22, .draw = loss, .cases = 40},
        {.op = "SoftmaxCrossEntropyLoss", .version = 12, .draw = lossAndProbabilities, .cases = 40},
        {.op = "SoftmaxCrossEntropyLoss", .version = 13, .draw = lossAndProbabilities, .cases = 40},
    };
}

}  // namespace trimtab::operators
