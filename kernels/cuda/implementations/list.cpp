// The lists: for each operator its implementations, best first, the host's reference kernel last.
#include <map>
#include <string>
#include <vector>

#include "core/trace/host_kernel.h"
#include "kernels/cuda/implementations/expression_builder.h"
#include "kernels/cuda/implementations/families.h"
#include "kernels/ref/reference.h"

namespace trimtab::cuda {
namespace {

using List = std::vector<Implementation>;

constexpr Implementation kHost{trace::kHostKernel, judgeHost, placeHost};

std::map<std::string, List, std::less<>> makeLists() {
    std::map<std::string, List, std::less<>> lists;
    const auto put = [&](const auto& operators, List implementations) {
        implementations.push_back(kHost);
        for (const auto& op : operators) lists[op] = implementations;
    };
    using Names = std::vector<std::string>;
    put(Names{"Conv", "trimtab.FusedConv"},
        {{"int8 convolution", judgeIntegerConvolution, placeIntegerConvolution}, {"convolution", judgeConvolution, placeConvolution}});
    put(Names{"MatMul", "Gemm", "trimtab.FusedMatMul"}, {{"int8 product", judgeIntegerProduct, placeIntegerProduct},
                                                         {"fp8 product", judgeFloat8Product, placeFloat8Product},
                                                         {"weight-only product", judgeWeightOnly, placeWeightOnly},
                                                         {"dense product", judgeDenseProduct, placeDenseProduct},
                                                         {"batched product", judgeBatchedProduct, placeBatchedProduct}});
    put(Names{"com.microsoft.GroupQueryAttention"}, {{"attention", judgeAttention, placeAttention}});
    put(Names{"MaxPool", "AveragePool"}, {{"pooling", judgePool, placePool}});
    put(Names{"GlobalAveragePool", "GlobalMaxPool"}, {{"global pooling", judgeGlobalPool, placeGlobalPool}});
    put(Names{"BatchNormalization"}, {{"channel scaling", judgeBatchNormalization, placeBatchNormalization}});
    put(Names{"LayerNormalization", "trimtab.RMSNormalization", "RMSNormalization", "SimplifiedLayerNormalization",
              "com.microsoft.SimplifiedLayerNormalization", "com.microsoft.SkipSimplifiedLayerNormalization"},
        {{"row normalisation", judgeRowNormalization, placeRowNormalization}});
    put(Names{"Softmax", "LogSoftmax"}, {{"softmax", judgeSoftmax, placeSoftmax}});
    put(Names{"ReduceMean", "ReduceSum", "ReduceSumSquare", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceLogSum",
              "ReduceLogSumExp"},
        {{"reduction", judgeReduce, placeReduce}});
    put(Names{"ArgMax", "ArgMin"}, {{"index of an extreme", judgeArgReduce, placeArgReduce}});
    put(Names{"trimtab.ChooseToken"}, {{"token choice", judgeTokenChoice, placeTokenChoice}});
    put(elementwiseOperators(), {{"element-wise pass", judgeElementwise, placeElementwise}});
    put(Names{"Reshape", "Squeeze", "Unsqueeze", "Flatten", "Identity", "Dropout"}, {{"view", judgeView, placeView}});
    put(Names{"Transpose", "Slice", "Split", "Concat", "Expand"}, {{"strided copy", judgeMovement, placeMovement}});
    put(Names{"Gather"}, {{"row gather", judgeGather, placeGather}});
    put(Names{"GatherND"}, {{"row gather", judgeGatherNd, placeGatherNd}});
    return lists;
}

}  // namespace

std::span<const Implementation> implementationsOf(const graph::Node& node) {
    static const auto lists = makeLists();
    static const List hostOnly{kHost};
    const auto found = lists.find(node.domain.empty() ? node.op : node.domain + "." + node.op);
    if (found != lists.end()) return found->second;
    if (ref::find(node)) return hostOnly;
    return {};
}

}  // namespace trimtab::cuda
