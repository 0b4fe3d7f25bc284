#include "kernels/cuda/implementations/expression_builder.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <optional>

#include "core/tensor/convert.h"

namespace trimtab::cuda {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

using Make = std::function<Result<Elementwise>(const NodeView&)>;

Operand input(int index) { return {Operand::Kind::Input, index, 0}; }

Instruction simple(Op op, double p = 0, double q = 0) {
    Instruction made;
    made.op = op;
    made.p = static_cast<float>(p);
    made.q = static_cast<float>(q);
    return made;
}

Make unary(Op op) {
    return [op](const NodeView& view) -> Result<Elementwise> { return Elementwise{{view.node.input(0)}, {simple(op)}}; };
}

Make withAttributes(Op op, const char* p, double pDefault, const char* q = nullptr, double qDefault = 0) {
    return [=](const NodeView& view) -> Result<Elementwise> {
        const double first = view.node.number(p, static_cast<float>(pDefault));
        const double second = q ? view.node.number(q, static_cast<float>(qDefault)) : 0;
        return Elementwise{{view.node.input(0)}, {simple(op, first, second)}};
    };
}

Make binary(Op op) {
    return [op](const NodeView& view) -> Result<Elementwise> {
        Elementwise made{{view.node.input(0)}, {}};
        for (std::size_t i = 1; i < view.node.inputs.size(); ++i) {
            if (!view.has(i)) return fail(ErrorCode::Unsupported, "an operand is left out");
            made.inputs.push_back(view.node.inputs[i]);
            Instruction instruction = simple(op);
            instruction.operand = input(static_cast<int>(i));
            made.instructions.push_back(instruction);
        }
        if (made.inputs.size() > kMaxInputs) return fail(ErrorCode::Unsupported, "it has too many operands");
        return made;
    };
}

Result<Elementwise> sum(const NodeView& view) { return binary(Op::Add)(view); }

Result<Elementwise> mean(const NodeView& view) {
    TRIMTAB_TRY(Elementwise made, binary(Op::Add)(view));
    made.instructions.push_back(simple(Op::Scale, 1.0 / static_cast<double>(made.inputs.size()), 0));
    return made;
}

Result<double> bound(const NodeView& view, std::size_t i, double fallback) {
    if (!view.has(i)) return fallback;
    const Tensor* constant = view.constant(i);
    if (!constant || constant->elementCount() != 1) return fail(ErrorCode::Unsupported, "its bounds are not constant");
    return tensor::elementAsDouble(*constant, 0);
}

Result<Elementwise> clip(const NodeView& view) {
    TRIMTAB_TRY(const double low, bound(view, 1, view.node.number("min", static_cast<float>(-kInfinity))));
    TRIMTAB_TRY(const double high, bound(view, 2, view.node.number("max", static_cast<float>(kInfinity))));
    if (!tensor::isFloatingPoint(view.type(0))) return fail(ErrorCode::Unsupported, "integers are clipped on the host");
    return Elementwise{{view.node.input(0)}, {simple(Op::Clip, low, high)}};
}

Result<Elementwise> gelu(const NodeView& view) {
    const bool isTanh = view.node.string("approximate", "none") == "tanh";
    return Elementwise{{view.node.input(0)}, {simple(isTanh ? Op::GeluTanh : Op::GeluErf)}};
}

/// Of x and a bias, which some operators may leave out.
Make biased(Op op, bool isRequired) {
    return [=](const NodeView& view) -> Result<Elementwise> {
        if (!view.has(1) && isRequired) return fail(ErrorCode::Refused, "it has no bias");
        if (!view.has(1)) return Elementwise{{view.node.input(0)}, {simple(op)}};
        if (view.type(1) != view.type(0)) return fail(ErrorCode::Unsupported, "its bias has another type");
        Instruction add = simple(Op::Add);
        add.operand = input(1);
        return Elementwise{{view.node.input(0), view.node.input(1)}, {add, simple(op)}};
    };
}

Result<Elementwise> swish(const NodeView& view) {
    if (view.node.number("alpha", 1.0F) != 1.0F) return fail(ErrorCode::Unsupported, "its alpha is not 1");
    return Elementwise{{view.node.input(0)}, {simple(Op::Silu)}};
}

Result<Elementwise> remainder(const NodeView& view) {
    const bool ofFloats = view.node.integer("fmod", 0) != 0;
    if (!ofFloats && isFloatingPoint(view.type(0))) return fail(ErrorCode::Unsupported, "floating types need attribute fmod");
    return binary(ofFloats ? Op::Fmod : Op::Mod)(view);
}

Result<Elementwise> select(const NodeView& view) {
    Instruction instruction = simple(Op::Select);
    instruction.operand = input(1);
    instruction.second = input(2);
    return Elementwise{{view.node.input(0), view.node.input(1), view.node.input(2)}, {instruction}};
}

Result<Elementwise> cast(const NodeView& view) {
    const DataType from = view.type(0);
    const DataType to = view.outputType();
    if (tensor::isFloatingPoint(from) && tensor::isInteger(to))
        return fail(ErrorCode::Unsupported, "what is out of range is settled on the host");
    Instruction load = simple(Op::Load);
    load.operand = input(0);
    return Elementwise{{view.node.input(0)}, {load}};
}

const std::map<std::string, Make, std::less<>>& makers() {
    static const std::map<std::string, Make, std::less<>> all{
        {"Abs", unary(Op::Abs)},
        {"Neg", unary(Op::Neg)},
        {"Relu", unary(Op::Relu)},
        {"Sigmoid", unary(Op::Sigmoid)},
        {"HardSwish", unary(Op::HardSwish)},
        {"Tanh", unary(Op::Tanh)},
        {"Erf", unary(Op::Erf)},
        {"Exp", unary(Op::Exp)},
        {"Log", unary(Op::Log)},
        {"Sqrt", unary(Op::Sqrt)},
        {"Reciprocal", unary(Op::Reciprocal)},
        {"Softplus", unary(Op::Softplus)},
        {"Softsign", unary(Op::Softsign)},
        {"Mish", unary(Op::Mish)},
        {"Floor", unary(Op::Floor)},
        {"Ceil", unary(Op::Ceil)},
        {"Round", unary(Op::Round)},
        {"Sign", unary(Op::Sign)},
        {"Not", unary(Op::Not)},
        {"IsNaN", unary(Op::IsNaN)},
        {"Sin", unary(Op::Sin)},
        {"Cos", unary(Op::Cos)},
        {"trimtab.Silu", unary(Op::Silu)},
        {"trimtab.Gelu", unary(Op::GeluErf)},
        {"Gelu", gelu},
        {"com.microsoft.Gelu", unary(Op::GeluErf)},
        {"com.microsoft.BiasGelu", biased(Op::GeluErf, true)},
        {"com.microsoft.FastGelu", biased(Op::GeluTanh, false)},
        {"Swish", swish},
        {"Clip", clip},
        {"Cast", cast},
        {"Where", select},
        {"Mod", remainder},
        {"LeakyRelu", withAttributes(Op::LeakyRelu, "alpha", 0.01)},
        {"Elu", withAttributes(Op::Elu, "alpha", 1)},
        {"Celu", withAttributes(Op::Celu, "alpha", 1)},
        {"HardSigmoid", withAttributes(Op::HardSigmoid, "alpha", 0.2, "beta", 0.5)},
        {"Selu", withAttributes(Op::Selu, "alpha", 1.67326319217681884765625, "gamma", 1.05070102214813232421875)},
        {"Add", binary(Op::Add)},
        {"Sub", binary(Op::Sub)},
        {"Mul", binary(Op::Mul)},
        {"Div", binary(Op::Div)},
        {"Pow", binary(Op::Pow)},
        {"Min", binary(Op::Min)},
        {"Max", binary(Op::Max)},
        {"Sum", sum},
        {"Mean", mean},
        {"And", binary(Op::And)},
        {"Or", binary(Op::Or)},
        {"Xor", binary(Op::Xor)},
        {"Equal", binary(Op::Equal)},
        {"Less", binary(Op::Less)},
        {"LessOrEqual", binary(Op::LessOrEqual)},
        {"Greater", binary(Op::Greater)},
        {"GreaterOrEqual", binary(Op::GreaterOrEqual)}};
    return all;
}

const Make* makerOf(const graph::Node& node) {
    const auto found = makers().find(node.domain.empty() ? node.op : node.domain + "." + node.op);
    return found == makers().end() ? nullptr : &found->second;
}

bool isShort(DataType type) {
    return type == DataType::Float32 || type == DataType::Float16 || type == DataType::BFloat16 || type == DataType::Bool ||
           type == DataType::Int8 || type == DataType::UInt8;
}

/// Arithmetic is formed in float32 throughout, so that one accumulator carries it.
bool isFloatArithmetic(const Graph& graph, const Elementwise& made, graph::ValueId output) {
    for (const graph::ValueId id : made.inputs)
        if (!isShort(graph.value(id).type.type)) return false;
    return tensor::isFloatingPoint(graph.value(output).type.type) && isShort(graph.value(output).type.type);
}

}  // namespace

