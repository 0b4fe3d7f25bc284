#include "kernels/onnxruntime/rewritten.h"

#include <algorithm>
#include <array>

#include "core/formats/onnx/reader.h"

namespace trimtab::onnxruntime {
namespace {

constexpr std::array<std::string_view, 7> kIntegerProducts{
    "MatMulIntegerToFloat", "DynamicQuantizeMatMul", "MatMulInteger", "QLinearMatMul", "ConvInteger", "QLinearConv", "QGemm",
};

const std::string& operatorOf(const Rewritten& rewritten, const std::string& name) {
    static const std::string none;
    const auto found = rewritten.find(name);
    return found == rewritten.end() ? none : found->second;
}

}  // namespace

bool needsEvidence(const WeightPlans& plans) {
    return std::any_of(plans.begin(), plans.end(),
                       [](const auto& entry) {
                           return entry.second.form == formats::onnx::WeightForm::DequantizeInt8 ||
                                  entry.second.form == formats::onnx::WeightForm::DequantizeFloat;
                       });
}

Rewritten readRewritten(const std::filesystem::path& file) {
    formats::onnx::ReadOptions options;
    options.readWeights = false;
    options.tolerant = true;
    const auto read = formats::onnx::read(file, options);
    Rewritten rewritten;
    if (read)
        for (const graph::Node& node : read->graph.nodes) rewritten[node.name] = node.op;
    return rewritten;
}

bool multipliesIntegers(const Rewritten& rewritten, const graph::Node& node) {
    const std::string& op = operatorOf(rewritten, node.name);
    return std::find(kIntegerProducts.begin(), kIntegerProducts.end(), op) != kIntegerProducts.end();
}

bool keepsCodes(const Rewritten& rewritten, const graph::Node& node, const std::string& weightName) {
    return operatorOf(rewritten, weightName + "/DequantizeLinear") == "DequantizeLinear" ||
           operatorOf(rewritten, node.name) == "MatMulNBits" || multipliesIntegers(rewritten, node);
}

}  // namespace trimtab::onnxruntime
