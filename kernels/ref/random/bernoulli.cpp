// Bernoulli: 1 with the probability that each element tells, else 0.
#include <fmt/format.h>

#include "core/tensor/convert.h"
#include "kernels/ref/elements.h"
#include "kernels/ref/families.h"
#include "kernels/ref/random/generator.h"

namespace trimtab::ref {
namespace {

Result<Values> bernoulli(const Call& call) {
    const Tensor& probabilities = call.tensor(0);
    if (!isFloatingPoint(probabilities.type())) return refuse(call, "probabilities must be of a floating type");
    const DataType type = drawnType(call, probabilities.type());
    if (domainOf(type) == Domain::None) return unsupported(call, "outcomes of this type are not drawn");
    TRIMTAB_TRY(Tensor out, Tensor::allocate(type, probabilities.shape()));
    base::Random generator = generatorOf(call);
    for (std::int64_t i = 0; i < out.elementCount(); ++i) {
        const double probability = tensor::elementAsDouble(probabilities, i);
        if (!(probability >= 0 && probability <= 1)) return refuse(call, fmt::format("{} is no probability", probability));
        const std::int64_t outcome = generator.uniform() < probability ? 1 : 0;
        store(out, i, 1, &outcome);
    }
    return one(std::move(out));
}

}  // namespace

void registerBernoulli(Registry& registry) { registry.add("Bernoulli", 15, {1, 1, 1}, bernoulli); }

}  // namespace trimtab::ref
