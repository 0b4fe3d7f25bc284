// RandomNormal, RandomUniform and their Like forms.
#include "kernels/ref/elements.h"
#include "kernels/ref/families.h"
#include "kernels/ref/random/generator.h"

namespace trimtab::ref {
namespace {

/// What was drawn below `high` may round up to it in a narrower type; the next value below is taken then.
double belowHigh(double value, double low, double high, DataType type) {
    const auto rounded = [type](double x) {
        if (type == DataType::Float16) return static_cast<double>(tensor::halfToFloat(tensor::floatToHalf(static_cast<float>(x))));
        if (type == DataType::BFloat16) return static_cast<double>(tensor::bfloatToFloat(tensor::floatToBfloat(static_cast<float>(x))));
        return type == DataType::Float32 ? static_cast<double>(static_cast<float>(x)) : x;
    };
    if (rounded(value) < high || !(low < high)) return value;
    return low;
}

Result<Values> noise(const Call& call, Shape shape, DataType type, bool normal) {
    if (!isFloatingPoint(type)) return refuse(call, "random values are of a floating type");
    if (!shape.checkedElementCount()) return refuse(call, "the shape makes no sense");
    TRIMTAB_TRY(Tensor out, Tensor::allocate(type, std::move(shape)));
    base::Random generator = generatorOf(call);
    const double low = call.node.number("low", 0), high = call.node.number("high", 1);
    const double mean = call.node.number("mean", 0), scale = call.node.number("scale", 1);
    for (std::int64_t i = 0; i < out.elementCount(); ++i) {
        const double value = normal ? mean + scale * generator.normal() : belowHigh(generator.uniform(low, high), low, high, type);
        store(out, i, 1, &value);
    }
    return one(std::move(out));
}

Kernel noiseOfShape(bool normal) {
    return [normal](const Call& call) {
        return noise(call, Shape(call.node.integers("shape")), drawnType(call, DataType::Float32), normal);
    };
}

Kernel noiseLike(bool normal) {
    return [normal](const Call& call) {
        const Tensor& like = call.tensor(0);
        return noise(call, like.shape(), drawnType(call, like.type()), normal);
    };
}

}  // namespace

void registerNoise(Registry& registry) {
    registry.add("RandomNormal", 1, {0, 0, 1}, noiseOfShape(true));
    registry.add("RandomUniform", 1, {0, 0, 1}, noiseOfShape(false));
    registry.add("RandomNormalLike", 1, {1, 1, 1}, noiseLike(true));
    registry.add("RandomUniformLike", 1, {1, 1, 1}, noiseLike(false));
}

}  // namespace trimtab::ref