const std::vector<std::string>& elementwiseOperators() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> made;
        for (const auto& [name, make] : makers()) made.push_back(name);
        return made;
    }();
    return names;
}

Result<Elementwise> elementwiseOf(const NodeView& view) {
    const Make* make = makerOf(view.node);
    if (!make) return fail(ErrorCode::Unsupported, "it is not element-wise");
    if (view.node.version > 0 && view.node.version < 7 && view.node.has("broadcast"))
        return fail(ErrorCode::Unsupported, "its operands are aligned as before opset 7");
    return (*make)(view);
}

namespace {

/// acc op operand as operand' op' acc'; nullopt where no operator says that.
std::optional<Op> reversed(Op op) {
    switch (op) {
        case Op::Add:
        case Op::Mul:
        case Op::Min:
        case Op::Max: return op;
        case Op::Sub: return Op::ReverseSub;
        case Op::Div: return Op::ReverseDiv;
        case Op::Pow: return Op::ReversePow;
        default: return std::nullopt;
    }
}

/// Lays a tree of element-wise nodes out for the accumulator.
class Composer {
public:
    Composer(const Graph& graph, const std::set<graph::ValueId>& inlined)
        : m_graph(graph), m_inlined(inlined), m_producers(graph.producers()) {}

    Status add(const graph::Node& node) {
        TRIMTAB_TRY(const Elementwise own, elementwiseOf(NodeView{m_graph, node}));
        const bool isPair = own.inputs.size() == 2 && own.instructions.size() == 1 && own.instructions[0].op != Op::Select;
        if (isPair && isInlined(own.inputs[1])) return addPair(own);
        for (std::size_t i = 1; i < own.inputs.size(); ++i)
            if (isInlined(own.inputs[i])) return fail(ErrorCode::Unsupported, "an operand is a pass of its own");
        TRIMTAB_REQUIRE(load(own.inputs[0]));
        for (Instruction instruction : own.instructions) {
            for (Operand* operand : {&instruction.operand, &instruction.second})
                if (operand->kind == Operand::Kind::Input) operand->index = indexOf(own.inputs[static_cast<std::size_t>(operand->index)]);
            TRIMTAB_REQUIRE(append(instruction));
        }
        return {};
    }

