// Matrix products: MatMul with batch broadcasting, Gemm, their integer forms, and products with packed weights.
#include <algorithm>

#include "core/graph/shapes/rule.h"

namespace trimtab::graph::shapes {

namespace {

/// numpy.matmul: a vector on the left gains a leading 1, on the right a trailing 1; both are dropped again.
Result<std::optional<Dims>> product(const Context& context, const std::optional<Dims>& left, const std::optional<Dims>& right,
                                    bool transposeRight) {
    if (!left || !right) return std::optional<Dims>();
    if (left->empty() || right->empty()) return context.refuse("a scalar has no matrix product");
    Dims a = *left;
    Dims b = *right;
    if (a.size() == 1) a.insert(a.begin(), Extent::known(1));
    if (b.size() == 1) b.push_back(Extent::known(1));
    if (transposeRight && right->size() > 1) std::swap(b[b.size() - 1], b[b.size() - 2]);
    TRIMTAB_REQUIRE(agree(context, a.back(), b[b.size() - 2], "inner extents of " + text(*left) + " and " + text(*right)));
    const Extent rows = a[a.size() - 2];
    const Extent columns = b.back();
    a.resize(a.size() - 2);
    b.resize(b.size() - 2);
    TRIMTAB_TRY(Dims out, broadcast(context, a, b));
    if (left->size() > 1) out.push_back(rows);
    if (right->size() > 1) out.push_back(columns);
    return std::optional<Dims>(std::move(out));
}

Status matMul(Context& context) {
    TRIMTAB_TRY(auto dims, product(context, context.dims(0), context.dims(1), false));
    context.set(0, context.type(0), std::move(dims));
    return {};
}

Status matMulInteger(Context& context) {
    TRIMTAB_TRY(auto dims, product(context, context.dims(0), context.dims(1), false));
    context.set(0, DataType::Int32, std::move(dims));
    return {};
}

/// a, a_scale, a_zero_point, b, b_scale, b_zero_point, y_scale, y_zero_point
Status qlinearMatMul(Context& context) {
    TRIMTAB_TRY(auto dims, product(context, context.dims(0), context.dims(3), false));
    context.set(0, context.type(7) != DataType::Undefined ? context.type(7) : context.type(0), std::move(dims));
    return {};
}

Status gemm(Context& context) {
    context.set(0, context.type(0));
    if (!context.dims(0) || !context.dims(1)) return {};
    Dims a = *context.dims(0);
    Dims b = *context.dims(1);
    // Before opset 7 (Caffe-era files) a longer A was flattened to two dims.
    if (a.size() > 2 && context.version < 7) a = {a[0], shapes::product(a, 1, a.size())};
    if (a.size() != 2 || b.size() != 2) return context.refuse("Gemm takes matrices, not " + text(a) + " and " + text(b));
    if (context.node.integer("transA", 0) != 0) std::swap(a[0], a[1]);
    if (context.node.integer("transB", 0) != 0) std::swap(b[0], b[1]);
    TRIMTAB_REQUIRE(agree(context, a[1], b[0], "inner extents of " + text(a) + " and " + text(b)));
    Dims out{a[0], b[1]};
    if (context.dims(2)) {
        TRIMTAB_TRY(const Dims together, broadcast(context, out, *context.dims(2)));
        if (together.size() != 2)
            return context.refuse("the third input " + text(*context.dims(2)) + " does not broadcast to " + text(out));
    }
    context.set(0, context.type(0), std::move(out));
    return {};
}

/// trimtab.FusedMatMul: A, W (constant matrix, [K, N] or with transB [N, K]), bias [N].
Status fusedMatMul(Context& context) {
    if (context.rank(1) && *context.rank(1) != 2) return context.refuse("the weight must be a matrix");
    TRIMTAB_TRY(auto dims, product(context, context.dims(0), context.dims(1), context.node.integer("transB", 0) != 0));
    if (dims && context.dims(2)) {
        TRIMTAB_REQUIRE(broadcast(context, Dims{dims->back()}, *context.dims(2)));
    }
    context.set(0, context.type(0), std::move(dims));
    return {};
}

Status quantizedMatMul(Context& context) {
    TRIMTAB_REQUIRE(fusedMatMul(context));
    context.outputs[0].type = codesAsked(context);
    return {};
}

/// The dims of an input of com.microsoft.FusedMatMul as it is multiplied: transBatch moves the first axis behind the batch axes, trans
/// swaps the last two.
std::optional<Dims> turned(const Context& context, std::size_t input, const std::string& side) {
    std::optional<Dims> dims = context.dims(input);
    if (!dims || dims->size() < 2) return dims;
    if (context.node.integer("transBatch" + side, 0) != 0) std::rotate(dims->begin(), dims->begin() + 1, dims->end() - 1);
    if (context.node.integer("trans" + side, 0) != 0) std::swap((*dims)[dims->size() - 1], (*dims)[dims->size() - 2]);
    return dims;
}

Status transposingMatMul(Context& context) {
    TRIMTAB_TRY(auto dims, product(context, turned(context, 0, "A"), turned(context, 1, "B"), false));
    context.set(0, context.type(0), std::move(dims));
    return {};
}

/// com.microsoft.MatMulNBits and MatMulBnb4: A […, K], packed B of N rows; attributes K and N.
Status matMulNBits(Context& context) {
    const std::int64_t rows = context.node.integer("N", -1);
    const std::int64_t columns = context.node.integer("K", -1);
    if (rows < 1 || columns < 1) return context.refuse("attributes K and N must be positive");
    std::optional<Dims> out = context.dims(0);
    if (out) {
        if (out->empty()) return context.refuse("a scalar has no matrix product");
        TRIMTAB_REQUIRE(agree(context, out->back(), Extent::known(columns), "inner extents"));
        out->back() = Extent::known(rows);
    }
    context.set(0, context.type(0), std::move(out));
    return {};
}

Status determinant(Context& context) {
    std::optional<Dims> out = context.dims(0);
    if (out) {
        if (out->size() < 2) return context.refuse("a determinant needs matrices, not " + text(*out));
        TRIMTAB_REQUIRE(agree(context, (*out)[out->size() - 1], (*out)[out->size() - 2], "sides of a square matrix"));
        out->resize(out->size() - 2);
    }
    context.set(0, context.type(0), std::move(out));
    return {};
}

constexpr RuleEntry kRules[] = {
    {"MatMul", matMul},
    {"MatMulInteger", matMulInteger},
    {"QLinearMatMul", qlinearMatMul},
    {"Gemm", gemm},
    {"Det", determinant},
    {"FusedMatMul", fusedMatMul, "trimtab"},
    {"QuantizedMatMul", quantizedMatMul, "trimtab"},
    {"FusedMatMul", transposingMatMul, "com.microsoft"},
    {"TransposeMatMul", transposingMatMul, "com.microsoft"},
    {"MatMulNBits", matMulNBits, "com.microsoft"},
    {"MatMulBnb4", matMulNBits, "com.microsoft"},
};

}  // namespace

std::span<const RuleEntry> matrixRules() { return kRules; }

}  // namespace trimtab::graph::shapes
