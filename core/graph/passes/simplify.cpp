// The stage before compression: only operators that a model file may hold are left, and nothing that needs no running.
#include "core/graph/passes/passes.h"
#include "core/graph/shape_inference.h"

namespace trimtab::graph {

Status simplify(Graph& graph, NodeEvaluator& evaluator) {
    constexpr int kMaxRounds = 8;  // each round removes nodes or is the last
    TRIMTAB_REQUIRE(inferShapes(graph));
    for (int round = 0; round < kMaxRounds; ++round) {
        const std::size_t before = graph.nodes.size();
        TRIMTAB_REQUIRE(removeIdentities(graph));
        TRIMTAB_REQUIRE(adoptQuantizedWeights(graph, evaluator));
        TRIMTAB_REQUIRE(foldConstants(graph, evaluator));
        TRIMTAB_REQUIRE(foldBatchNorm(graph));
        graph.removeDeadNodes();
        if (graph.nodes.size() == before) break;
    }
    return graph.validate();
}

Status fuse(Graph& graph) {
    TRIMTAB_REQUIRE(inferShapes(graph));
    TRIMTAB_REQUIRE(fuseMatMulAdd(graph));
    TRIMTAB_REQUIRE(fuseActivations(graph));
    TRIMTAB_REQUIRE(fuseNormalizations(graph));
    return graph.validate();
}

}  // namespace trimtab::graph
