#pragma once
// A small model made in memory: nodes one after the other, with seeded weights. For what a worker tries of an engine by itself.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/graph/graph.h"

namespace trimtab::worker {

class ChainModel {
public:
    /// One input of fp32, "x".
    ChainModel(Shape input, std::uint64_t seed);

    /// A constant of seeded normal values, scaled so that sums over `fan` of them stay near one.
    graph::ValueId weights(Shape shape, std::int64_t fan);
    graph::ValueId last() const { return m_last; }
    /// A node that takes the last result first, then `others`; its first output is the last result from now on.
    ChainModel& add(const std::string& op, std::vector<graph::ValueId> others = {},
                    std::map<std::string, graph::Attribute> attributes = {});
    /// The graph with its shapes inferred, and the last result as output. OutOfMemory where some weights found no room. Call it once.
    Result<Graph> finish();

private:
    Graph m_graph;
    base::Random m_random;
    graph::ValueId m_last = graph::kNoValue;
    std::optional<Error> m_failed;
};

}  // namespace trimtab::worker
