#pragma once
// A model as typed values and nodes. A Graph is a value: copies are independent but share tensor bytes.
// Node identity and origin survive every pass: a fused node lists the file nodes it came from, so that any kernel's time
// is told on the model's own layers. Nodes stand in topological order after the importer and after every pass.
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/result.h"
#include "core/graph/value_type.h"
#include "core/tensor/quantized_weight.h"
#include "core/tensor/tensor.h"

namespace trimtab::graph {

using ValueId = std::int32_t;
inline constexpr ValueId kNoValue = -1;  // an optional input or output that is left out

class Graph;

using Attribute = std::variant<std::int64_t, float, std::string, Tensor, std::vector<std::int64_t>, std::vector<float>,
                               std::vector<std::string>, std::shared_ptr<const Graph>>;

/// The type in which products are formed; Float8 is e4m3. See operand_rounding.h for what each does to the operands.
enum class ComputeType : std::uint8_t { Float32, Tf32, BFloat16, Float16, Float8, Int8 };
std::string_view name(ComputeType type);  // "fp32", "tf32", "bf16", "fp16", "fp8", "int8"
std::optional<ComputeType> computeTypeFromName(std::string_view word);

/// Static scale of an activation's eight-bit codes: value = (code − zero) · scale, codes 0…255.
struct ActivationStep {
    float scale = 1;
    int zero = 0;
    bool operator==(const ActivationStep&) const = default;
};

/// What a recipe asked of one node; set by core/compress, read by engines. Defaults: nothing was asked.
struct Treatment {
    ComputeType compute = ComputeType::Float32;
    int weightBits = 32;       // 32 untouched, 16 (bf16/fp16 storage), 2…8 integers
    bool weightsBfloat = true; // with weightBits 16: stored as bfloat16, else as float16 (values are rounded either way, the tensor keeps
                               // its type)
    int activationBits = 32;   // 8: unsigned codes; without a step of their own dynamic, as DynamicQuantizeLinear states it
    bool activationPerToken = false;                // dynamic: over each row of the last axis by itself, not over the tensor
    std::int64_t activationGroup = 0;               // dynamic: signed codes, a scale for so many columns of each row; 0: as above
    std::optional<ActivationStep> activationStep;   // static
    int kvBits = 32;                                // of attention: keys and values rounded to 8 or 4 bits
    bool kvPerChannel = false;                      // one scale for each channel of a head over all tokens, not one for each token of a
                                                    // head
    bool pruned = false;       // zeros were written; engines may pick a sparse kernel
    double density = 1.0;      // share of non-zero weights
    bool operator==(const Treatment&) const = default;

    /// Dynamic scales that look at one row of the last axis alone.
    bool scalesEachToken() const { return activationPerToken || activationGroup > 0; }
};

struct Node {
    std::string name;    // unique in the graph; made from the first output where the file has none
    std::string domain;  // "" is the default ONNX domain; "com.microsoft"; "trimtab" for fused operators
    std::string op;      // "Conv"
    int version = 0;     // the opset version that the file imports for `domain`
    std::vector<ValueId> inputs;   // kNoValue where an optional input is left out; the last `captures` are what subgraphs read
    std::vector<ValueId> outputs;  // kNoValue where an optional output is left out
    std::map<std::string, Attribute> attributes;
    std::vector<std::string> origins;  // names of file nodes; one entry (its own name) as imported
    Treatment treatment;
    std::size_t captures = 0;  // values of this graph that the node's subgraphs read by name, in the order of capturedNames()

    ValueId input(std::size_t i) const { return i < inputs.size() ? inputs[i] : kNoValue; }
    ValueId output(std::size_t i) const { return i < outputs.size() ? outputs[i] : kNoValue; }
    bool is(std::string_view opName, std::string_view inDomain = "") const { return op == opName && domain == inDomain; }

    /// Typed attribute reads; the fallback when it is absent or of another kind.
    std::int64_t integer(const std::string& key, std::int64_t fallback) const;
    float number(const std::string& key, float fallback) const;
    std::string string(const std::string& key, std::string fallback) const;
    std::vector<std::int64_t> integers(const std::string& key, std::vector<std::int64_t> fallback = {}) const;
    std::vector<float> numbers(const std::string& key) const;
    const Tensor* tensorAttribute(const std::string& key) const;
    bool has(const std::string& key) const { return attributes.contains(key); }
};

struct Value {
    std::string name;  // unique in the graph
    ValueType type;
    std::optional<Tensor> constant;                            // initializers and folded results
    std::shared_ptr<const tensor::QuantizedWeight> quantized;  // a compressed weight; then `constant` is empty
    bool weightsUnread = false;  // an initializer whose bytes were not read (import without weights): type only

    bool isConstant() const { return constant.has_value() || quantized != nullptr || weightsUnread; }
};

class Graph {
public:
    std::string name;
    std::string producer;
    std::map<std::string, int> opsets;  // domain → version
    std::vector<Node> nodes;            // topological order
    std::vector<Value> values;          // indexed by ValueId
    std::vector<ValueId> inputs;        // without initializers; in a subgraph the last are those of outerNames
    std::vector<ValueId> outputs;
    std::vector<std::string> outerNames;  // subgraphs only: names of the values taken from the graph around them, as they were imported

    Value& value(ValueId id) { return values[static_cast<std::size_t>(id)]; }
    const Value& value(ValueId id) const { return values[static_cast<std::size_t>(id)]; }
    ValueId addValue(Value value);
    ValueId addConstant(std::string baseName, Tensor tensor);  // the name is made unique
    ValueId find(const std::string& valueName) const;          // kNoValue if absent; linear
    /// A name that no value (or node) of the graph has, beginning with `base`.
    std::string uniqueValueName(const std::string& base) const;

    /// The constant tensor of a value, or nullptr (also for kNoValue and quantised values).
    const Tensor* constantOf(ValueId id) const;

    /// For each value: index of the node that makes it, −1 for inputs and constants.
    std::vector<int> producers() const;
    /// For each value: indices of the nodes that read it, in order (a node that reads twice stands twice); graph outputs not counted.
    std::vector<std::vector<int>> consumers() const;
    bool isOutput(ValueId id) const;

    /// Drops nodes whose outputs nobody needs and clears values that nothing refers to any more (ids stay valid).
    void removeDeadNodes();
    /// Checks ids, single assignment, order and acyclicity; Refused with the node's name.
    Status validate() const;
};

/// The subgraphs among a node's attributes, in the order of their keys.
std::vector<std::shared_ptr<const Graph>> subgraphsOf(const Node& node);
/// What a node's subgraphs take from the graph around it: their outerNames, each once, sorted. Inputs at the end of `node.inputs` give the
/// values, one for each name.
std::vector<std::string> capturedNames(const Node& node);

}  // namespace trimtab::graph

namespace trimtab {
using graph::Graph;
}
