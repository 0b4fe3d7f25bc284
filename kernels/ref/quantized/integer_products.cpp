// Matrix products of 8-bit codes. MatMulInteger sums codes without their zero points; the others multiply the values that the codes stand
// for. A list of scales or zero points runs along the rows of A and the columns of B.
#include <fmt/format.h>

#include "core/tensor/convert.h"
#include "kernels/ref/broadcast.h"
#include "kernels/ref/families.h"
#include "kernels/ref/matmul.h"
#include "kernels/ref/quantized/codes.h"
#include "kernels/ref/quantized/dynamic_quantization.h"

namespace trimtab::ref {
namespace {

int rowAxis(const Tensor& a) { return a.shape().rank() - 2; }  // −1 for a vector: it has one row
int columnAxis(const Tensor& b) { return b.shape().rank() < 2 ? -1 : b.shape().rank() - 1; }

Result<Values> matMulInteger(const Call& call) {
    TRIMTAB_TRY(const Tensor a, withoutZero(call, call.tensor(0), 2, rowAxis(call.tensor(0))));
    TRIMTAB_TRY(const Tensor b, withoutZero(call, call.tensor(1), 3, columnAxis(call.tensor(1))));
    TRIMTAB_TRY(const Tensor sums, matMul(call, a, b));
    TRIMTAB_TRY(Tensor out, tensor::convert(sums, DataType::Int32));
    return one(std::move(out));
}

/// a, its scale and zero point, b with both, the result's scale and zero point.
Result<Values> qLinearMatMul(const Call& call) {
    TRIMTAB_TRY(const Tensor a, valuesOf(call, call.tensor(0), 1, 2, rowAxis(call.tensor(0))));
    TRIMTAB_TRY(const Tensor b, valuesOf(call, call.tensor(3), 4, 5, columnAxis(call.tensor(3))));
    TRIMTAB_TRY(const Tensor product, matMul(call, a, b));
    TRIMTAB_TRY(Tensor out, codesOf(call, product, 6, 7, call.tensor(7).type()));
    return one(std::move(out));
}

/// product + bias, one for each column, as `type`.
Result<Values> withBias(const Call& call, const Tensor& product, std::size_t bias, DataType type) {
    if (!call.has(bias)) {
        TRIMTAB_TRY(Tensor out, tensor::convert(product, type));
        return one(std::move(out));
    }
    const Tensor& added = call.tensor(bias);
    const int rank = product.shape().rank();
    if (added.type() != type || rank < 1 || added.shape() != Shape{product.shape()[rank - 1]})
        return refuse(
            call, fmt::format("a bias {}{} does not fit a product {}", name(added.type()), added.shape().text(), product.shape().text()));
    const std::vector<const Tensor*> inputs{&product, &added};
    TRIMTAB_TRY(Tensor out, (mapBroadcast<double, double>(call, inputs, type, [](const double* const* in, std::int64_t n, double* sum) {
                    for (std::int64_t i = 0; i < n; ++i) sum[i] = in[0][i] + in[1][i];
                })));
    return one(std::move(out));
}

/// com.microsoft. A, B, their scales, their zero points, bias; here a list beside A runs along its columns.
Result<Values> matMulIntegerToFloat(const Call& call) {
    const DataType type = call.tensor(2).type();
    TRIMTAB_REQUIRE(sameType(call, call.tensor(2), call.tensor(3)));
    TRIMTAB_TRY(const Tensor a, valuesOf(call, call.tensor(0), 2, 4, call.tensor(0).shape().rank() - 1));
    TRIMTAB_TRY(const Tensor b, valuesOf(call, call.tensor(1), 3, 5, columnAxis(call.tensor(1))));
    TRIMTAB_TRY(const Tensor product, matMul(call, a, b));
    return withBias(call, product, 6, type);
}

/// com.microsoft. A in float32 takes codes as DynamicQuantizeLinear makes them, one scale for all of it.
Result<Values> dynamicQuantizeMatMul(const Call& call) {
    const Tensor& x = call.tensor(0);
    if (x.type() != DataType::Float32) return refuse(call, "the input must be float32");
    const auto quantization = DynamicQuantization::of(x);
    TRIMTAB_TRY(const Tensor centred, centredCodes(x, quantization));
    TRIMTAB_TRY(Tensor a, Tensor::allocate(DataType::Float64, x.shape()));
    for (std::size_t i = 0; i < centred.data<float>().size(); ++i)
        a.mutableData<double>()[i] = static_cast<double>(centred.data<float>()[i]) * static_cast<double>(quantization.scale);
    TRIMTAB_TRY(const Tensor b, valuesOf(call, call.tensor(1), 2, 3, columnAxis(call.tensor(1))));
    TRIMTAB_TRY(const Tensor product, matMul(call, a, b));
    return withBias(call, product, 4, DataType::Float32);
}

Result<Tensor> gemmOperand(const Call& call, std::size_t codes, bool transposed, int axis) {
    const Tensor& x = call.tensor(codes);
    if (x.shape().rank() != 2) return refuse(call, "A and B must be matrices");
    TRIMTAB_TRY(const Tensor values, valuesOf(call, x, codes + 1, codes + 2, axis));
    return transposed ? transposeMatrices(values) : Result<Tensor>(values);
}

/// com.microsoft. alpha · (A · B + C), where C holds codes with the scale of the product; float32 unless the result has a zero point.
Result<Values> qGemm(const Call& call) {
    const bool transB = call.node.integer("transB", 0) != 0;
    TRIMTAB_TRY(const Tensor a, gemmOperand(call, 0, call.node.integer("transA", 0) != 0, -1));
    TRIMTAB_TRY(const Tensor b, gemmOperand(call, 3, transB, transB ? 0 : 1));
    TRIMTAB_TRY(const Tensor product, matMul(call, a, b));
    TRIMTAB_TRY(const double scaleA, scaleOf(call, 1));
    const double alpha = call.node.number("alpha", 1.0F);
    std::vector<const Tensor*> inputs{&product, &call.tensor(4)};
    if (call.has(6)) {
        if (call.tensor(6).type() != DataType::Int32) return refuse(call, "C must be int32");
        inputs.push_back(&call.tensor(6));
    }
    TRIMTAB_TRY(const Tensor sum,
                (mapBroadcast<double, double>(call, inputs, DataType::Float64, [&](const double* const* in, std::int64_t n, double* out) {
                    for (std::int64_t i = 0; i < n; ++i)
                        out[i] = alpha * (in[0][i] + (inputs.size() > 2 ? in[2][i] * scaleA * in[1][i] : 0.0));
                })));
    if (sum.shape() != product.shape())
        return refuse(call, fmt::format("C and the scales don't broadcast to the product {}", product.shape().text()));
    TRIMTAB_TRY(Tensor out, call.has(8) ? codesOf(call, sum, 7, 8, call.tensor(8).type()) : tensor::convert(sum, DataType::Float32));
    return one(std::move(out));
}

}  // namespace

void registerIntegerProducts(Registry& registry) {
    registry.add("MatMulInteger", 10, {2, 4, 1}, matMulInteger);
    registry.add("QLinearMatMul", 10, {8, 8, 1}, qLinearMatMul);
    registry.add("MatMulIntegerToFloat", 1, {4, 7, 1}, matMulIntegerToFloat, "com.microsoft");
    registry.add("DynamicQuantizeMatMul", 1, {3, 5, 1}, dynamicQuantizeMatMul, "com.microsoft");
    registry.add("QGemm", 1, {6, 9, 1}, qGemm, "com.microsoft");
}

}  // namespace trimtab::ref
