#include "profiler/worker/chain_model.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "core/graph/shape_inference.h"

namespace trimtab::worker {
namespace {

constexpr int kOpset = 17;
/// Weights beyond so many repeat: what is timed with them does not look at their values.
constexpr std::size_t kDrawn = 1 << 20;

}  // namespace

ChainModel::ChainModel(Shape input, std::uint64_t seed) : m_random(seed) {
    m_graph.opsets[""] = kOpset;
    m_last = m_graph.addValue({"x", graph::ValueType::of(DataType::Float32, std::move(input)), {}, {}, false});
    m_graph.inputs.push_back(m_last);
}

graph::ValueId ChainModel::weights(Shape shape, std::int64_t fan) {
    auto made = Tensor::allocate(DataType::Float32, std::move(shape));
    if (!made) {
        m_failed = made.error();
        return m_last;
    }
    const std::span<float> values = made->mutableData<float>();
    const double scale = 1 / std::sqrt(static_cast<double>(fan));
    const std::size_t drawn = std::min(values.size(), kDrawn);
    for (std::size_t i = 0; i < drawn; ++i) values[i] = static_cast<float>(m_random.normal() * scale);
    for (std::size_t i = drawn; i < values.size(); ++i) values[i] = values[i - drawn];
    return m_graph.addConstant("w", std::move(*made));
}

ChainModel& ChainModel::add(const std::string& op, std::vector<graph::ValueId> others, std::map<std::string, graph::Attribute> attributes) {
    graph::Node node;
    node.name = op + std::to_string(m_graph.nodes.size());
    node.op = op;
    node.version = kOpset;
    node.inputs = {m_last};
    node.inputs.insert(node.inputs.end(), others.begin(), others.end());
    node.attributes = std::move(attributes);
    node.origins = {node.name};
    m_last = m_graph.addValue({node.name + "_out", {DataType::Float32, std::nullopt, false, false}, {}, {}, false});
    node.outputs = {m_last};
    m_graph.nodes.push_back(std::move(node));
    return *this;
}

Result<Graph> ChainModel::finish() {
    if (m_failed) return fail(*m_failed);
    m_graph.outputs.push_back(m_last);
    TRIMTAB_REQUIRE(graph::inferShapes(m_graph));
    return std::move(m_graph);
}

}  // namespace trimtab::worker
