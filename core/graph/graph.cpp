#include "core/graph/graph.h"

#include <algorithm>
#include <set>
#include <unordered_set>

namespace trimtab::graph {

ValueId Graph::addValue(Value value) {
    values.push_back(std::move(value));
    return static_cast<ValueId>(values.size() - 1);
}

ValueId Graph::addConstant(std::string baseName, Tensor tensor) {
    Value value;
    value.name = uniqueValueName(baseName);
    value.type = ValueType::of(tensor.type(), tensor.shape());
    value.constant = std::move(tensor);
    return addValue(std::move(value));
}

ValueId Graph::find(const std::string& valueName) const {
    for (std::size_t i = 0; i < values.size(); ++i)
        if (values[i].name == valueName) return static_cast<ValueId>(i);
    return kNoValue;
}

std::string Graph::uniqueValueName(const std::string& base) const {
    std::unordered_set<std::string_view> taken;
    for (const Value& value : values) taken.insert(value.name);
    for (const Node& node : nodes) taken.insert(node.name);
    if (!taken.contains(base)) return base;
    for (int i = 1;; ++i) {
        std::string candidate = base + "_" + std::to_string(i);
        if (!taken.contains(candidate)) return candidate;
    }
}

const Tensor* Graph::constantOf(ValueId id) const {
    if (id == kNoValue) return nullptr;
    const auto& constant = value(id).constant;
    return constant ? &*constant : nullptr;
}

std::vector<int> Graph::producers() const {
    std::vector<int> result(values.size(), -1);
    for (std::size_t n = 0; n < nodes.size(); ++n)
        for (const ValueId id : nodes[n].outputs)
            if (id != kNoValue) result[static_cast<std::size_t>(id)] = static_cast<int>(n);
    return result;
}

std::vector<std::vector<int>> Graph::consumers() const {
    std::vector<std::vector<int>> result(values.size());
    for (std::size_t n = 0; n < nodes.size(); ++n)
        for (const ValueId id : nodes[n].inputs)
            if (id != kNoValue) result[static_cast<std::size_t>(id)].push_back(static_cast<int>(n));
    return result;
}

bool Graph::isOutput(ValueId id) const { return std::ranges::find(outputs, id) != outputs.end(); }

void Graph::removeDeadNodes() {
    std::vector<bool> needed(values.size(), false);
    for (const ValueId id : outputs) needed[static_cast<std::size_t>(id)] = true;

    std::vector<bool> keep(nodes.size(), false);
    for (std::size_t n = nodes.size(); n-- > 0;) {
        keep[n] = std::ranges::any_of(nodes[n].outputs, [&](ValueId id) { return id != kNoValue && needed[static_cast<std::size_t>(id)]; });
        if (!keep[n]) continue;
        for (const ValueId id : nodes[n].inputs)
            if (id != kNoValue) needed[static_cast<std::size_t>(id)] = true;
    }
    std::size_t index = 0;
    std::erase_if(nodes, [&](const Node&) { return !keep[index++]; });

    for (const ValueId id : inputs) needed[static_cast<std::size_t>(id)] = true;
    for (const Node& node : nodes)
        for (const ValueId id : node.outputs)
            if (id != kNoValue) needed[static_cast<std::size_t>(id)] = true;
    for (std::size_t i = 0; i < values.size(); ++i)
        if (!needed[i]) values[i] = Value{};
}

Status Graph::validate() const {
    const auto inside = [&](ValueId id) { return id >= 0 && static_cast<std::size_t>(id) < values.size(); };
    std::vector<bool> ready(values.size(), false);
    for (const ValueId id : inputs) {
        if (!inside(id)) return fail(ErrorCode::Refused, "a graph input refers to no value");
        ready[static_cast<std::size_t>(id)] = true;
    }
    for (std::size_t i = 0; i < values.size(); ++i)
        if (values[i].isConstant()) ready[i] = true;
    for (const Node& node : nodes) {
        for (const ValueId id : node.inputs) {
            if (id == kNoValue) continue;
            if (!inside(id)) return fail(ErrorCode::Refused, "an input refers to no value", node.name);
            if (!ready[static_cast<std::size_t>(id)])
                return fail(ErrorCode::Refused,
                            "reads \"" + value(id).name + "\" before anything makes it: the graph is cyclic or out of order", node.name);
        }
        for (const ValueId id : node.outputs) {
            if (id == kNoValue) continue;
            if (!inside(id)) return fail(ErrorCode::Refused, "an output refers to no value", node.name);
            if (ready[static_cast<std::size_t>(id)])
                return fail(ErrorCode::Refused, "makes \"" + value(id).name + "\", which exists already", node.name);
            ready[static_cast<std::size_t>(id)] = true;
        }
    }
    for (const ValueId id : outputs)
        if (!inside(id) || !ready[static_cast<std::size_t>(id)])
            return fail(ErrorCode::Refused,
                        "nothing makes the graph output" + (inside(id) ? " \"" + value(id).name + "\"" : std::string()));
    return {};
}

}  // namespace trimtab::graph
