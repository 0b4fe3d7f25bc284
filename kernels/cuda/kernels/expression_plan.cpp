#include "kernels/cuda/kernels/expression_plan.h"

#include <algorithm>
#include <string>

namespace trimtab::cuda {
namespace {

constexpr bool isFloatType(DataType type) { return type == DataType::Float32 || type == DataType::Float16 || type == DataType::BFloat16; }
constexpr bool isByteType(DataType type) { return type == DataType::Bool || type == DataType::Int8 || type == DataType::UInt8; }

bool formedInIntegers(const Expression& expression) {
    return std::any_of(expression.inputs.begin(), expression.inputs.end(),
                       [](const ExpressionInput& input) { return !isFloatType(input.type) && !isByteType(input.type); });
}

/// Operators with a meaning for integers, where arithmetic is formed in int64.
bool takesIntegers(const Instruction& instruction) {
    switch (instruction.op) {
        case Op::Abs:
        case Op::Neg:
        case Op::Relu:
        case Op::Clip:
        case Op::Sign:
        case Op::Not:
        case Op::Select:
        case Op::Save:
        case Op::Load: return true;
        case Op::RoundTo: return !isFloatType(static_cast<DataType>(static_cast<int>(instruction.p)));
        default: return instruction.op >= Op::Add && instruction.op <= Op::GreaterOrEqual;
    }
}

Status checkOperand(const Operand& operand, int inputs, bool needed) {
    const auto bad = [](const std::string& what) { return fail(ErrorCode::Unsupported, "element-wise chain: " + what); };
    if (needed && operand.kind == Operand::Kind::None) return bad("an operator has no operand");
    if (operand.kind == Operand::Kind::Input && (operand.index < 0 || operand.index >= inputs))
        return bad("operand " + std::to_string(operand.index) + " of " + std::to_string(inputs) + " inputs");
    if (operand.kind == Operand::Kind::Saved && (operand.index < 0 || operand.index > 1)) return bad("only values 0 and 1 can be saved");
    return {};
}

Status checkInstruction(const Instruction& instruction, int inputs, bool integers) {
    const bool binary = instruction.op >= Op::Add && instruction.op <= Op::Load && instruction.op != Op::Save;
    TRIMTAB_REQUIRE(checkOperand(instruction.operand, inputs, binary));
    TRIMTAB_REQUIRE(checkOperand(instruction.second, inputs, instruction.op == Op::Select));
    if (instruction.op == Op::Save && (instruction.operand.index < 0 || instruction.operand.index > 1))
        return fail(ErrorCode::Unsupported, "element-wise chain: only values 0 and 1 can be saved");
    if (instruction.op == Op::RoundTo && expressionBytes(static_cast<DataType>(static_cast<int>(instruction.p))) == 0)
        return fail(ErrorCode::Unsupported, "element-wise chain: no rounding to this type");
    if (integers && !takesIntegers(instruction))
        return fail(ErrorCode::Unsupported, "element-wise chain: an operator of floating types on integers");
    return {};
}

bool aligned(const void* pointer, int bytes) { return reinterpret_cast<std::uintptr_t>(pointer) % static_cast<std::uintptr_t>(bytes) == 0; }

/// True when `width` neighbours can be read, computed and written at once.
bool allows(const Expression& expression, const MergedAxes& axes, const std::array<const void*, kMaxInputs>& inputs, const void* y,
            int width) {
    if (axes.rank == 0) return false;
    const auto last = static_cast<std::size_t>(axes.rank - 1);
    if (axes.extents[last] < width || (axes.rank > 1 && axes.extents[last] % width != 0)) return false;
    if (!aligned(y, width * expressionBytes(expression.outputType))) return false;
    for (std::size_t i = 0; i < expression.inputs.size(); ++i) {
        const Strides& strides = axes.arrays[i];
        if (strides[last] == 0) continue;
        if (strides[last] != 1 || !aligned(inputs[i], width * expressionBytes(expression.inputs[i].type))) return false;
        for (std::size_t a = 0; a < last; ++a)
            if (strides[a] % width != 0) return false;
    }
    return true;
}

/// Bytes of the widest element among the result and the inputs that are walked (not repeated) along the innermost axis.
int widestBytes(const Expression& expression, const MergedAxes& axes) {
    int widest = expressionBytes(expression.outputType);
    for (std::size_t i = 0; i < expression.inputs.size(); ++i)
        if (axes.rank > 0 && axes.arrays[i][static_cast<std::size_t>(axes.rank - 1)] != 0)
            widest = std::max(widest, expressionBytes(expression.inputs[i].type));
    return widest;
}

}  // namespace

int expressionBytes(DataType type) {
    switch (type) {
        case DataType::Bool:
        case DataType::Int8:
        case DataType::UInt8: return 1;
        case DataType::Float16:
        case DataType::BFloat16:
        case DataType::Int16:
        case DataType::UInt16: return 2;
        case DataType::Float32:
        case DataType::Int32:
        case DataType::UInt32: return 4;
        case DataType::Int64: return 8;
        default: return 0;
    }
}

Status checkExpression(const Expression& expression) {
    const auto refused = [](const std::string& what) { return fail(ErrorCode::Unsupported, "element-wise chain: " + what); };
    if (expression.extents.size() > kMaxRank) return refused("more than " + std::to_string(kMaxRank) + " axes");
    if (expression.inputs.empty() || expression.inputs.size() > kMaxInputs)
        return refused("1 to " + std::to_string(kMaxInputs) + " inputs are taken");
    if (expression.instructions.size() > kMaxInstructions) return refused("more than " + std::to_string(kMaxInstructions) + " operators");
    if (expressionBytes(expression.outputType) == 0) return refused("results of type " + std::string(name(expression.outputType)));
    const bool integers = formedInIntegers(expression);
    for (const ExpressionInput& input : expression.inputs) {
        if (expressionBytes(input.type) == 0) return refused("inputs of type " + std::string(name(input.type)));
        if (integers && isFloatType(input.type)) return refused("floating inputs beside integers of 16 bits or more");
    }
    for (const Instruction& instruction : expression.instructions)
        TRIMTAB_REQUIRE(checkInstruction(instruction, static_cast<int>(expression.inputs.size()), integers));
    return {};
}

ExpressionPlan planExpression(const Expression& expression, const std::array<const void*, kMaxInputs>& inputs, const void* y) {
    ExpressionPlan plan;
    plan.integers = formedInIntegers(expression);
    plan.axes.rank = static_cast<int>(expression.extents.size());
    std::copy(expression.extents.begin(), expression.extents.end(), plan.axes.extents.begin());
    for (const ExpressionInput& input : expression.inputs) plan.axes.arrays.push_back(input.strides);
    mergeAxes(plan.axes);
    plan.wide = !fitsNarrowIndex(plan.axes);
    // Groups of 8 or 4 floats, of 2 integers where one axis is left (expression.cu lists the kernels).
    if (plan.axes.rank > 1 && (plan.integers || plan.wide || plan.axes.rank > kNarrowAxes)) return plan;
    const int fits = 16 / widestBytes(expression, plan.axes);
    const auto widths = plan.integers ? std::array<int, 2>{2, 2} : std::array<int, 2>{8, 4};
    for (const int width : widths)
        if (plan.width == 1 && width <= fits && allows(expression, plan.axes, inputs, y, width)) plan.width = width;
    return plan;
}

}  // namespace trimtab::cuda
