#include "kernels/ref/reference.h"

#include <algorithm>

#include <fmt/format.h>

#include "kernels/ref/arguments.h"
#include "kernels/ref/families.h"

namespace trimtab::ref {
namespace {

/// An empty tensor may still name huge extents beside its zero; loops over those would never end.
constexpr std::int64_t kLargestEmptyExtent = std::int64_t{1} << 31;

const Registry& registry() {
    static const Registry table = [] {
        Registry made;
        for (const auto add : {registerUnary, registerBinary, registerComparison, registerVariadic, registerSelection, registerMatMul,
                               registerConv, registerConvTranspose, registerPool, registerReshape, registerTranspose, registerConcat,
                               registerSlice, registerGather, registerExpand, registerPad, registerGenerate, registerSoftmax,
                               registerReduce, registerFused, registerSequence, registerQuantize, registerIntegerProducts,
                               registerRanking, registerScatter, registerResize, registerEinsum, registerBlockWeights, registerRecurrent,
                               registerAttention, registerIf, registerLoop, registerScan,
                               registerSequenceMap, registerOptional, registerIntegerConvolution, registerLinear,
                               registerGatherBlock, registerBorrowedOperators, registerLinearAlgebra, registerMicrosoftUnique,
                               registerGridSample, registerAffineGrid, registerRoiAlign, registerMaxRoiPool, registerMaxUnpool,
                               registerNonMaxSuppression, registerCol2Im, registerDeformConv, registerCenterCropPad, registerDft,
                               registerStft, registerCosineWindows, registerMelWeightMatrix, registerDet, registerUnique,
                               registerNegativeLogLikelihood, registerSoftmaxCrossEntropy, registerNoise, registerBernoulli,
                               registerMultinomial, registerDropout, registerTfIdfVectorizer, registerGroupQueryAttention,
                               registerMultiHeadAttention, registerProjectedAttention, registerRotaryEmbedding, registerTensorScatter,
                               registerBatchNormalization, registerGroupNormalization, registerLayerNormalization,
                               registerLineNormalization, registerSkipLayerNormalization, registerBiasedGelu, registerFusedConv,
                               registerFusedCodes, registerTransposingMatMul, registerTokenChoice})
            add(made);
        return made;
    }();
    return table;
}

bool hasAbsurdExtent(const Shape& shape) {
    std::int64_t product = 1;
    for (const std::int64_t dim : shape)
        if (dim != 0 && (__builtin_mul_overflow(product, dim, &product) || product > kLargestEmptyExtent)) return true;
    return false;
}

Status checkArity(const graph::Node& node, const Arity& arity, std::span<const RunValue> inputs) {
    if (arity.maxInputs != kAny && inputs.size() > static_cast<std::size_t>(arity.maxInputs))
        return refuse(node, fmt::format("{} inputs given, at most {} taken", inputs.size(), arity.maxInputs));
    if (arity.maxOutputs != kAny && node.outputs.size() > static_cast<std::size_t>(arity.maxOutputs))
        return refuse(node, fmt::format("{} outputs asked for, at most {} made", node.outputs.size(), arity.maxOutputs));
    for (std::size_t i = 0; i < static_cast<std::size_t>(arity.minInputs); ++i)
        if (!(Call{node, inputs}.has(i))) return refuse(node, fmt::format("input {} is missing", i));
    return {};
}

/// Kernels read typed spans: tensors that view a file at an odd address are copied into aligned memory first.
Result<std::vector<RunValue>> aligned(const graph::Node& node, bool sequences, std::span<const RunValue> inputs) {
    std::vector<RunValue> values(inputs.begin(), inputs.end());
    for (std::size_t i = 0; i < values.size(); ++i) {
        auto* tensor = std::get_if<Tensor>(&values[i]);
        if (!tensor) {
            if (!sequences) return refuse(node, fmt::format("input {} is no tensor", i));
            continue;
        }
        if (!tensor->defined()) continue;
        if (tensor->elementCount() == 0 && hasAbsurdExtent(tensor->shape()))
            return refuse(node, fmt::format("input {} is empty but has the shape {}", i, tensor->shape().text()));
        if (!tensor->aligned(static_cast<std::size_t>(std::max(bitWidth(tensor->type()) / 8, 1)))) {
            TRIMTAB_TRY(*tensor, tensor->clone());
        }
    }
    return values;
}

}  // namespace

void Registry::add(std::string_view op, int since, Arity arity, Kernel kernel, std::string_view domain) {
    std::string key = domain.empty() ? std::string(op) : fmt::format("{}.{}", domain, op);
    m_operators[std::move(key)].insert_or_assign(since, Operator{arity, false, std::move(kernel)});
}

void Registry::addSequence(std::string_view op, int since, Arity arity, Kernel kernel) {
    m_operators[std::string(op)].insert_or_assign(since, Operator{arity, true, std::move(kernel)});
}

const Operator* Registry::find(const graph::Node& node) const {
    const bool standard = node.domain.empty() || node.domain == "ai.onnx";
    const auto named = m_operators.find(standard ? node.op : fmt::format("{}.{}", node.domain, node.op));
    if (named == m_operators.end()) return nullptr;
    const auto& versions = named->second;
    if (node.version <= 0) return &versions.rbegin()->second;
    auto after = versions.upper_bound(node.version);
    return after == versions.begin() ? nullptr : &std::prev(after)->second;
}

std::vector<std::string> Registry::names() const {
    std::vector<std::string> result;
    for (const auto& [key, versions] : m_operators) result.push_back(key);
    return result;
}

bool Call::has(std::size_t i) const {
    if (i >= inputs.size()) return false;
    const auto* tensor = std::get_if<Tensor>(&inputs[i]);
    return !tensor || tensor->defined();
}

const Tensor& Call::tensor(std::size_t i) const { return std::get<Tensor>(inputs[i]); }

const Kernel* find(const graph::Node& node) {
    const Operator* entry = registry().find(node);
    return entry ? &entry->kernel : nullptr;
}

Result<Values> evaluateWith(const Kernel& kernel, const graph::Node& node, std::span<const RunValue> inputs, bool sequences,
                            BodyRunner& bodies) {
    TRIMTAB_TRY(const Values ready, aligned(node, sequences, inputs));
    TRIMTAB_TRY(Values results, kernel(Call{node, ready, bodies}));
    for (std::size_t i = results.size(); i < node.outputs.size(); ++i)
        if (node.outputs[i] != graph::kNoValue) return refuse(node, fmt::format("output {} is not made by this operator", i));
    results.resize(std::max<std::size_t>(node.outputs.size(), 1));
    return results;
}

Result<std::vector<RunValue>> evaluate(const graph::Node& node, std::span<const RunValue> inputs, BodyRunner& bodies) {
    const Operator* entry = registry().find(node);
    if (!entry) {
        const std::string domain = node.domain.empty() ? "" : node.domain + ".";
        return fail(ErrorCode::Unsupported, fmt::format("operator {}{} (opset {}) is not known here", domain, node.op, node.version),
                    node.name);
    }
    TRIMTAB_REQUIRE(checkArity(node, entry->arity, inputs));
    return evaluateWith(entry->kernel, node, inputs, entry->sequences, bodies);
}

std::vector<std::string> knownOperators() { return registry().names(); }

Result<std::vector<Tensor>> ReferenceEvaluator::evaluate(const graph::Node& node, std::span<const Tensor> inputs) {
    const std::vector<RunValue> values(inputs.begin(), inputs.end());
    TRIMTAB_TRY(std::vector<RunValue> results, ref::evaluate(node, values));
    std::vector<Tensor> tensors;
    for (RunValue& result : results) {
        auto* tensor = std::get_if<Tensor>(&result);
        if (!tensor) return fail(ErrorCode::Unsupported, fmt::format("{} makes no tensor, which no constant is", node.op), node.name);
        tensors.push_back(std::move(*tensor));
    }
    return tensors;
}

}  // namespace trimtab::ref
