#include "profiler/worker/selftest_models.h"

#include <cmath>

#include "core/base/random.h"
#include "core/graph/shape_inference.h"

namespace trimtab::worker {
namespace {

constexpr int kOpset = 17;

/// Adds nodes one after the other; each takes the last result first.
class Chain {
public:
    Chain(std::string name, Shape input) : m_random(11) {
        m_model.name = std::move(name);
        Graph& graph = m_model.graph;
        graph.opsets[""] = kOpset;
        m_last = graph.addValue({"x", graph::ValueType::of(DataType::Float32, input), {}, {}, false});
        graph.inputs.push_back(m_last);
    }

    /// A constant of seeded values, scaled so that sums over `fan` of them stay near one.
    graph::ValueId weights(Shape shape, std::int64_t fan) {
        std::vector<float> values(static_cast<std::size_t>(shape.elementCount()));
        const double scale = 1 / std::sqrt(static_cast<double>(fan));
        for (float& value : values) value = static_cast<float>(m_random.normal() * scale);
        return m_model.graph.addConstant("w", Tensor::fromFloats(std::move(shape), values));
    }

    graph::ValueId last() const { return m_last; }

    Chain& add(const std::string& op, std::vector<graph::ValueId> others, std::map<std::string, graph::Attribute> attributes = {}) {
        Graph& graph = m_model.graph;
        graph::Node node;
        node.name = op + std::to_string(graph.nodes.size());
        node.op = op;
        node.version = kOpset;
        node.inputs = {m_last};
        node.inputs.insert(node.inputs.end(), others.begin(), others.end());
        node.attributes = std::move(attributes);
        node.origins = {node.name};
        m_last = graph.addValue({node.name + "_out", {DataType::Float32, std::nullopt, false, false}, {}, {}, false});
        node.outputs = {m_last};
        graph.nodes.push_back(std::move(node));
        return *this;
    }

    Result<SelftestModel> finish(std::vector<std::string> recipes) {
        m_model.graph.outputs.push_back(m_last);
        TRIMTAB_REQUIRE(graph::inferShapes(m_model.graph));
        m_model.recipes = std::move(recipes);
        m_model.recipes.insert(m_model.recipes.begin(), "{}");
        return std::move(m_model);
    }

private:
    SelftestModel m_model;
    base::Random m_random;
    graph::ValueId m_last = graph::kNoValue;
};

const std::string kInt8 = R"({"weights": {"bits": 8}, "activations": {"bits": 8}, "compute": "int8"})";
const std::string kWeightOnly8 = R"({"weights": {"bits": 8}})";
const std::string kWeightOnly4 = R"({"weights": {"bits": 4, "group": 32}})";
const std::string kBf16 = R"({"weights": {"bits": 16, "format": "bf16"}, "compute": "bf16"})";
const std::string kSparse = R"({"prune": {"ratio": 0.9}})";

using Ints = std::vector<std::int64_t>;

Result<SelftestModel> products() {
    Chain chain("matrix products", {3, 96});
    chain.add("MatMul", {chain.weights({96, 160}, 96)}).add("Relu", {});
    chain.add("Gemm", {chain.weights({64, 160}, 160), chain.weights({64}, 64)}, {{"transB", std::int64_t{1}}});
    chain.add("Softmax", {}, {{"axis", std::int64_t{-1}}});
    return chain.finish({kInt8, kWeightOnly8, kWeightOnly4, kBf16, kSparse});
}

Result<SelftestModel> convolutions() {
    Chain chain("convolutions", {2, 3, 17, 19});
    const Ints pads{1, 1, 1, 1};
    chain.add("Conv", {chain.weights({16, 3, 3, 3}, 27), chain.weights({16}, 16)}, {{"pads", pads}, {"strides", Ints{2, 2}}})
        .add("Relu", {});
    chain.add("Conv", {chain.weights({16, 1, 3, 3}, 9)}, {{"pads", pads}, {"group", std::int64_t{16}}});
    const graph::ValueId branch = chain.last();
    chain.add("Conv", {chain.weights({16, 16, 1, 1}, 16)}).add("Add", {branch}).add("Relu", {});
    chain.add("MaxPool", {}, {{"kernel_shape", Ints{2, 2}}, {"strides", Ints{2, 2}}}).add("GlobalAveragePool", {});
    return chain.finish({kInt8, kWeightOnly8, kBf16, kSparse});
}

Result<SelftestModel> normalisations() {
    Chain chain("normalisations", {2, 7, 48});
    chain.add("LayerNormalization", {chain.weights({48}, 1), chain.weights({48}, 1)}, {{"axis", std::int64_t{-1}}});
    chain.add("Sigmoid", {}).add("Transpose", {}, {{"perm", Ints{0, 2, 1}}}).add("ReduceMean", {}, {{"axes", Ints{2}}});
    return chain.finish({});
}

}  // namespace

Result<std::vector<SelftestModel>> selftestModels() {
    std::vector<SelftestModel> models;
    for (const auto& make : {products, convolutions, normalisations}) {
        TRIMTAB_TRY(auto model, make());
        models.push_back(std::move(model));
    }
    return models;
}

}  // namespace trimtab::worker
