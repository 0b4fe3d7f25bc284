#pragma once
// Follows the output axes of products through a graph: where each index of such an axis comes out again, down to the products that sum over
// it. The dependencies of structured pruning, after Fang et al. 2023, "DepGraph: Towards Any Structural Pruning", sections 3.1 and 3.2,
// with labels on the indices of axes in place of whole layers, so that Reshape, Concat, Split and Slice say exactly what belongs together.
// Thread-compatible; the graph outlives the trace.
#include <map>
#include <string>
#include <vector>

#include "core/compress/structure/unit_classes.h"
#include "core/graph/graph.h"

namespace trimtab::compress {

/// For each index of an axis: its atom (later: its unit), or kStays.
using Labels = std::vector<int>;
inline constexpr int kStays = -1;

/// An axis of a constant that shrinks with its units.
struct Part {
    enum class Role : std::uint8_t {
        Makes,  // rows of the weight of a product, and its bias
        Keeps,  // what meets the values one by one: scales, shifts, depthwise kernels
        Reads,  // columns of a weight that sums over the axis
    };
    int node = -1;
    std::size_t input = 0;
    int axis = 0;
    Role role = Role::Makes;
    Labels labels;
};

/// A number that says how many of `labels` there are: an entry of a shape, a bound of a Slice, the groups of a depthwise convolution.
struct Count {
    int node = -1;
    std::size_t input = 0;                 // the constant that holds it, unless it is an attribute
    std::string attribute;                 // one number, or a list where `input` has no meaning
    std::size_t element = 0;
    Labels labels;
    std::vector<std::int64_t> instead;     // where the input is computed: the constant that takes its place
};

struct TracedAxis {
    graph::ValueId value = graph::kNoValue;
    int axis = 0;
    Labels labels;
};

class AxisTrace {
public:
    explicit AxisTrace(const Graph& traced);
    /// Walks through all nodes, once.
    void run();

    const Graph& graph;
    UnitClasses units;
    std::vector<Part> parts;
    std::vector<Count> counts;
    std::vector<int> makers;  // for each atom: the node whose product makes it

    /// What rules of operators use.
    const graph::Node& node(int index) const { return graph.nodes[static_cast<std::size_t>(index)]; }
    const std::map<int, Labels>& axesOf(graph::ValueId value) const;
    const Labels* labelsOf(graph::ValueId value, int axis) const;  // nullptr: the axis stays as it is
    /// Rank and extents; nullptr when the rank is unknown.
    const std::vector<graph::Dim>* dimsOf(graph::ValueId value) const;
    bool isExtent(graph::ValueId value, int axis, std::int64_t extent) const;
    /// Some node reads it, or it is an output of the model.
    bool isUsed(graph::ValueId value) const;
    /// A weight or vector that may shrink: floating-point bytes of its own; else why not.
    std::string whyKept(graph::ValueId constant, bool shared) const;

    /// New atoms for the output axis of a product.
    Labels makeAtoms(int node, std::int64_t count);
    void set(graph::ValueId value, int axis, Labels labels);
    void join(const Labels& a, const Labels& b, const std::string& where);
    void leaveAlone(const Labels& labels, const std::string& reason);
    void leaveInputsAlone(int node, const std::string& reason);

    std::vector<TracedAxis> traced() const;

private:
    std::vector<std::map<int, Labels>> m_axes;  // by value
    std::vector<std::vector<int>> m_readers;
};

/// How one operator hands labels on. Called when an input has labels, and for products always.
using FollowRule = void (*)(AxisTrace& trace, int node);
/// nullptr: the operator is not followed.
FollowRule followRule(const graph::Node& node);
bool makesUnits(const graph::Node& node);

void followElementwise(AxisTrace& trace, int node);
void followBatchNormalization(AxisTrace& trace, int node);
void followAlongAxes(AxisTrace& trace, int node);  // Softmax, LayerNormalization, Reduce…: whatever works over some axes
void followPooling(AxisTrace& trace, int node);
void followResize(AxisTrace& trace, int node);
void followPad(AxisTrace& trace, int node);
void followConvolution(AxisTrace& trace, int node);
void followMatMul(AxisTrace& trace, int node);
void followGemm(AxisTrace& trace, int node);
void followReshape(AxisTrace& trace, int node);  // Flatten, Squeeze and Unsqueeze too
void followTranspose(AxisTrace& trace, int node);
void followExpand(AxisTrace& trace, int node);
void followTile(AxisTrace& trace, int node);
void followConcat(AxisTrace& trace, int node);
void followSplit(AxisTrace& trace, int node);
void followSlice(AxisTrace& trace, int node);
void followGather(AxisTrace& trace, int node);
void followShape(AxisTrace& trace, int node);
void followAttention(AxisTrace& trace, int node);  // Attention, MultiHeadAttention, GroupQueryAttention
void followRotary(AxisTrace& trace, int node);

}  // namespace trimtab::compress
