#include "kernels/ref/treated.h"

#include <memory>

#include <fmt/format.h>

#include "core/graph/operand_rounding.h"
#include "kernels/ref/convolution.h"
#include "kernels/ref/quantized/dynamic_quantization.h"
#include "kernels/ref/fused.h"
#include "kernels/ref/matmul.h"

namespace trimtab::ref {
namespace {

bool isConv(const graph::Node& node) { return node.is("Conv") || node.is("FusedConv", "trimtab"); }
bool isMatMul(const graph::Node& node) { return node.is("MatMul") || node.is("FusedMatMul", "trimtab"); }

/// An activation as codes without their zero points, and the scales that they are under.
struct Codes {
    Tensor centred;
    std::vector<float> scales;  // one, or one for each row of the last axis, or for each group of its columns
};

/// Signed codes, a scale for each `group` columns of each row.
Result<Codes> codesOfGroups(const Tensor& x, std::int64_t group) {
    TRIMTAB_TRY(Tensor centred, Tensor::allocate(DataType::Float32, x.shape()));
    Codes codes{std::move(centred), {}};
    const auto length = static_cast<std::size_t>(x.shape()[x.shape().rank() - 1]);
    const auto values = x.data<float>();
    const auto out = codes.centred.mutableData<float>();
    for (std::size_t row = 0; length > 0 && row < values.size(); row += length) {
        for (std::size_t k = 0; k < length; k += static_cast<std::size_t>(group)) {
            const std::size_t count = std::min(static_cast<std::size_t>(group), length - k);
            const auto quantization = SymmetricQuantization::of(values.subspan(row + k, count));
            for (std::size_t i = row + k; i < row + k + count; ++i) out[i] = quantization.code(values[i]);
            codes.scales.push_back(quantization.scale);
        }
    }
    return codes;
}

Result<Codes> codesOf(const graph::Treatment& treatment, const Tensor& x) {
    if (treatment.activationGroup > 0) return codesOfGroups(x, treatment.activationGroup);
    if (!treatment.activationPerToken) {
        const auto& step = treatment.activationStep;
        const auto quantization = step ? DynamicQuantization{step->scale, step->zero} : DynamicQuantization::of(x);
        TRIMTAB_TRY(Tensor centred, centredCodes(x, quantization));
        return Codes{std::move(centred), {quantization.scale}};
    }
    TRIMTAB_TRY(Tensor centred, Tensor::allocate(DataType::Float32, x.shape()));
    Codes codes{std::move(centred), {}};
    const auto length = static_cast<std::size_t>(x.shape()[x.shape().rank() - 1]);
    const auto values = x.data<float>();
    for (std::size_t begin = 0; length > 0 && begin < values.size(); begin += length) {
        const auto row = values.subspan(begin, length);
        const auto quantization = DynamicQuantization::of(row);
        centredCodes(row, quantization, codes.centred.mutableData<float>().subspan(begin, length));
        codes.scales.push_back(quantization.scale);
    }
    return codes;
}

Result<Tensor> quantizedAndBack(const graph::Treatment& treatment, const Tensor& x) {
    TRIMTAB_TRY(Codes codes, codesOf(treatment, x));
    const auto values = codes.centred.mutableData<float>();
    if (codes.scales.empty()) return std::move(codes.centred);
    const std::size_t row = treatment.scalesEachToken() ? static_cast<std::size_t>(x.shape()[x.shape().rank() - 1]) : values.size();
    const std::size_t part = treatment.activationGroup > 0 ? std::min(row, static_cast<std::size_t>(treatment.activationGroup)) : row;
    const std::size_t parts = (row + part - 1) / part;  // of a row
    for (std::size_t i = 0; i < values.size(); ++i) values[i] *= codes.scales[i / row * parts + i % row / part];
    return std::move(codes.centred);
}

/// The two factors as the treatment wants them, and how their products are summed.
struct Factors {
    Tensor x, w;
    bool singlePrecision = false;
    const tensor::QuantizedWeight* integers = nullptr;  // then x holds q − zero
    std::vector<float> scales;                          // of x, with integers: one, or one for each row, or for each row's groups
    float scaleX = 1, scaleW = 1;                       // fp8: the sum is multiplied by one, then by the other
};

Result<Factors> factors(const Call& call, Tensor x, const Tensor& w, const tensor::QuantizedWeight* weight) {
    const graph::Treatment& treatment = call.node.treatment;
    Factors f{std::move(x), w};
    const bool groupsAgree = treatment.activationGroup == 0 || (weight && treatment.activationGroup == weight->group);
    if (treatment.activationBits <= 8 && weight && weight->format == tensor::CodeFormat::Integer && groupsAgree) {
        TRIMTAB_TRY(Codes codes, codesOf(treatment, f.x));
        f.x = std::move(codes.centred);
        f.integers = weight;
        f.scales = std::move(codes.scales);
    } else if (treatment.activationBits <= 8) {
        TRIMTAB_TRY(f.x, quantizedAndBack(treatment, f.x));
    } else {
        TRIMTAB_TRY(const auto narrowX, graph::roundOperand(treatment.compute, f.x));
        TRIMTAB_TRY(const auto narrowW, graph::roundOperand(treatment.compute, f.w));
        f = {.x = narrowX.values, .w = narrowW.values, .singlePrecision = true, .scaleX = narrowX.scale, .scaleW = narrowW.scale};
    }
    return f;
}

/// `rows`: the weight as rows of `columns` values.
std::unique_ptr<RowProduct<float>> rowProduct(const Factors& f, const Tensor& rows, std::int64_t columns) {
    if (f.integers) return std::make_unique<IntegerProduct>(*f.integers, std::span(f.scales).first(1));
    if (f.singlePrecision) return std::make_unique<SinglePrecisionProduct>(rows.data<float>().data(), columns, f.scaleX, f.scaleW);
    return std::make_unique<ExactProduct<float>>(rows.data<float>().data(), columns);
}

/// Rows of x with scales of their own.
Result<Tensor> multiplyScaledRows(const Factors& f, std::int64_t outputs) {
    Shape shape = f.x.shape();
    const std::int64_t length = shape[shape.rank() - 1];
    shape[shape.rank() - 1] = outputs;
    TRIMTAB_TRY(Tensor y, Tensor::zeros(DataType::Float32, shape));
    const auto values = f.x.data<float>();
    float* out = y.mutableData<float>().data();
    const std::int64_t count = length == 0 ? 0 : static_cast<std::int64_t>(values.size()) / length;
    const std::size_t scales = count == 0 ? 0 : f.scales.size() / static_cast<std::size_t>(count);
    for (std::int64_t row = 0; row < count; ++row)
        IntegerProduct(*f.integers, std::span(f.scales).subspan(static_cast<std::size_t>(row) * scales, scales))
            .multiply(values.data() + row * length, 0, outputs, out + row * outputs);
    return y;
}

Status checkWeight(const Call& call, const tensor::QuantizedWeight* weight, std::int64_t rows, std::int64_t columns) {
    if (!weight || (weight->rows == rows && weight->columns == columns && weight->group > 0)) return {};
    return refuse(
        call, fmt::format("the quantised weight has {} x {} codes where {} x {} are needed", weight->rows, weight->columns, rows, columns));
}

Result<Tensor> treatedConv(const Call& call, const tensor::QuantizedWeight* weight) {
    TRIMTAB_TRY(const Convolution plan, Convolution::plan(call, call.tensor(0).shape(), call.tensor(1).shape()));
    const Tensor bias = call.has(2) ? call.tensor(2) : Tensor();
    TRIMTAB_REQUIRE(checkBias(call, plan, call.tensor(0), bias));
    TRIMTAB_REQUIRE(checkWeight(call, weight, plan.outChannels, plan.columns()));
    if (call.node.treatment.scalesEachToken()) return refuse(call, "a convolution has no tokens that could have scales of their own");
    TRIMTAB_TRY(const Factors f, factors(call, call.tensor(0), call.tensor(1), weight));
    return convolve<float>(plan, f.x, *rowProduct(f, f.w, plan.columns()), bias);
}

/// A weight of rank 2 is multiplied row by row; anything else is an ordinary batched product of the rounded factors.
Result<Tensor> treatedMatMul(const Call& call, const Tensor& a, const Tensor& b, bool weightIsRows, const tensor::QuantizedWeight* weight) {
    if (b.shape().rank() != 2 || a.shape().rank() < 1) {
        TRIMTAB_TRY(const Factors f, factors(call, a, b, nullptr));
        TRIMTAB_TRY(Tensor y, matMul(call, f.x, f.w, f.singlePrecision));
        for (float& value : y.mutableData<float>()) value = value * f.scaleX * f.scaleW;
        return y;
    }
    const std::int64_t rows = b.shape()[weightIsRows ? 0 : 1], columns = b.shape()[weightIsRows ? 1 : 0];
    if (a.shape()[a.shape().rank() - 1] != columns)
        return refuse(call, fmt::format("shapes {} and {} don't multiply", a.shape().text(), b.shape().text()));
    TRIMTAB_REQUIRE(checkWeight(call, weight, rows, columns));
    TRIMTAB_TRY(const Factors f, factors(call, a, b, weight));
    if (f.integers && call.node.treatment.scalesEachToken()) return multiplyScaledRows(f, rows);
    Tensor weightRows = f.w;
    if (!weightIsRows && !f.integers) {
        TRIMTAB_TRY(weightRows, transposeMatrices(f.w));
    }
    return multiplyRows(f.x, *rowProduct(f, weightRows, columns), rows);
}

Result<Tensor> treatedGemm(const Call& call, const tensor::QuantizedWeight* weight) {
    Tensor a = call.tensor(0);
    if (a.shape().rank() != 2 || call.tensor(1).shape().rank() != 2) return refuse(call, "inputs must be matrices");
    if (call.node.integer("transA", 0) != 0) {
        TRIMTAB_TRY(a, transposeMatrices(a));
    }
    TRIMTAB_TRY(const Tensor product, treatedMatMul(call, a, call.tensor(1), call.node.integer("transB", 0) != 0, weight));
    const Tensor c = call.has(2) ? call.tensor(2) : Tensor();
    return scaleAndAdd(call, product, call.node.number("alpha", 1.0F), call.node.number("beta", 1.0F), c);
}

Result<Values> run(const Call& call, const tensor::QuantizedWeight* weight) {
    for (std::size_t i = 0; i < call.inputs.size(); ++i)
        if (call.has(i) && call.tensor(i).type() != DataType::Float32) return refuse(call, "inputs must be float32 for this treatment");
    if (isConv(call.node)) {
        TRIMTAB_TRY(const Tensor y, treatedConv(call, weight));
        return finishFused(call, y, call.has(3) ? call.tensor(3) : Tensor());
    }
    if (isMatMul(call.node)) {
        TRIMTAB_TRY(const Tensor y, treatedMatMul(call, call.tensor(0), call.tensor(1), call.node.integer("transB", 0) != 0, weight));
        return finishFused(call, y, call.has(2) ? call.tensor(2) : Tensor());
    }
    TRIMTAB_TRY(Tensor y, treatedGemm(call, weight));
    return one(std::move(y));
}

}  // namespace

bool changesArithmetic(const graph::Node& node) {
    if (!isConv(node) && !isMatMul(node) && !node.is("Gemm")) return false;
    const graph::Treatment& t = node.treatment;
    return t.activationBits <= 8 || graph::roundsOperands(t.compute);
}

Result<Values> evaluateTreated(const graph::Node& node, std::span<const RunValue> inputs, const tensor::QuantizedWeight* weight) {
    const Kernel kernel = viaFloat32([weight](const Call& call) { return run(call, weight); });
    return evaluateWith(kernel, node, inputs);
}

}  // namespace trimtab::ref
