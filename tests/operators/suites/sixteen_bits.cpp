// Suites of other files once more with float16 and bfloat16 inputs. ONNX Runtime takes float16 of every operator (where it has no kernel it
// casts around that of float32); bfloat16 on the CPU of few, so that it judges those in float32, on the same numbers, and what it makes is
// rounded.
#include "core/tensor/convert.h"
#include "tests/operators/suites.h"

namespace trimtab::operators {
namespace {

constexpr int kNever = 99;

/// An operator that computes in 16 bits, by its text.
struct Taker {
    std::string op;
    int float16 = 1, bfloat16 = kNever;  // the first versions that take the types
    std::set<std::size_t> wideInputs;    // inputs that are float32 whatever the others are
    std::vector<std::size_t> wideOutputs; // outputs likewise
    bool judgedWide = false;             // float16 too: ONNX Runtime refuses it, or rounds between the steps that it makes of the operator
    int roundings = 1;                   // how often a result is rounded on its way
    std::string domain;
};

/// ONNX Runtime's own operators take float16; bfloat16 on GPUs alone.
Taker microsoft(std::string op, std::vector<std::size_t> wideOutputs = {}, bool judgedWide = false, int roundings = 1) {
    return {.op = std::move(op), .wideOutputs = std::move(wideOutputs), .judgedWide = judgedWide, .roundings = roundings,
            .domain = "com.microsoft"};
}

const std::vector<Taker>& takers() {
    static const std::vector<Taker> all{
        {"AffineGrid", 20, 20, {}, {}, true},
        {"ArgMax", 11, 13},
        {"ArgMin", 11, 13},
        {"Attention", 23, 23, {}, {}, true},
        {"AveragePool", 19, 22},
        {"BatchNormalization", 9, 15},
        {"CenterCropPad", 18, 18},
        {"Clip", 6, 13},
        {"Col2Im", 18, 18},
        {"Conv", 11, 22},
        {"ConvTranspose", 11, 22},
        {"CumSum", 14, 14},
        {"DFT", 17, 17},
        {"DeformConv", 19, 22},
        {"DepthToSpace", 13, 13},
        {"Det", 11, 22},
        {"Dropout", 12, 13},
        {"Equal", 13, 13},
        {"EyeLike", 9},
        {"GatherND", 11, 13},
        {"Gelu", 20, 20},
        {"GlobalLpPool", 2, 22, {}, {}, true},
        {"GridSample", 16},
        {"GroupNormalization", 18, 18},
        {"HardSwish", 14, 22},
        {"InstanceNormalization", 6, 22},
        {"IsInf", 20, 20},
        {"LRN", 13, 13},
        {"LayerNormalization", 17, 17, {}, {1, 2}},
        {"LpNormalization", 1, 22, {}, {}, true},
        {"LpPool", 18, 22},
        {"Max", 8, 13},
        {"MaxPool", 12, 22},
        {"MaxRoiPool", 1, kNever, {}, {}, true},
        {"MaxUnpool", 9, 22},
        {"Mean", 8, 13},
        {"MeanVarianceNormalization", 9, 13, {}, {}, true},
        {"Min", 8, 13},
        {"Mish", 18},
        {"NegativeLogLikelihoodLoss", 12, 22},
        {"OneHot", 9},
        {"Pad", 18, 18},
        {"RMSNormalization", 23, 23},
        {"ReduceL1", 13, 13},
        {"ReduceL2", 13, 13},
        {"ReduceLogSum", 13, 13},
        {"ReduceLogSumExp", 13, 13},
        {"ReduceMax", 13, 13},
        {"ReduceMean", 13, 13},
        {"ReduceMin", 13, 13},
        {"ReduceProd", 13, 13},
        {"ReduceSum", 11, 13},
        {"ReduceSumSquare", 13, 13},
        {"Reshape", 13, 13},
        {"Resize", 18, 18, {2}},
        {"RoiAlign", 10},
        {"RotaryEmbedding", 23, 23},
        {"STFT", 17, 17},
        {"ScatterElements", 13, 13, {}, {}, true, 4},
        {"ScatterND", 13, 13, {}, {}, true, 4},
        {"Shape", 13, 13},
        {"Size", 13, 13},
        {"SoftmaxCrossEntropyLoss", 12, 13},
        {"SpaceToDepth", 13, 13},
        {"Split", 13, 13},
        {"Squeeze", 11, 13},
        {"Sum", 8, 13},
        {"Swish", 24, 24},
        {"TensorScatter", 24, 24},
        {"ThresholdedRelu", 10, 22},
        {"TopK", 1, 24, {}, {}, true},
        {"Trilu", 14, 14},
        {"Unique", 11},
        {"Unsqueeze", 11, 13},
        {"Upsample", 9, kNever, {1}},
        microsoft("Attention"),
        microsoft("BiasGelu"),
        microsoft("FastGelu"),
        microsoft("FusedConv"),
        microsoft("FusedGemm"),
        microsoft("FusedMatMul"),
        microsoft("GatherND"),
        microsoft("Gelu"),
        microsoft("GroupQueryAttention", {}, true, 4),  // rotated heads are rounded where they are rotated in 16 bits
        microsoft("Inverse"),
        microsoft("MatMulNBits"),
        microsoft("MultiHeadAttention", {}, true, 4),
        microsoft("Pad"),
        microsoft("QuickGelu"),
        microsoft("RotaryEmbedding"),
        microsoft("SkipLayerNormalization", {1, 2}, true, 3),
        microsoft("SkipSimplifiedLayerNormalization"),
        microsoft("TransposeMatMul"),
        microsoft("Trilu"),
    };
    return all;
}

/// `base` with every floating input in `type` but those that stay float32.
Suite narrowed(const Suite& base, const Taker& taker, DataType type) {
    const double step = type == DataType::Float16 ? 0x1p-10 : 0x1p-7;
    Suite made = base;
    made.part = std::string(tensor::name(type)) + (base.part.empty() ? "" : ", " + base.part);
    made.relative = base.relative + (1 + taker.roundings) * step;
    made.absolute = base.absolute + step / 16 + (taker.roundings - 1) * step;  // numbers near 1 that are rounded may cancel afterwards
    made.draw = [draw = base.draw, wide = taker.wideInputs, type](Draw& random, int index) {
        Case drawn = draw(random, index);
        for (std::size_t i = 0; i < drawn.inputs.size(); ++i) {
            Tensor& input = drawn.inputs[i];
            if (input.defined() && isFloatingPoint(input.type()) && !wide.contains(i)) input = *tensor::convert(input, type);
        }
        return drawn;
    };
    if (type == DataType::BFloat16 || taker.judgedWide) made.widening = {type, taker.wideOutputs};
    return made;
}

}  // namespace

std::vector<Suite> sixteenBitSuites(const std::vector<Suite>& all) {
    std::vector<Suite> suites;
    for (const Taker& taker : takers()) {
        for (const Suite& base : all) {
            if (base.op != taker.op || base.domain != taker.domain || base.statement) continue;
            if (base.version >= taker.float16) suites.push_back(narrowed(base, taker, DataType::Float16));
            if (base.version >= taker.bfloat16) suites.push_back(narrowed(base, taker, DataType::BFloat16));
        }
    }
    return suites;
}

}  // namespace trimtab::operators
