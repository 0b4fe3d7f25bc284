#include "profiler/worker/random_outputs.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include <fmt/format.h>

#include "core/tensor/convert.h"
#include "profiler/worker/conformance.h"

namespace trimtab::worker {
namespace {

using graph::Node;
using graph::ValueId;
using ref::RunValue;
using Names = std::set<std::string, std::less<>>;

const Names kAlwaysDrawing{"RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Bernoulli", "Multinomial"};
const Names kOfShapesOnly{"Shape", "Size"};
const Names kTruths{"Less", "LessOrEqual", "Greater", "GreaterOrEqual", "Equal", "And", "Or", "Xor", "Not", "Bernoulli"};
/// Hand on what they read, element by element; zeros and ones stay such in every type.
const Names kCarriers{"Identity", "Cast", "CastLike", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose"};

bool isStandard(const Node& node) { return node.domain.empty() || node.domain == "ai.onnx"; }

bool mayTrain(const Node& node) {
    if (node.op != "Dropout") return false;
    return node.version > 0 && node.version < 7 ? node.integer("is_test", 0) == 0 : node.input(2) != graph::kNoValue;
}

const graph::Graph* subgraph(const graph::Attribute& attribute) {
    const auto* held = std::get_if<std::shared_ptr<const Graph>>(&attribute);
    return held ? held->get() : nullptr;
}

/// The graphs inside a node, at any depth.
std::vector<const Graph*> subgraphs(const Node& node) {
    std::vector<const Graph*> found;
    for (const auto& [key, attribute] : node.attributes)
        if (const Graph* inner = subgraph(attribute)) found.push_back(inner);
    for (std::size_t i = 0; i < found.size(); ++i)
        for (const Node& inner : found[i]->nodes)
            for (const auto& [key, attribute] : inner.attributes)
                if (const Graph* deeper = subgraph(attribute)) found.push_back(deeper);
    return found;
}

std::string formDifference(const Tensor& expected, const Tensor& got) {
    if (expected.type() != got.type()) return fmt::format("type {} where {} is expected", name(got.type()), name(expected.type()));
    if (expected.shape() != got.shape()) return fmt::format("shape {} where {} is expected", got.shape().text(), expected.shape().text());
    return {};
}

/// Empty when every element passes, else the first that doesn't.
template <class Test>
std::string firstOutside(const Tensor& value, std::string_view what, Test test) {
    for (std::int64_t i = 0; i < value.elementCount(); ++i) {
        const double x = tensor::elementAsDouble(value, i);
        if (!test(x)) return fmt::format("element {} is {}, which is no {}", i, x, what);
    }
    return {};
}

/// What a mask says was dropped is 0.
std::string maskDifference(const Tensor* mask, const Tensor& out) {
    if (!mask || mask->shape() != out.shape()) return {};
    for (std::int64_t i = 0; i < out.elementCount(); ++i)
        if (tensor::elementAsDouble(*mask, i) == 0 && tensor::elementAsDouble(out, i) != 0)
            return fmt::format("element {} was kept, the mask says that it was dropped", i);
    return {};
}

/// `bound` as the type holds it.
double held(double bound, DataType type) {
    const auto converted = tensor::convert(Tensor::scalar(static_cast<float>(bound)), type);
    return converted ? tensor::elementAsDouble(*converted, 0) : bound;
}

}  // namespace

RandomOutputs::RandomOutputs(const Graph& graph, std::span<const RunValue> inputs)
    : m_graph(graph), m_inputs(inputs), m_producers(graph.producers()), m_random(graph.values.size(), false) {
    for (const Node& node : graph.nodes) {
        if (!draws(node) && !readsRandom(node)) continue;
        for (const ValueId id : node.outputs)
            if (id != graph::kNoValue) m_random[static_cast<std::size_t>(id)] = true;
    }
}

bool RandomOutputs::any() const {
    return std::any_of(m_graph.outputs.begin(), m_graph.outputs.end(), [this](ValueId id) { return isRandom(id); });
}

const Tensor* RandomOutputs::known(ValueId id) const {
    if (id == graph::kNoValue) return nullptr;
    if (const Tensor* constant = m_graph.constantOf(id)) return constant;
    const auto at = std::find(m_graph.inputs.begin(), m_graph.inputs.end(), id) - m_graph.inputs.begin();
    if (static_cast<std::size_t>(at) >= std::min(m_graph.inputs.size(), m_inputs.size())) return nullptr;
    return std::get_if<Tensor>(&m_inputs[static_cast<std::size_t>(at)]);
}

/// Taken as training where its inputs are computed.
bool RandomOutputs::trains(const Node& node) const {
    if (node.version > 0 && node.version < 7) return node.integer("is_test", 0) == 0 && node.number("ratio", 0.5F) != 0;
    if ((node.version > 0 && node.version < 12) || node.input(2) == graph::kNoValue) return false;
    const Tensor* mode = known(node.input(2));
    const Tensor* ratio = known(node.input(1));
    if (mode && mode->elementCount() == 1 && tensor::elementAsInt64(*mode, 0) == 0) return false;
    return !(ratio && ratio->elementCount() == 1 && tensor::elementAsDouble(*ratio, 0) == 0);
}

bool RandomOutputs::draws(const Node& node) const {
    if (isStandard(node) && (kAlwaysDrawing.contains(node.op) || (node.op == "Dropout" && trains(node)))) return true;
    for (const Graph* inner : subgraphs(node))
        for (const Node& part : inner->nodes)
            if (isStandard(part) && (kAlwaysDrawing.contains(part.op) || mayTrain(part))) return true;
    return false;
}

bool RandomOutputs::readsRandom(const Node& node) const {
    if (isStandard(node) && kOfShapesOnly.contains(node.op)) return false;
    const auto isRandomHere = [this](ValueId id) { return id != graph::kNoValue && isRandom(id); };
    if (std::any_of(node.inputs.begin(), node.inputs.end(), isRandomHere)) return true;
    for (const Graph* inner : subgraphs(node))
        for (const std::string& outer : inner->outerNames)
            if (isRandomHere(m_graph.find(outer))) return true;
    return false;
}

std::string RandomOutputs::difference(std::size_t i, const RunValue& expected, std::span<const RunValue> got) const {
    const RunValue& value = got[i];
    if (expected.index() != value.index()) return "a sequence stands where a tensor is needed, or the other way round";
    if (const auto* tensor = std::get_if<Tensor>(&expected)) {
        const auto words = formDifference(*tensor, std::get<Tensor>(value));
        return words.empty() ? valueDifference(m_graph.outputs[i], std::get<Tensor>(value), got) : words;
    }
    const auto& a = std::get<ref::TensorSequence>(expected).items;
    const auto& b = std::get<ref::TensorSequence>(value).items;
    if (a.size() != b.size()) return fmt::format("the sequence holds {} tensors where {} are expected", b.size(), a.size());
    for (std::size_t k = 0; k < a.size(); ++k)
        if (auto words = formDifference(a[k], b[k]); !words.empty()) return fmt::format("item {}: {}", k, words);
    return {};
}

std::string RandomOutputs::valueDifference(ValueId id, const Tensor& value, std::span<const RunValue> got) const {
    const auto producer = [this](ValueId of) {
        const int at = of == graph::kNoValue ? -1 : m_producers[static_cast<std::size_t>(of)];
        return at < 0 ? nullptr : &m_graph.nodes[static_cast<std::size_t>(at)];
    };
    const Node* maker = producer(id);
    if (maker && maker->is("Dropout")) return dropoutDifference(*maker, value, got);
    ValueId drawn = id;
    for (; maker && isStandard(*maker) && kCarriers.contains(maker->op); maker = producer(drawn)) drawn = maker->input(0);
    if (!maker || !isStandard(*maker)) return {};
    const std::string& op = maker->op;
    if (kTruths.contains(op)) return firstOutside(value, "0 and no 1", [](double x) { return x == 0 || x == 1; });
    if (op == "RandomNormal" || op == "RandomNormalLike")
        return firstOutside(value, "finite number", [](double x) { return std::isfinite(x); });
    if (op == "RandomUniform" || op == "RandomUniformLike") {
        const double low = held(maker->number("low", 0), value.type()), high = held(maker->number("high", 1), value.type());
        return firstOutside(value, fmt::format("number in {}…{}", low, high), [=](double x) { return x >= low && x <= high; });
    }
    if (op == "Multinomial") {
        const auto shape = m_graph.value(maker->input(0)).type.shape();
        const double classes = shape && shape->rank() == 2 ? static_cast<double>((*shape)[1]) : std::numeric_limits<double>::infinity();
        return firstOutside(value, "class", [=](double x) { return x >= 0 && x < classes; });
    }
    return {};
}

/// Data: 0 or x / (1 − ratio). Mask: 1 where the data were kept, 0 where they were dropped.
std::string RandomOutputs::dropoutDifference(const Node& node, const Tensor& value, std::span<const RunValue> got) const {
    const auto asked = [&](std::size_t k) -> const Tensor* {
        const auto at = std::find(m_graph.outputs.begin(), m_graph.outputs.end(), node.output(k)) - m_graph.outputs.begin();
        return static_cast<std::size_t>(at) < m_graph.outputs.size() ? std::get_if<Tensor>(&got[static_cast<std::size_t>(at)]) : nullptr;
    };
    const Tensor* out = asked(0);
    const Tensor* mask = node.output(1) == graph::kNoValue ? nullptr : asked(1);
    if (mask) {
        auto words = firstOutside(*mask, "mask value", [](double x) { return x == 0 || x == 1; });
        if (!words.empty()) return words;
    }
    if (!out || out->shape() != value.shape()) return {};
    const Tensor* x = known(node.input(0));
    const Tensor* given = node.version > 0 && node.version < 12 ? nullptr : known(node.input(1));
    const bool computed = !given && node.input(1) != graph::kNoValue;
    if (computed || !x || x->shape() != value.shape()) return maskDifference(mask, *out);
    const double ratio = given ? tensor::elementAsDouble(*given, 0) : double{node.number("ratio", 0.5F)};
    for (std::int64_t i = 0; i < out->elementCount(); ++i) {
        const double told = tensor::elementAsDouble(*out, i), kept = tensor::elementAsDouble(*x, i) / (1 - ratio);
        const bool isKept = agrees(kept, told);
        if (!isKept && told != 0) return fmt::format("element {} is {}, which is neither 0 nor {}", i, told, kept);
        if (mask && kept != 0 && (tensor::elementAsDouble(*mask, i) == 1) != isKept)
            return fmt::format("the mask does not tell what became of element {}", i);
    }
    return {};
}

}  // namespace trimtab::worker
