// com.microsoft.SkipLayerNormalization (input, skip, gamma, beta?, bias?) and SkipSimplifiedLayerNormalization (input, skip, gamma, bias?):
//   s = input + skip + bias, formed in double and rounded to the type once; y = s normalised over its last axis.
// Outputs: y, means, inverses of the deviations, s. The simplified form has no means.
#include <array>

#include <fmt/format.h>

#include "kernels/ref/broadcast.h"
#include "kernels/ref/families.h"
#include "kernels/ref/normalization/layer_normalization.h"
#include "kernels/ref/normalization/moments.h"

namespace trimtab::ref {
namespace {

constexpr std::size_t kNoInput = 99;

/// The input's shape; the skip may lack leading axes or have 1 there, the bias is one row.
Result<Tensor> residualSum(const Call& call, std::size_t biasInput) {
    std::vector<const Tensor*> addends;
    for (const std::size_t i : {std::size_t{0}, std::size_t{1}, biasInput}) {
        if (!call.has(i)) continue;
        TRIMTAB_REQUIRE(sameType(call, call.tensor(0), call.tensor(i)));
        addends.push_back(&call.tensor(i));
    }
    const auto add = [&](const double* const* in, std::int64_t n, double* out) {
        for (std::int64_t i = 0; i < n; ++i) out[i] = in[0][i] + in[1][i] + (addends.size() > 2 ? in[2][i] : 0);
    };
    TRIMTAB_TRY(Tensor sum, (mapBroadcast<double, double>(call, addends, call.tensor(0).type(), add)));
    if (sum.shape() != call.tensor(0).shape()) return refuse(call, "skip and bias must not be larger than the input");
    return sum;
}

Result<Values> skipNormalization(const Call& call, bool centred, std::size_t shiftInput, std::size_t biasInput) {
    constexpr float kEpsilon = 1e-12F;  // where the attribute is left out
    TRIMTAB_REQUIRE(requireFloating(call, 5));
    if (!centred && call.node.output(1) != graph::kNoValue) return unsupported(call, "output 1 (the mean) is not made");
    const Shape& shape = call.tensor(0).shape();
    if (shape.rank() < 1) return refuse(call, "the input is a scalar");
    TRIMTAB_TRY(const Tensor sum, residualSum(call, biasInput));
    SuffixNormalization how;
    how.centred = centred;
    how.epsilon = epsilonOf(call, kEpsilon);
    how.axis = shape.rank() - 1;
    how.scaleInput = 2;
    how.shiftInput = shiftInput;
    how.resultType = sum.type();
    TRIMTAB_TRY(Values results, normalizeSuffix(call, sum, how));
    return Values{results[0], centred ? results[1] : RunValue(Tensor()), results[2], sum};
}

}  // namespace

void registerSkipLayerNormalization(Registry& registry) {
    registry.add("SkipLayerNormalization", 1, {3, 5, 4}, [](const Call& call) { return skipNormalization(call, true, 3, 4); },
                 "com.microsoft");
    registry.add("SkipSimplifiedLayerNormalization", 1, {3, 4, 4},
                 [](const Call& call) { return skipNormalization(call, false, kNoInput, 3); },
                 "com.microsoft");
}

}  // namespace trimtab::ref
