// com.microsoft's older names of operators that are standard by now, and fusions that standard operators state.
#include <set>

#include <fmt/format.h>

#include "core/tensor/convert.h"
#include "kernels/ref/borrowed.h"
#include "kernels/ref/elements.h"
#include "kernels/ref/families.h"

namespace trimtab::ref {
namespace {

/// Gemm, then the activation that the attribute names, with its parameters alpha, beta and gamma.
Result<Values> fusedGemm(const Call& call) {
    static const std::set<std::string, std::less<>> kKnown{"Elu",     "HardSigmoid", "LeakyRelu", "Relu",           "Selu", "Sigmoid",
                                                           "Softplus", "Softsign",    "Tanh",      "ThresholdedRelu"};
    const std::string word = call.node.string("activation", "");
    if (!word.empty() && !kKnown.contains(word)) return unsupported(call, "activation " + word + " is not known");
    TRIMTAB_TRY(Values product, sameAs("Gemm", 13)(call));
    if (word.empty()) return product;
    Attributes attributes;
    for (const char* key : {"alpha", "beta", "gamma"})
        if (const std::string own = fmt::format("activation_{}", key); call.node.has(own)) attributes[key] = call.node.number(own, 0);
    TRIMTAB_TRY(Tensor out, borrowed(call, word, 16, std::move(attributes), {std::get<Tensor>(product.front())}));
    return one(std::move(out));
}

/// The last two axes changed over; vectors stay.
Result<Tensor> transposedLast(const Call& call, const Tensor& x) {
    const int rank = x.shape().rank();
    if (rank < 2) return x;
    Ints order(static_cast<std::size_t>(rank));
    for (int d = 0; d < rank; ++d) order[static_cast<std::size_t>(d)] = d;
    std::swap(order[static_cast<std::size_t>(rank - 1)], order[static_cast<std::size_t>(rank - 2)]);
    return borrowed(call, "Transpose", 13, {{"perm", order}}, {x});
}

/// alpha · op(A) · op(B)
Result<Values> transposeMatMul(const Call& call) {
    Tensor a = call.tensor(0), b = call.tensor(1);
    if (!isFloatingPoint(a.type())) return refuse(call, "inputs must be of a floating type");
    if (call.node.integer("transA", 0) != 0) {
        TRIMTAB_TRY(a, transposedLast(call, a));
    }
    if (call.node.integer("transB", 0) != 0) {
        TRIMTAB_TRY(b, transposedLast(call, b));
    }
    TRIMTAB_TRY(Tensor product, borrowed(call, "MatMul", 13, {}, {a, b}));
    const float alpha = call.node.number("alpha", 1.0F);
    if (alpha == 1.0F) return one(std::move(product));
    TRIMTAB_TRY(const Tensor factor, tensor::convert(Tensor::scalar(alpha), product.type()));
    TRIMTAB_TRY(Tensor scaled, borrowed(call, "Mul", 13, {}, {product, factor}));
    return one(std::move(scaled));
}

/// A length-1 axis before axis `axis` of the result.
Result<Values> expandDims(const Call& call) {
    TRIMTAB_TRY(const std::int64_t at, integer(call, 1));
    TRIMTAB_TRY(Tensor out, borrowed(call, "Unsqueeze", 13, {}, {call.tensor(0), Tensor::fromInt64s(Shape{1}, {at})}));
    return one(std::move(out));
}

/// As the standard one, but that delta may be left out: 1.
Result<Values> range(const Call& call) {
    const Tensor& start = call.tensor(0);
    if (!isInteger(start.type()) && !isFloatingPoint(start.type())) return refuse(call, "the range must be numeric");
    Tensor delta = call.has(2) ? call.tensor(2) : Tensor();
    if (!delta.defined()) {
        TRIMTAB_TRY(delta, tensor::convert(Tensor::scalar(1), start.type()));
    }
    TRIMTAB_TRY(Tensor out, borrowed(call, "Range", 11, {}, {start, call.tensor(1), delta}));
    return one(std::move(out));
}

/// As the standard one, but that the pads may be one row [1, 2 · rank].
Result<Values> pad(const Call& call) {
    const Tensor& given = call.tensor(1);
    const Shape& shape = given.shape();
    const Tensor pads = shape.rank() == 2 && shape[0] == 1 ? given.reshaped(Shape{shape[1]}) : given;
    const std::string mode = call.node.string("mode", "constant");
    TRIMTAB_TRY(Tensor out, borrowed(call, "Pad", 13, {{"mode", mode}}, {call.tensor(0), pads, call.has(2) ? call.tensor(2) : Tensor()}));
    return one(std::move(out));
}

}  // namespace

void registerBorrowedOperators(Registry& registry) {
    const auto add = [&registry](std::string_view op, Arity arity, Kernel kernel) {
        registry.add(op, 1, arity, std::move(kernel), "com.microsoft");
    };
    add("FusedGemm", {2, 3, 1}, fusedGemm);
    add("TransposeMatMul", {2, 2, 1}, transposeMatMul);
    add("ExpandDims", {2, 2, 1}, expandDims);
    add("Range", {2, 3, 1}, range);
    add("Pad", {2, 3, 1}, pad);
    add("Trilu", {1, 2, 1}, sameAs("Trilu", 14));
    add("GatherND", {2, 2, 1}, sameAs("GatherND", 12));
}

}  // namespace trimtab::ref
