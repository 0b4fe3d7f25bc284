// trimtab.ChooseToken: the token that follows, of each sequence.
#include "core/runtime/generation/token_choice.h"

#include "kernels/ref/arguments.h"
#include "kernels/ref/families.h"

namespace trimtab::ref {
namespace {

Result<Values> chooseTokens(const Call& call) {
    const Tensor &logits = call.tensor(0), &choices = call.tensor(1);
    const Shape& shape = logits.shape();
    if (logits.type() != DataType::Float32 || shape.rank() != 2 || shape[1] < 1 || shape[1] > runtime::kMostLogits)
        return refuse(call, "its logits must be float32 [sequences, vocabulary] of at most 2^22 tokens");
    if (choices.type() != DataType::Float64 || choices.shape() != Shape{shape[0], 4})
        return refuse(call, "its choices must be float64 [sequences, 4]");
    TRIMTAB_TRY(Tensor tokens, Tensor::allocate(DataType::Int64, Shape{shape[0]}));
    const auto chosen = tokens.mutableData<std::int64_t>();
    const auto rows = logits.data<float>();
    const auto numbers = choices.data<double>();
    const auto width = static_cast<std::size_t>(shape[1]);
    for (std::size_t b = 0; b < chosen.size(); ++b)
        chosen[b] = runtime::chooseToken(rows.subspan(b * width, width), runtime::choiceOf(numbers.subspan(4 * b).first<4>()));
    return one(std::move(tokens));
}

}  // namespace

void registerTokenChoice(Registry& registry) { registry.add("ChooseToken", 1, {2, 2, 1}, chooseTokens, "trimtab"); }

}  // namespace trimtab::ref
