#include <array>
#include <set>

#include "core/graph/graph.h"

namespace trimtab::graph {
namespace {

constexpr std::array<std::pair<ComputeType, std::string_view>, 6> kComputeNames{{
    {ComputeType::Float32, "fp32"},
    {ComputeType::Tf32, "tf32"},
    {ComputeType::BFloat16, "bf16"},
    {ComputeType::Float16, "fp16"},
    {ComputeType::Float8, "fp8"},
    {ComputeType::Int8, "int8"},
}};

template <class T>
const T* attributeOf(const Node& node, const std::string& key) {
    const auto found = node.attributes.find(key);
    return found == node.attributes.end() ? nullptr : std::get_if<T>(&found->second);
}

}  // namespace

std::string_view name(ComputeType type) { return kComputeNames[static_cast<std::size_t>(type)].second; }

std::optional<ComputeType> computeTypeFromName(std::string_view word) {
    for (const auto& [type, known] : kComputeNames)
        if (known == word) return type;
    return std::nullopt;
}

std::int64_t Node::integer(const std::string& key, std::int64_t fallback) const {
    const auto* value = attributeOf<std::int64_t>(*this, key);
    return value ? *value : fallback;
}

float Node::number(const std::string& key, float fallback) const {
    const auto* value = attributeOf<float>(*this, key);
    return value ? *value : fallback;
}

std::string Node::string(const std::string& key, std::string fallback) const {
    const auto* value = attributeOf<std::string>(*this, key);
    return value ? *value : fallback;
}

std::vector<std::int64_t> Node::integers(const std::string& key, std::vector<std::int64_t> fallback) const {
    const auto* value = attributeOf<std::vector<std::int64_t>>(*this, key);
    return value ? *value : fallback;
}

std::vector<float> Node::numbers(const std::string& key) const {
    const auto* value = attributeOf<std::vector<float>>(*this, key);
    return value ? *value : std::vector<float>{};
}

std::vector<std::shared_ptr<const Graph>> subgraphsOf(const Node& node) {
    std::vector<std::shared_ptr<const Graph>> subgraphs;
    for (const auto& [key, attribute] : node.attributes)
        if (const auto* subgraph = std::get_if<std::shared_ptr<const Graph>>(&attribute); subgraph && *subgraph)
            subgraphs.push_back(*subgraph);
    return subgraphs;
}

std::vector<std::string> capturedNames(const Node& node) {
    std::set<std::string> names;
    for (const auto& subgraph : subgraphsOf(node)) names.insert(subgraph->outerNames.begin(), subgraph->outerNames.end());
    return {names.begin(), names.end()};
}

const Tensor* Node::tensorAttribute(const std::string& key) const { return attributeOf<Tensor>(*this, key); }

}  // namespace trimtab::graph
