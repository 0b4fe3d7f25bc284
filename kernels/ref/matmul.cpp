#include "kernels/ref/matmul.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/tensor/convert.h"
#include "kernels/ref/broadcast.h"
#include "kernels/ref/families.h"

namespace trimtab::ref {
namespace {

template <class T>
void transposeInto(const T* in, std::int64_t rows, std::int64_t columns, T* out) {
    for (std::int64_t r = 0; r < rows; ++r)
        for (std::int64_t c = 0; c < columns; ++c) out[c * rows + r] = in[r * columns + c];
}

template <class T>
Result<Tensor> transposeTyped(const Tensor& matrices) {
    const int rank = matrices.shape().rank();
    const std::int64_t rows = matrices.shape()[rank - 2];
    const std::int64_t columns = matrices.shape()[rank - 1];
    TRIMTAB_TRY(Tensor out, Tensor::allocate(matrices.type(), spliced(matrices.shape(), rank - 2, rank, {columns, rows})));
    const std::int64_t size = rows * columns;
    for (std::int64_t at = 0; at < matrices.elementCount(); at += size)
        transposeInto(matrices.data<T>().data() + at, rows, columns, out.mutableData<T>().data() + at);
    return out;
}

/// The matrix index of `b` for matrix `index` of the broadcast batch.
std::int64_t batchIndex(std::int64_t index, const Shape& batch, const Shape& own) {
    std::int64_t result = 0, step = 1;
    for (int d = batch.rank() - 1, o = own.rank() - 1; d >= 0; --d, --o) {
        const std::int64_t at = index % batch[d];
        index /= batch[d];
        if (o < 0) continue;
        if (own[o] != 1) result += at * step;
        step *= own[o];
    }
    return result;
}

struct MatMulPlan {
    Shape a, b;        // with vectors made matrices
    Shape batchA, batchB, batch, out;
    std::int64_t m = 0, n = 0, k = 0;
};

Result<MatMulPlan> planMatMul(const Call& call, const Shape& givenA, const Shape& givenB) {
    const auto complaint = [&] { return refuse(call, fmt::format("shapes {} and {} don't multiply", givenA.text(), givenB.text())); };
    if (givenA.rank() == 0 || givenB.rank() == 0) return complaint();
    MatMulPlan plan;
    plan.a = givenA.rank() == 1 ? Shape{1, givenA[0]} : givenA;
    plan.b = givenB.rank() == 1 ? Shape{givenB[0], 1} : givenB;
    const int ra = plan.a.rank(), rb = plan.b.rank();
    plan.m = plan.a[ra - 2];
    plan.k = plan.a[ra - 1];
    plan.n = plan.b[rb - 1];
    if (plan.b[rb - 2] != plan.k) return complaint();
    plan.batchA = spliced(plan.a, ra - 2, ra, {});
    plan.batchB = spliced(plan.b, rb - 2, rb, {});
    const auto batch = tensor::broadcast(plan.batchA, plan.batchB);
    if (!batch || !batch->checkedElementCount()) return complaint();
    plan.batch = *batch;
    Ints dims = plan.batch.dims();
    if (givenA.rank() > 1) dims.push_back(plan.m);
    if (givenB.rank() > 1) dims.push_back(plan.n);
    plan.out = Shape(std::move(dims));
    return plan;
}

template <class T, class Product = ExactProduct<T>>
Result<Tensor> matMulTyped(const MatMulPlan& plan, const Tensor& a, const Tensor& b) {
    TRIMTAB_TRY(Tensor out, Tensor::allocate(a.type(), plan.out));
    if (out.elementCount() == 0) return out;
    TRIMTAB_TRY(Tensor rows, Tensor::allocate(b.type(), Shape{plan.n, plan.k}));
    std::int64_t transposed = -1;
    const std::int64_t batches = plan.batch.elementCount();
    for (std::int64_t i = 0; i < batches; ++i) {
        const std::int64_t matrixB = batchIndex(i, plan.batch, plan.batchB);
        if (matrixB != transposed)
            transposeInto(b.data<T>().data() + matrixB * plan.k * plan.n, plan.k, plan.n, rows.mutableData<T>().data());
        transposed = matrixB;
        const Product product(rows.data<T>().data(), plan.k);
        const T* left = a.data<T>().data() + batchIndex(i, plan.batch, plan.batchA) * plan.m * plan.k;
        T* result = out.mutableData<T>().data() + i * plan.m * plan.n;
        for (std::int64_t r = 0; r < plan.m; ++r) product.multiply(left + r * plan.k, 0, plan.n, result + r * plan.n);
    }
    return out;
}

bool multiplies(DataType type) { return isFloatingPoint(type) || isInteger(type); }

Result<Values> matMulKernel(const Call& call) {
    const DataType type = call.tensor(0).type();
    TRIMTAB_REQUIRE(sameType(call, call.tensor(0), call.tensor(1)));
    if (!multiplies(type)) return refuse(call, "inputs must be numeric");
    TRIMTAB_TRY(const Tensor a, widenIntegers(call.tensor(0)));
    TRIMTAB_TRY(const Tensor b, widenIntegers(call.tensor(1)));
    TRIMTAB_TRY(const Tensor product, matMul(call, a, b));
    TRIMTAB_TRY(Tensor out, tensor::convert(product, type));
    return one(std::move(out));
}

Result<Values> gemm(const Call& call) {
    const DataType type = call.tensor(0).type();
    TRIMTAB_REQUIRE(sameType(call, call.tensor(0), call.tensor(1)));
    if (!multiplies(type)) return refuse(call, "inputs must be numeric");
    if (call.tensor(0).shape().rank() != 2 || call.tensor(1).shape().rank() != 2) return refuse(call, "inputs must be matrices");
    TRIMTAB_TRY(Tensor a, widenIntegers(call.tensor(0)));
    TRIMTAB_TRY(Tensor b, widenIntegers(call.tensor(1)));
    if (call.node.integer("transA", 0) != 0) {
        TRIMTAB_TRY(a, transposeMatrices(a));
    }
    if (call.node.integer("transB", 0) != 0) {
        TRIMTAB_TRY(b, transposeMatrices(b));
    }
    TRIMTAB_TRY(const Tensor product, matMul(call, a, b));
    Tensor c;
    if (call.has(2)) {
        TRIMTAB_REQUIRE(sameType(call, call.tensor(0), call.tensor(2)));
        TRIMTAB_TRY(c, widenIntegers(call.tensor(2)));
    }
    TRIMTAB_TRY(const Tensor sum, scaleAndAdd(call, product, call.node.number("alpha", 1.0F), call.node.number("beta", 1.0F), c));
    TRIMTAB_TRY(Tensor out, tensor::convert(sum, type));
    return one(std::move(out));
}

}  // namespace

Result<Tensor> transposeMatrices(const Tensor& matrices) {
    if (matrices.elementCount() == 0) {
        const int rank = matrices.shape().rank();
        return Tensor::allocate(matrices.type(),
                                spliced(matrices.shape(), rank - 2, rank, {matrices.shape()[rank - 1], matrices.shape()[rank - 2]}));
    }
    return bitWidth(matrices.type()) == 64 ? transposeTyped<std::int64_t>(matrices) : transposeTyped<std::int32_t>(matrices);
}

Result<Tensor> widenIntegers(const Tensor& tensor) {
    return isInteger(tensor.type()) ? tensor::convert(tensor, DataType::Int64) : Result<Tensor>(tensor);
}

Result<Tensor> matMul(const Call& call, const Tensor& a, const Tensor& b, bool singlePrecision) {
    TRIMTAB_TRY(const MatMulPlan plan, planMatMul(call, a.shape(), b.shape()));
    switch (a.type()) {
        case DataType::Float32:
            return singlePrecision ? matMulTyped<float, SinglePrecisionProduct>(plan, a, b) : matMulTyped<float>(plan, a, b);
        case DataType::Float64: return matMulTyped<double>(plan, a, b);
        case DataType::Int64: return matMulTyped<std::int64_t>(plan, a, b);
        default: return unsupported(call, fmt::format("type {} is not multiplied", name(a.type())));
    }
}

Result<Tensor> multiplyRows(const Tensor& a, const RowProduct<float>& weight, std::int64_t rows) {
    const int rank = a.shape().rank();
    const std::int64_t columns = a.shape()[rank - 1];
    TRIMTAB_TRY(Tensor out, Tensor::allocate(DataType::Float32, spliced(a.shape(), rank - 1, rank, {rows})));
    if (out.elementCount() == 0) return out;
    const std::int64_t vectors = extent(a.shape(), 0, rank - 1);
    for (std::int64_t i = 0; i < vectors; ++i)
        weight.multiply(a.data<float>().data() + i * columns, 0, rows, out.mutableData<float>().data() + i * rows);
    return out;
}

Result<Tensor> scaleAndAdd(const Call& call, const Tensor& product, float alpha, float beta, const Tensor& c) {
    const bool hasAddend = c.defined() && beta != 0;
    if (alpha == 1 && !hasAddend) return product;
    std::vector<const Tensor*> inputs{&product};
    if (hasAddend) {
        const auto shape = tensor::broadcast(product.shape(), c.shape());
        if (!shape || *shape != product.shape())
            return refuse(call, fmt::format("input C {} does not broadcast to {}", c.shape().text(), product.shape().text()));
        inputs.push_back(&c);
    }
    return inDomain(product.type(), [&](auto zero) -> Result<Tensor> {
        using C = decltype(zero);
        const auto scaled = [](C value, float factor) {
            return factor == 1.0F ? value : static_cast<C>(static_cast<double>(value) * static_cast<double>(factor));
        };
        return mapBroadcast<C, C>(call, inputs, product.type(), [&](const C* const* in, std::int64_t n, C* result) {
            for (std::int64_t i = 0; i < n; ++i) result[i] = scaled(in[0][i], alpha) + (hasAddend ? scaled(in[1][i], beta) : C{0});
        });
    });
}

void registerMatMul(Registry& registry) {
    registry.add("MatMul", 1, {2, 2, 1}, viaFloat32(matMulKernel));
    registry.add("Gemm", 1, {2, 3, 1}, viaFloat32(gemm));
}

}  // namespace trimtab::ref