    Result<Elementwise> finish() && {
        if (m_made.inputs.size() > kMaxInputs || m_made.instructions.size() > kMaxInstructions)
            return fail(ErrorCode::Unsupported, "it takes more than one pass");
        return std::move(m_made);
    }

private:
    bool isInlined(graph::ValueId id) const { return m_inlined.contains(id); }

    /// The second operand is a tree: it goes first.
    Status addPair(const Elementwise& own) {
        Instruction instruction = own.instructions[0];
        TRIMTAB_REQUIRE(load(own.inputs[1]));
        if (const auto op = reversed(instruction.op); op && !isInlined(own.inputs[0])) {
            instruction.op = *op;
            instruction.operand = {Operand::Kind::Input, indexOf(own.inputs[0]), 0};
            return append(instruction);
        }
        if (m_saved > 1) return fail(ErrorCode::Unsupported, "it saves more values than a pass has");
        Instruction save;
        save.op = Op::Save;
        save.operand = {Operand::Kind::Saved, m_saved++, 0};
        TRIMTAB_REQUIRE(append(save));
        TRIMTAB_REQUIRE(load(own.inputs[0]));
        instruction.operand = {Operand::Kind::Saved, --m_saved, 0};
        return append(instruction);
    }

    Status load(graph::ValueId id) {
        if (isInlined(id)) return add(m_graph.nodes[static_cast<std::size_t>(m_producers[static_cast<std::size_t>(id)])]);
        const bool isFirst = m_made.inputs.empty() && m_made.instructions.empty();
        Instruction instruction;
        instruction.operand = {Operand::Kind::Input, indexOf(id), 0};
        return isFirst ? Status{} : append(instruction);
    }

