// Dropout. Training: each element is dropped with the probability `ratio`, the others are divided by 1 − ratio. Otherwise the data pass
// through and the mask is all ones.
#include <fmt/format.h>

#include "core/tensor/convert.h"
#include "kernels/ref/elements.h"
#include "kernels/ref/families.h"
#include "kernels/ref/random/generator.h"

namespace trimtab::ref {
namespace {

/// Training is what attribute is_test being 0 asks for before opset 7, never in 7…11, by the input training_mode since 12.
Result<bool> trains(const Call& call) {
    if (opset(call) < 7) return call.node.integer("is_test", 0) == 0;
    if (opset(call) < 12 || !call.has(2)) return false;
    const Tensor& mode = call.tensor(2);
    if (mode.elementCount() != 1 || domainOf(mode.type()) == Domain::None) return refuse(call, "training_mode must be one boolean");
    return tensor::elementAsInt64(mode, 0) != 0;
}

Result<double> ratioOf(const Call& call) {
    double ratio = call.node.number("ratio", 0.5F);
    if (opset(call) >= 12) {
        ratio = 0.5;
        if (call.has(1)) {
            TRIMTAB_TRY(ratio, number(call, 1));
        }
    }
    if (!(ratio >= 0 && ratio < 1)) return refuse(call, fmt::format("a ratio of {} lies outside 0…1", ratio));
    return ratio;
}

Result<Tensor> ones(DataType type, const Shape& shape) {
    TRIMTAB_TRY(Tensor mask, Tensor::allocate(type, shape));
    const std::int64_t yes = 1;
    for (std::int64_t i = 0; i < mask.elementCount(); ++i) store(mask, i, 1, &yes);
    return mask;
}

Result<Values> dropout(const Call& call) {
    const Tensor& data = call.tensor(0);
    const DataType maskType = opset(call) < 10 ? data.type() : DataType::Bool;
    TRIMTAB_TRY(const bool training, trains(call));
    double ratio = 0;
    if (training) {
        TRIMTAB_TRY(ratio, ratioOf(call));
    }
    const bool masked = call.node.output(1) != graph::kNoValue;
    if (masked && domainOf(maskType) == Domain::None) return refuse(call, "the input must be numeric");
    if (ratio == 0) {
        if (!masked) return one(data);
        TRIMTAB_TRY(Tensor mask, ones(maskType, data.shape()));
        return Values{data, std::move(mask)};
    }
    if (!isFloatingPoint(data.type())) return refuse(call, "the input must be of a floating type");
    TRIMTAB_TRY(Tensor out, Tensor::allocate(data.type(), data.shape()));
    TRIMTAB_TRY(Tensor mask, Tensor::allocate(maskType, data.shape()));
    base::Random generator = generatorOf(call);
    for (std::int64_t i = 0; i < out.elementCount(); ++i) {
        const std::int64_t kept = generator.uniform() >= ratio ? 1 : 0;
        const double value = kept == 1 ? tensor::elementAsDouble(data, i) / (1 - ratio) : 0;
        store(out, i, 1, &value);
        store(mask, i, 1, &kept);
    }
    return Values{std::move(out), std::move(mask)};
}

}  // namespace

void registerDropout(Registry& registry) { registry.add("Dropout", 1, {1, 3, 2}, dropout); }

}  // namespace trimtab::ref
