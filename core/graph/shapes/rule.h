#pragma once
// What a shape rule sees and says. A rule reads facts about its node's inputs and states facts about the outputs;
// what it cannot tell it leaves unsaid. A contradiction is refused; the driver adds the node's name.
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/graph/graph.h"
#include "core/graph/shapes/extent.h"

namespace trimtab::graph::shapes {

/// Elements of a small tensor, row-major. Integers and booleans stand in `items` (each known, symbolic or unknown);
/// fully known fractional values stand in `reals`, and then `items` is empty.
struct Content {
    std::vector<std::int64_t> dims;
    std::vector<Extent> items;
    std::vector<double> reals;

    bool isReal() const { return !reals.empty(); }
    std::size_t size() const { return isReal() ? reals.size() : items.size(); }
};
inline constexpr std::int64_t kMaxContentItems = 128;

/// What is known of one value.
struct Fact {
    DataType type = DataType::Undefined;
    std::optional<Dims> dims;
    bool isSequence = false;
    bool isOptional = false;
    std::optional<Content> content;
};

class Context {
public:
    Context(const Node& node, std::vector<const Fact*> inputs);

    const Node& node;
    int version;  // the node's opset version; the newest known one where the node has none
    std::vector<Fact> outputs;

    bool has(std::size_t i) const { return i < m_inputs.size() && m_inputs[i] != nullptr; }
    std::size_t inputCount() const { return m_inputs.size(); }
    const Fact& in(std::size_t i) const;  // an empty fact where the input is left out
    DataType type(std::size_t i) const { return in(i).type; }
    const std::optional<Dims>& dims(std::size_t i) const { return in(i).dims; }
    std::optional<int> rank(std::size_t i) const;
    const Content* content(std::size_t i) const { return in(i).content ? &*in(i).content : nullptr; }
    /// All elements of a small integer input; nullopt unless every one is known.
    std::optional<std::vector<std::int64_t>> integers(std::size_t i) const;

    /// A list that older versions hold as an attribute and newer ones as an input. `given` is false when neither is there;
    /// `values` is empty when it is there but not known.
    struct List {
        bool given = false;
        std::optional<std::vector<std::int64_t>> values;
    };
    List list(const std::string& attribute, std::size_t input) const;

    /// States an output; ignored where the node leaves that output out.
    void set(std::size_t i, DataType type, std::optional<Dims> dims = std::nullopt);
    void setSequence(std::size_t i, DataType type);
    void setContent(std::size_t i, Content content);

    /// 0…rank-1, or Refused.
    Result<std::size_t> axis(std::int64_t given, std::size_t rank) const;
    /// Sorted, distinct axes within the rank, or Refused.
    Result<std::vector<std::size_t>> axes(std::span<const std::int64_t> given, std::size_t rank) const;
    tl::unexpected<Error> refuse(std::string message) const;

private:
    std::vector<const Fact*> m_inputs;
};

using Rule = Status (*)(Context&);
struct RuleEntry {
    std::string_view op;
    Rule rule;
    std::string_view domain = "";
};

/// nullptr when no rule is known.
Rule findRule(const Node& node);

/// The element type of an ONNX TensorProto.DataType number; Undefined for one that is not known.
DataType elementType(std::int64_t onnxNumber);
/// The elements of a small integer, boolean or floating tensor; nullopt for larger ones and other types.
std::optional<Content> contentOf(const Tensor& tensor);

/// NumPy's multidirectional broadcasting over symbols; Refused when known extents disagree. Different symbols give unknown.
Result<Dims> broadcast(const Context& context, const Dims& a, const Dims& b);
/// The same over every given input; nullopt when some input's rank is unknown.
Result<std::optional<Dims>> broadcastInputs(const Context& context, std::size_t begin, std::size_t end);
/// The extent on which two dims that must agree do agree: the one that is known better. Refused when both are known and differ.
Result<Extent> agree(const Context& context, const Extent& a, const Extent& b, std::string_view what);

/// The type that attribute output_dtype names; Float32 without it.
DataType codesAsked(const Context& context);

/// Output 0 has the type and dims of input 0.
Status sameAsInput(Context& context);

/// Rules by family; one function a file.
std::span<const RuleEntry> elementwiseRules();
std::span<const RuleEntry> convolutionRules();
std::span<const RuleEntry> poolingRules();
std::span<const RuleEntry> matrixRules();
std::span<const RuleEntry> normalizationRules();
std::span<const RuleEntry> reductionRules();
std::span<const RuleEntry> layoutRules();
std::span<const RuleEntry> joiningRules();
std::span<const RuleEntry> indexingRules();
std::span<const RuleEntry> creationRules();
std::span<const RuleEntry> resizeRules();
std::span<const RuleEntry> recurrentRules();
std::span<const RuleEntry> quantizedRules();
std::span<const RuleEntry> sequenceRules();
std::span<const RuleEntry> einsumRules();
std::span<const RuleEntry> attentionRules();
std::span<const RuleEntry> controlRules();
std::span<const RuleEntry> imageRules();
std::span<const RuleEntry> groupQueryRules();
std::span<const RuleEntry> multiHeadRules();
std::span<const RuleEntry> fusedRules();
std::span<const RuleEntry> linearRules();
std::span<const RuleEntry> packedRules();
std::span<const RuleEntry> olderNameRules();

/// What a subgraph makes, by the facts of all its inputs, captured ones included; where those say nothing, what it declares of them holds,
/// symbols aside. REQUIRES: a fact for each input.
Result<std::vector<Fact>> inferBody(const Graph& body, std::span<const Fact> inputs);
std::span<const RuleEntry> signalRules();
std::span<const RuleEntry> textRules();

/// Follows small integer tensors through the node: states the content of outputs where the inputs' content tells it.
/// Runs after the node's shape rule.
void followContent(Context& context);

}  // namespace trimtab::graph::shapes
