#pragma once
// Where a name is looked up while a graph is imported. A graph has one scope for its own names; the body of each function call that is
// inlined into it has another; a subgraph sees the scope around it.
#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/formats/onnx/import_context.h"
#include "core/formats/onnx/schema.h"
#include "core/graph/graph.h"

namespace trimtab::formats::onnx {

/// A graph being filled.
struct GraphInProgress {
    Graph graph;
    std::unordered_map<std::string, graph::ValueId> captured;    // outer value name → the value that stands for it here
    std::unordered_map<std::string, graph::ValueId> givenAway;  // names of values of this graph that graphs within have captured
    int level = 1;
};

struct Scope {
    GraphInProgress* target = nullptr;
    Scope* outer = nullptr;  // of the graph around a subgraph; null for the model's graph and for function bodies
    const std::map<std::string, int>* opsets = nullptr;
    std::unordered_map<std::string, graph::ValueId> names;
    std::unordered_map<std::string, graph::ValueType> declaredTypes;                // value_info and outputs
    std::unordered_map<std::string, const ::onnx::AttributeProto*> attributes;      // bound by the call; function bodies only
    std::unordered_set<std::string> awaited;  // formal outputs of a function body that no node of it has made yet
    std::string prefix;                       // "call/" within function bodies

    Graph& graph() const { return target->graph; }
    graph::Value& value(graph::ValueId id) const { return target->graph.value(id); }
    std::string path(const std::string& name) const { return prefix + name; }

    /// The value that `name` means here, with capture from the graphs around; kNoValue when none defines it.
    /// `found` tells an argument that the caller left out (kNoValue, found) from an undefined name.
    graph::ValueId resolve(const std::string& name, bool& found) {
        const auto known = names.find(name);
        found = known != names.end();
        if (found) return known->second;
        if (!outer) return graph::kNoValue;
        const graph::ValueId there = outer->resolve(name, found);
        if (there == graph::kNoValue) return graph::kNoValue;
        const graph::Value& source = outer->value(there);
        const auto [entry, isNew] = target->captured.try_emplace(source.name, graph::kNoValue);
        if (isNew) {
            graph::Value copy;
            copy.name = source.name;
            copy.type = source.type;
            entry->second = graph().addValue(std::move(copy));
            graph().outerNames.push_back(source.name);
            graph().inputs.push_back(entry->second);
            outer->target->givenAway.emplace(source.name, there);
        }
        names.emplace(name, entry->second);
        return entry->second;
    }

    /// A new value under a name of this scope. REQUIRES: the name is not defined yet.
    graph::ValueId define(ImportContext& context, const std::string& name, graph::ValueType type) {
        graph::Value value;
        value.name = context.valueNames.unique(path(name));
        value.type = std::move(type);
        const graph::ValueId id = graph().addValue(std::move(value));
        names[name] = id;
        return id;
    }
};

}  // namespace trimtab::formats::onnx
