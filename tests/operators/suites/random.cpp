// Operators that draw random numbers, in the cases whose results do not depend on what is drawn; tests/kernels/ref/random_test.cpp looks at
// the distributions.
#include <iterator>

#include "core/tensor/convert.h"
#include "tests/operators/suites.h"

namespace trimtab::operators {
namespace {

/// Not in training mode, or with a ratio of 0.
Case quietDropout(Draw& draw, int index) {
    const DataType type = draw.pick({DataType::Float32, DataType::Float64});
    Case made{.inputs = {draw.tensor(type, index == 0 ? Shape{0, 3} : draw.shape(static_cast<int>(draw.integer(0, 3))))}};
    const bool training = draw.coin();
    if (training || draw.coin()) made.inputs.push_back(Tensor::scalar(training ? 0.0F : static_cast<float>(draw.real(0, 0.9))));
    else made.inputs.emplace_back();
    if (training || draw.coin())
        made.inputs.push_back(Tensor::fromValues(DataType::Bool, Shape{}, std::vector<std::uint8_t>{static_cast<std::uint8_t>(training)}));
    if (draw.coin()) made.outputs = {true, true};
    if (draw.coin()) made.attributes["seed"] = std::int64_t{7};
    return made;
}

/// Probabilities of 0 and 1.
Case certainBernoulli(Draw& draw, int index) {
    const DataType type = draw.pick({DataType::Float32, DataType::Float64});
    const Shape shape = index == 0 ? Shape{0, 3} : draw.shape(static_cast<int>(draw.integer(1, 3)));
    Case made{.inputs = {*tensor::convert(draw.tensor(DataType::Bool, shape), type)}};
    if (draw.coin()) made.attributes["dtype"] = draw.pick<std::int64_t>({1, 6, 7, 9, 11});
    return made;
}

/// Rows with one class that is not hopeless.
Case certainMultinomial(Draw& draw, int index) {
    const std::int64_t batch = draw.integer(1, 4), classes = index == 0 ? 1 : draw.integer(1, 6);
    std::vector<float> logits(static_cast<std::size_t>(batch * classes), -1e6F);
    for (std::int64_t row = 0; row < batch; ++row) logits[static_cast<std::size_t>(row * classes + draw.integer(0, classes - 1))] = 1.0F;
    Case made{.inputs = {Tensor::fromFloats(Shape{batch, classes}, logits)}};
    if (draw.coin()) made.attributes["dtype"] = draw.pick<std::int64_t>({6, 7});
    if (draw.coin()) made.attributes["sample_size"] = draw.integer(1, 5);
    return made;
}

/// The outcome of a probability of 0 or 1 is that probability.
Tensors certainOutcomes(const Case& drawn) {
    constexpr DataType kTypes[] = {DataType::Float32, DataType::Int32, DataType::Int64, DataType::Bool, DataType::Float64};
    constexpr std::int64_t kNumbers[] = {1, 6, 7, 9, 11};
    DataType type = drawn.inputs[0].type();
    const auto asked = drawn.attributes.find("dtype");
    for (std::size_t i = 0; asked != drawn.attributes.end() && i < std::size(kNumbers); ++i)
        if (std::get<std::int64_t>(asked->second) == kNumbers[i]) type = kTypes[i];
    return {*tensor::convert(drawn.inputs[0], type)};
}

/// Each sample of a row is its only class that can be drawn.
Tensors certainClasses(const Case& drawn) {
    const Tensor& logits = drawn.inputs[0];
    const auto attribute = [&](const char* key, std::int64_t fallback) {
        const auto found = drawn.attributes.find(key);
        return found == drawn.attributes.end() ? fallback : std::get<std::int64_t>(found->second);
    };
    const std::int64_t samples = attribute("sample_size", 1);
    std::vector<std::int64_t> classes;
    for (std::int64_t row = 0; row < logits.shape()[0]; ++row)
        for (std::int64_t column = 0; column < logits.shape()[1]; ++column)
            if (tensor::elementAsDouble(logits, row * logits.shape()[1] + column) > 0)
                classes.insert(classes.end(), static_cast<std::size_t>(samples), column);
    const Tensor made = Tensor::fromInt64s(Shape{logits.shape()[0], samples}, classes);
    return {*tensor::convert(made, attribute("dtype", 6) == 7 ? DataType::Int64 : DataType::Int32)};
}

constexpr const char* kOppositeBernoulli = "ONNX Runtime expands Bernoulli with the opposite comparison: 1 where the probability is 0";

}  // namespace

std::vector<Suite> randomSuites() {
    return {
        {.op = "Dropout", .version = 12, .draw = quietDropout},       {.op = "Dropout", .version = 13, .draw = quietDropout},
        {.op = "Dropout", .version = 22, .draw = quietDropout},       {.op = "Multinomial", .version = 7, .draw = certainMultinomial},
        {.op = "Bernoulli", .version = 15, .draw = certainBernoulli, .statement = certainOutcomes, .why = kOppositeBernoulli},
        {.op = "Bernoulli", .version = 22, .draw = certainBernoulli, .statement = certainOutcomes,
         .why = "ONNX Runtime has no RandomUniformLike of opset 22, into which it expands Bernoulli"},
        {.op = "Multinomial", .version = 22, .draw = certainMultinomial, .statement = certainClasses,
         .why = "ONNX Runtime has no kernel of opset 22"},
    };
}

}  // namespace trimtab::operators
