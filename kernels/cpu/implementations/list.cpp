#include "kernels/cpu/implementations/list.h"

#include <map>
#include <string>
#include <vector>

#include "kernels/cpu/implementations/dynamic_step.h"
#include "kernels/cpu/implementations/families.h"

namespace trimtab::cpu {
namespace {

using List = std::vector<Implementation>;

constexpr Implementation kReference{"reference", judgeReference, placeReference};

std::map<std::string, List, std::less<>> makeLists() {
    std::map<std::string, List, std::less<>> lists;
    const auto put = [&](std::initializer_list<const char*> operators, List implementations) {
        implementations.push_back(kReference);
        for (const char* op : operators) lists[op] = implementations;
    };
    put({"Conv", "trimtab.FusedConv"}, {{"int8 convolution", judgeIntegerConvolution, placeIntegerConvolution},
                                        {"bf16 convolution", judgeBfloatConvolution, placeBfloatConvolution},
                                        {"sparse convolution", judgeSparse, placeSparse},
                                        {"fp32 convolution", judgeConvolution, placeConvolution}});
    put({"ConvTranspose"}, {{"fp32 transposed convolution", judgeTransposedConvolution, placeTransposedConvolution}});
    put({"MatMul", "Gemm", "trimtab.FusedMatMul"}, {{"int8 product", judgeIntegerMatMul, placeIntegerMatMul},
                                                    {"int8 product by tokens", judgeTokenMatMul, placeTokenMatMul},
                                                    {"integer product by groups", judgeGroupMatMul, placeGroupMatMul},
                                                    {"bf16 product", judgeBfloatMatMul, placeBfloatMatMul},
                                                    {"batched bf16 product", judgeBfloatBatched, placeBfloatBatched},
                                                    {"weight-only product", judgeWeightOnly, placeWeightOnly},
                                                    {"sparse product", judgeSparse, placeSparse},
                                                    {"few-row product", judgeFewRows, placeFewRows},
                                                    {"fp32 product", judgeMatMul, placeMatMul},
                                                    {"batched product", judgeBatchedMatMul, placeBatchedMatMul}});
    put({"trimtab.QuantizedConv"}, {{"int8 convolution", judgeStaticConvolution, placeStaticConvolution}});
    put({"trimtab.QuantizedMatMul"}, {{"int8 product", judgeStaticMatMul, placeStaticMatMul}});
    put({"trimtab.QuantizedAdd", "trimtab.QuantizedMul"}, {{"vector loop", judgeCodeArithmetic, placeCodeArithmetic}});
    put({"trimtab.Lookup"}, {{"table", judgeLookup, placeLookup}});
    put({"QuantizeLinear", "com.microsoft.QuantizeLinear"}, {{"vector loop", judgeQuantize, placeQuantize}});
    put({"DequantizeLinear", "com.microsoft.DequantizeLinear"}, {{"vector loop", judgeDequantize, placeDequantize}});
    put({"MaxPool", "AveragePool"}, {{"pooling", judgePool, placePool}});
    put({"GlobalAveragePool", "GlobalMaxPool"}, {{"global pooling", judgeGlobalPool, placeGlobalPool}});
    put({"BatchNormalization"}, {{"channel scaling", judgeBatchNormalization, placeBatchNormalization}});
    put({"LayerNormalization", "RMSNormalization", "trimtab.RMSNormalization", "SimplifiedLayerNormalization",
         "com.microsoft.SimplifiedLayerNormalization"},
        {{"row normalisation", judgeRowNormalization, placeRowNormalization}});
    put({"com.microsoft.SkipLayerNormalization", "com.microsoft.SkipSimplifiedLayerNormalization"},
        {{"skip normalisation", judgeSkipNormalization, placeSkipNormalization}});
    put({"com.microsoft.GroupQueryAttention"}, {{"tiled attention", judgeGroupQueryAttention, placeGroupQueryAttention}});
    put({"Softmax", "LogSoftmax"}, {{"row softmax", judgeSoftmax, placeSoftmax}});
    put({"ReduceMean", "ReduceSum", "ReduceSumSquare", "ReduceMax", "ReduceMin"}, {{"vector reduction", judgeReduce, placeReduce}});
    put({"Abs",       "Neg",  "Relu", "LeakyRelu", "Clip",         "Sigmoid",      "HardSigmoid",
         "HardSwish", "Tanh", "Erf",  "Exp",       "Sqrt",         "Reciprocal",   "Elu",
         "Floor",     "Ceil", "Gelu", "Swish",     "trimtab.Silu", "trimtab.Gelu", "com.microsoft.FastGelu"},
        {{"vector loop", judgeUnary, placeUnary}});
    put({"Add", "Sub", "Mul", "Div", "Min", "Max"}, {{"vector loop", judgeBinary, placeBinary}});
    put({"Pow"}, {{"vector loop", judgePower, placePower}});
    put({"Where"}, {{"vector loop", judgeSelect, placeSelect}});
    put({"Cast"}, {{"conversion loop", judgeCast, placeCast}});
    put({"Reshape", "Squeeze", "Unsqueeze", "Flatten", "Identity", "Dropout"}, {{"view", judgeView, placeView}});
    put({"Transpose", "Slice", "Split", "Concat", "Expand"}, {{"strided copy", judgeMovement, placeMovement}});
    put({"Gather"}, {{"row gather", judgeGather, placeGather}});
    put({"Resize"}, {{"nearest copy", judgeResize, placeResize}});
    return lists;
}

}  // namespace

std::span<const Implementation> implementationsOf(const graph::Node& node) {
    static const auto lists = makeLists();
    static const List referenceOnly{kReference};
    const auto found = lists.find(node.domain.empty() ? node.op : node.domain + "." + node.op);
    if (found != lists.end()) return found->second;
    if (ref::find(node)) return referenceOnly;
    return {};
}

}  // namespace trimtab::cpu
