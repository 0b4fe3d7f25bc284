// trimtab.QuantizedConv and QuantizedMatMul: codes of a scale that the file states, times signed 8-bit weights, summed in int32.
//   y[o] = (Σ (q − zero) · code[o]) · scale_x · scale_w[o] + bias[o], then the activation, then codes of y's scale where the node says so.
// All of it behind the sums is one factor and one summand for each output. The zero point is a part of the summand, unless padding, which
// is worth 0 and no code, has to be told from it: then oneDNN subtracts it.
#include <cmath>
#include <limits>
#include <numeric>

#include "core/tensor/convert.h"
#include "kernels/cpu/implementations/codes.h"
#include "kernels/cpu/implementations/convolution.h"
#include "kernels/cpu/implementations/families.h"
#include "kernels/cpu/implementations/integer_operands.h"
#include "kernels/cpu/implementations/matmul.h"

namespace trimtab::cpu {
namespace {

using onednn::PostOp;

struct Numbers {
    Affine x, y;
    bool toCodes = false;
};

Numbers numbersOf(const NodeView& view) {
    Numbers numbers{affineOf(view.node, "x", view.type(0)), {}, view.node.has("y_scale")};
    if (numbers.toCodes) numbers.y = affineOf(view.node, "y", view.outputType());
    return numbers;
}

/// Whether the activation is a bound, which holds for codes as it does for values.
bool isBound(const std::string& activation) { return activation.empty() || activation == "Relu" || activation == "Clip"; }

/// The factor and summand of each output. `bias` may be undefined; `foldsZero`: the summand takes the zero point of x off.
struct Behind {
    std::vector<float> factors, summands;
};

Behind behindSums(const NodeView& view, const Numbers& numbers, const Tensor* bias, bool foldsZero) {
    const tensor::QuantizedWeight& weight = *view.quantized(1);
    const bool inCodes = numbers.toCodes && isBound(view.node.string("activation", ""));
    const double unit = inCodes ? numbers.y.scale : 1;
    Behind result;
    for (std::int64_t row = 0; row < weight.rows; ++row) {
        const double factor = static_cast<double>(numbers.x.scale) * weight.scales[static_cast<std::size_t>(row)] / unit;
        double summand = inCodes ? static_cast<double>(numbers.y.zero) : 0;
        if (bias) summand += tensor::elementAsDouble(*bias, bias->elementCount() == 1 ? 0 : row) / unit;
        if (foldsZero && numbers.x.zero != 0) {
            const auto* codes = weight.codes.data() + row * weight.columns;
            summand -= factor * static_cast<double>(numbers.x.zero) * std::accumulate(codes, codes + weight.columns, 0.0);
        }
        result.factors.push_back(static_cast<float>(factor));
        result.summands.push_back(static_cast<float>(summand));
    }
    return result;
}

/// What stands between the summand and the codes.
void appendEnding(const NodeView& view, const Numbers& numbers, std::vector<PostOp>& ops) {
    const std::string activation = view.node.string("activation", "");
    const Affine& y = numbers.y;
    if (activation == "Sigmoid") {
        ops.push_back({PostOp::Kind::Sigmoid, 0, 0, {}});
        ops.push_back({PostOp::Kind::Linear, 1 / y.scale, static_cast<float>(y.zero), {}});
        return;
    }
    const std::int64_t lowest = y.type == DataType::Int8 ? -128 : 0;
    const auto code = [&](float bound) { return bound / y.scale + static_cast<float>(y.zero); };
    // Saturation is a bound too.
    if (activation == "Relu" && y.zero > lowest) ops.push_back({PostOp::Kind::Clip, code(0), std::numeric_limits<float>::max(), {}});
    if (activation == "Clip") {
        const float low = view.node.number("min", std::numeric_limits<float>::lowest());
        const float high = view.node.number("max", std::numeric_limits<float>::max());
        if (code(low) > static_cast<float>(lowest) || code(high) < static_cast<float>(lowest + 255))
            ops.push_back({PostOp::Kind::Clip, code(low), code(high), {}});
    }
}

runtime::Support judgeStatic(const NodeView& view) {
    if (!isCode(view.type(0))) return notMeant();
    if (!view.quantized(1) || view.quantized(1)->format != tensor::CodeFormat::Integer)
        return refused("its weight is not held as integers");
    if (view.has(2) && !view.constant(2)) return refused("its bias is not constant");
    if (!onednn::hasInt8Products()) return refused("this processor has no VNNI: its 8-bit sums would saturate");
    return native();
}

void record(Builder& builder, const std::string& kernel) {
    trace::LayerRecord& record = builder.record();
    record.compute = graph::name(graph::ComputeType::Int8);
    record.weightBits = record.activationBits = 8;
    record.kernel = kernel;
}

SlotId zeroPointOf(Builder& builder, const Affine& x) {
    return builder.constant(Tensor::fromValues<std::int32_t>(DataType::Int32, Shape{1}, {static_cast<std::int32_t>(x.zero)}));
}

std::string typesOf(const NodeView& view) { return view.type(0) == DataType::UInt8 ? "u8s8" : "s8s8"; }

}  // namespace

runtime::Support judgeStaticConvolution(const NodeView& view) {
    const int rank = view.rank(0);
    if (rank >= 0 && (rank < 3 || rank > 5)) return refused("oneDNN convolves over one to three axes");
    return judgeStatic(view);
}

Status placeStaticConvolution(Builder& builder, const NodeView& view) {
    TRIMTAB_TRY(const ConvolutionShape shape, convolutionShape(view));
    const Numbers numbers = numbersOf(view);
    const auto positive = [](std::int64_t pad) { return pad > 0; };
    const bool isPadded = std::any_of(shape.window.padBegin.begin(), shape.window.padBegin.end(), positive) ||
                          std::any_of(shape.window.padEnd.begin(), shape.window.padEnd.end(), positive);
    ConvolutionTypes types;
    types.source = view.type(0);
    types.weights = DataType::Int8;
    types.destination = view.outputType();
    types.sourceZeroPoint = numbers.x.zero != 0 && isPadded;
    types.takesBias = false;
    types.takesActivation = !numbers.toCodes;
    const Behind behind = behindSums(view, numbers, view.constant(2), !types.sourceZeroPoint);
    types.scaling = scaling(shape.weight[0], shape.output.rank(), 1, true);
    if (numbers.toCodes) appendEnding(view, numbers, types.scaling);
    TRIMTAB_TRY(const ChosenConvolution chosen, chooseConvolution(shape, view, types, true));
    const auto& primitive = chosen.primitive;

    IntegerOperands operands;
    TRIMTAB_TRY(operands.codes, builder.read(view.node.input(0), Form{types.source, chosen.layout}));
    const Tensor codes = codesOf(view, shape.weightDims());
    TRIMTAB_TRY(operands.weights,
                onednn::packed(builder, codes, onednn::describe(Shape(shape.weightDims()), DataType::Int8), primitive.weights));
    operands.factors = builder.constantFloats(behind.factors);
    operands.summands = builder.constantFloats(behind.summands);
    if (types.sourceZeroPoint) operands.zeroPoint = zeroPointOf(builder, numbers.x);
    auto bound = integerArguments(primitive, types.scaling, operands);
    TRIMTAB_TRY(const SlotId result, convolutionResult(builder, view, shape, Form{types.destination, chosen.layout}, operands.codes));
    bound.push_back({DNNL_ARG_DST, primitive.destination, result, true});
    record(builder, "onednn conv " + typesOf(view) + " " + primitive.name);
    return onednn::place(builder, primitive, std::move(bound));
}

runtime::Support judgeStaticMatMul(const NodeView& view) { return judgeStatic(view); }

Status placeStaticMatMul(Builder& builder, const NodeView& view) {
    TRIMTAB_TRY(const WeightProduct product, weightProduct(view));
    const Numbers numbers = numbersOf(view);
    const Behind behind = behindSums(view, numbers, view.constant(2), true);
    onednn::Attributes attributes;
    attributes.postOps = scaling(product.n, 2, 1, true);
    if (numbers.toCodes) appendEnding(view, numbers, attributes.postOps);
    else if (product.relu) attributes.postOps.push_back({PostOp::Kind::Relu, 0, 0, {}});
    const onednn::Dims dims{product.k, product.n};
    TRIMTAB_TRY(const auto primitive, onednn::matMul(onednn::describe(Shape{product.m, product.k}, view.type(0)),
                                                     onednn::anyLayout(dims, DataType::Int8), std::nullopt,
                                                     onednn::describe(Shape{product.m, product.n}, view.outputType()), attributes));
    IntegerOperands operands;
    TRIMTAB_TRY(operands.codes, builder.read(view.node.input(0)));
    // Codes stand as outputs × reduction whatever the file's orientation was.
    const Tensor codes = codesOf(view, {product.n, product.k});
    TRIMTAB_TRY(operands.weights,
                onednn::packed(builder, codes, onednn::describe(dims, DataType::Int8, {1, product.k}), primitive.weights));
    operands.factors = builder.constantFloats(behind.factors);
    operands.summands = builder.constantFloats(behind.summands);
    auto bound = integerArguments(primitive, attributes.postOps, operands);
    bound.push_back({DNNL_ARG_DST, primitive.destination, builder.write(view.node.output(0)), true});
    record(builder, "onednn matmul " + typesOf(view) + " " + primitive.name);
    return onednn::place(builder, primitive, std::move(bound));
}

}  // namespace trimtab::cpu
