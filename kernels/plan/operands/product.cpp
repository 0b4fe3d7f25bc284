#include "kernels/plan/operands/product.h"

#include <algorithm>

namespace trimtab::plan {
namespace {

std::vector<std::int64_t> withLeadingOnes(const std::vector<std::int64_t>& dims, std::size_t rank) {
    std::vector<std::int64_t> result(rank, 1);
    std::copy_backward(dims.begin(), dims.end(), result.end());
    return result;
}

}  // namespace

bool isWeightProduct(const NodeView& view, std::string* reason) {
    const auto no = [&](const char* why) {
        if (reason) *reason = why;
        return false;
    };
    const int weightRank = view.quantized(1) ? view.quantized(1)->originalShape.rank() : view.rank(1);
    if (weightRank >= 0 && weightRank != 2) return no("");  // the batched product's business
    if (view.node.is("Gemm")) {
        if (view.node.integer("transA", 0) != 0) return no("its first operand is transposed");
        if (view.node.number("alpha", 1.0F) != 1.0F) return no("alpha is not 1");
        if (view.has(2) && view.node.number("beta", 1.0F) != 1.0F) return no("beta is not 1");
    }
    const std::string activation = view.node.string("activation", "");
    if (!activation.empty() && activation != "Relu") return no("its activation has no kernel");
    return true;
}

Result<WeightProduct> weightProduct(const NodeView& view) {
    const Shape input = view.shape(0);
    const Shape weight = view.quantized(1) ? view.quantized(1)->originalShape : view.shape(1);
    if (weight.rank() != 2 || input.rank() < 1) return fail(ErrorCode::Unsupported, "its second operand is no matrix");
    WeightProduct product;
    const bool transposed = view.node.op != "MatMul" && view.node.integer("transB", 0) != 0;
    product.layout = transposed ? tensor::WeightLayout::OutputsFirst : tensor::WeightLayout::OutputsLast;
    product.n = transposed ? weight[0] : weight[1];
    product.k = transposed ? weight[1] : weight[0];
    if (input[input.rank() - 1] != product.k) return fail(ErrorCode::Unsupported, "its operands do not fit");
    if (input.elementCount() == 0 || product.n == 0) return fail(ErrorCode::Unsupported, "it multiplies nothing");
    product.m = input.elementCount() / product.k;
    if (product.m * product.n != view.outputShape().elementCount())
        return fail(ErrorCode::Refused, "its output has another size", view.node.name);
    product.relu = view.node.string("activation", "") == "Relu";
    if (view.has(2)) {
        const Shape bias = view.shape(2);
        const std::int64_t count = bias.elementCount();
        const bool isVector =
            (count == product.n && bias.rank() >= 1 && bias[bias.rank() - 1] == product.n) || (count == 1 && view.constant(2));
        if (!isVector || (view.type(2) != DataType::Float32 && view.type(2) != view.type(0)))
            return fail(ErrorCode::Unsupported, "its bias is no vector of outputs");
        product.bias = view.node.input(2);
    }
    return product;
}

Result<BatchedProduct> batchedProduct(const NodeView& view) {
    std::vector<std::int64_t> a = view.shape(0).dims();
    std::vector<std::int64_t> b = view.shape(1).dims();
    if (a.empty() || b.empty()) return fail(ErrorCode::Unsupported, "an operand is a scalar");
    if (a.size() == 1) a = {1, a[0]};
    if (b.size() == 1) b = {b[0], 1};
    const std::size_t rank = std::max(a.size(), b.size());
    if (rank > 6) return fail(ErrorCode::Unsupported, "it has too many axes");
    a = withLeadingOnes(a, rank);
    b = withLeadingOnes(b, rank);
    std::vector<std::int64_t> y;
    for (std::size_t axis = 0; axis + 2 < rank; ++axis) y.push_back(std::max(a[axis], b[axis]));
    y.push_back(a[rank - 2]);
    y.push_back(b[rank - 1]);
    BatchedProduct product{Shape(a), Shape(b), Shape(y)};
    if (product.left.elementCount() == 0 || product.right.elementCount() == 0) return fail(ErrorCode::Unsupported, "it multiplies nothing");
    if (product.result.elementCount() != view.outputShape().elementCount()) return fail(ErrorCode::Unsupported, "its shapes do not fit");
    return product;
}

}  // namespace trimtab::plan