    int indexOf(graph::ValueId id) {
        const auto found = std::find(m_made.inputs.begin(), m_made.inputs.end(), id);
        if (found != m_made.inputs.end()) return static_cast<int>(found - m_made.inputs.begin());
        m_made.inputs.push_back(id);
        return static_cast<int>(m_made.inputs.size()) - 1;
    }

    Status append(const Instruction& instruction) {
        m_made.instructions.push_back(instruction);
        if (m_made.instructions.size() > kMaxInstructions) return fail(ErrorCode::Unsupported, "it takes more than one pass");
        return {};
    }

    const Graph& m_graph;
    const std::set<graph::ValueId>& m_inlined;
    std::vector<int> m_producers;
    Elementwise m_made;
    int m_saved = 0;
};

/// True when `reader`, with everything inlined so far and `id` too, still is one pass that a kernel takes.
bool fitsOnePass(const Graph& graph, const graph::Node& reader, std::set<graph::ValueId> inlined, graph::ValueId id) {
    inlined.insert(id);
    const auto whole = composed(graph, reader, inlined);
    if (!whole) return false;
    std::vector<DataType> types;
    for (const graph::ValueId input : whole->inputs) types.push_back(graph.value(input).type.type);
    const graph::Value& result = graph.value(reader.outputs[0]);
    return expressionOf(graph, *whole, types, *result.type.shape(), result.type.type).has_value();
}

}  // namespace

Result<Elementwise> composed(const Graph& graph, const graph::Node& node, const std::set<graph::ValueId>& inlined) {
    Composer composer(graph, inlined);
    TRIMTAB_REQUIRE(composer.add(node));
    return std::move(composer).finish();
}

Result<Expression> expressionOf(const Graph& graph, const Elementwise& elementwise, const std::vector<DataType>& types, const Shape& shape,
                                DataType outputType) {
    if (shape.rank() > kMaxRank) return fail(ErrorCode::Unsupported, "it has too many axes");
    Expression made;
    made.extents = shape.dims();
    made.instructions = elementwise.instructions;
    made.outputType = outputType;
    for (std::size_t i = 0; i < elementwise.inputs.size(); ++i) {
        const auto own = graph.value(elementwise.inputs[i]).type.shape();
        if (!own || own->rank() > shape.rank()) return fail(ErrorCode::Unsupported, "an operand has more axes than the result");
        ExpressionInput input;
        input.type = types[i];
        const auto strides = own->strides();
        const int lead = shape.rank() - own->rank();
        for (int axis = 0; axis < own->rank(); ++axis) {
            if ((*own)[axis] != 1 && (*own)[axis] != shape[lead + axis])
                return fail(ErrorCode::Unsupported, "an operand does not broadcast to the result");
            if ((*own)[axis] != 1) input.strides[static_cast<std::size_t>(lead + axis)] = strides[static_cast<std::size_t>(axis)];
        }
        made.inputs.push_back(input);
    }
    TRIMTAB_REQUIRE(checkExpression(made));
    return made;
}

std::set<graph::ValueId> inlinedValues(const Graph& graph) {
    std::set<graph::ValueId> inlined;
    const auto consumers = graph.consumers();
    for (const graph::Node& node : graph.nodes) {
        if (node.outputs.size() != 1 || !makerOf(node) || graph.isOutput(node.outputs[0])) continue;
        const auto& readers = consumers[static_cast<std::size_t>(node.outputs[0])];
        if (readers.size() != 1) continue;
        const graph::Node& reader = graph.nodes[static_cast<std::size_t>(readers[0])];
        if (!makerOf(reader) || reader.outputs.size() != 1) continue;
        const auto own = elementwiseOf(NodeView{graph, node});
        const auto next = elementwiseOf(NodeView{graph, reader});
        if (!own || !next || !isFloatArithmetic(graph, *own, node.outputs[0]) || !isFloatArithmetic(graph, *next, reader.outputs[0]))
            continue;
        const auto shape = graph.value(node.outputs[0]).type.shape();
        const auto result = graph.value(reader.outputs[0]).type.shape();
        if (!shape || !result || *shape != *result || shape->elementCount() == 0) continue;
        if (!fitsOnePass(graph, reader, inlined, node.outputs[0])) continue;
        inlined.insert(node.outputs[0]);
    }
    return inlined;
}

}  // namespace trimtab::cuda
