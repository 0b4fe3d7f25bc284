// NegativeLogLikelihoodLoss: the scores are log-probabilities already.
#include "kernels/ref/families.h"
#include "kernels/ref/loss/class_loss.h"

namespace trimtab::ref {
namespace {

Result<Values> negativeLogLikelihood(const Call& call) {
    if (!isFloatingPoint(call.tensor(0).type())) return refuse(call, "the input must be of a floating type");
    TRIMTAB_TRY(Tensor loss, classLoss(call, call.tensor(0)));
    return one(std::move(loss));
}

}  // namespace

void registerNegativeLogLikelihood(Registry& registry) { registry.add("NegativeLogLikelihoodLoss", 12, {2, 3, 1}, negativeLogLikelihood); }

}  // namespace trimtab::ref
