#pragma once
// A chain of element-wise operators in one pass over memory. The chain runs on an accumulator: acc = inputs[0]; then for every instruction
// acc = op(acc, operand), the operand being another input, a number, or a value saved before. Arithmetic is formed in float32 when every
// input is a float16, bfloat16, float32, bool, int8 or uint8, else (int32, int64 and narrower mixed with them) in int64.
//   SwiGLU:  in = {gate, up};  Silu, Mul(input 1)
// Result and inputs have the same (broadcast) index space of rank ≤ kMaxRank, merged by the launcher where strides allow, 16-byte accesses
// where every input is contiguous or a scalar. An input may be the output buffer itself when both are contiguous and of the same element
// width.
#include <array>
#include <cstdint>
#include <vector>

#include "core/tensor/data_type.h"
#include "kernels/cuda/device/device.h"

namespace trimtab::cuda {

inline constexpr int kMaxRank = 8;
inline constexpr int kMaxInputs = 8;
inline constexpr int kMaxInstructions = 16;

enum class Op : std::uint8_t {
    // unary
    Abs, Neg, Relu, LeakyRelu /*p*/, Clip /*p…q*/, Sigmoid, HardSigmoid /*p,q*/, HardSwish, Tanh, Erf, Exp, Log, Sqrt, Rsqrt, Reciprocal,
    Elu /*p*/, Celu /*p*/, Selu /*p,q*/, Softplus, Softsign, Mish, Floor, Ceil, Round /*half to even*/, Sign, Not, IsNaN, IsInf,
    Silu, GeluErf, GeluTanh, Sin, Cos, Scale /*acc·p + q*/,
    // binary: acc = acc op operand
    Add, Sub, ReverseSub /*operand − acc*/, Mul, Div, ReverseDiv, Pow, ReversePow, Min, Max, Mod /*sign of the divisor*/, Fmod, And, Or,
    Xor, Equal, Less, LessOrEqual, Greater, GreaterOrEqual,
    // ternary: acc is the condition, operand the value where it holds, second the value where not
    Select,
    // registers
    Save /*saved[slot] = acc; slot in `operand.index`, 0 or 1*/, Load /*acc = operand*/,
    // rounding on the way: acc as if stored in this type and read again; the type's number in p
    RoundTo,
};

struct Operand {
    enum class Kind : std::uint8_t { None, Input, Number, Saved };
    Kind kind = Kind::None;
    int index = 0;      // of the input or the saved value
    double number = 0;  // Kind::Number
};

struct Instruction {
    Op op = Op::Load;
    Operand operand;
    Operand second;  // Select only
    float p = 0;
    float q = 0;
};

struct ExpressionInput {
    DataType type = DataType::Float32;
    std::array<std::int64_t, kMaxRank> strides{};  // in elements, per axis of the result; 0 where it is broadcast
};

struct Expression {
    std::vector<std::int64_t> extents;    // of the result, rank ≤ kMaxRank
    std::vector<ExpressionInput> inputs;  // 1…kMaxInputs
    std::vector<Instruction> instructions;
    DataType outputType = DataType::Float32;
};

/// True when the launcher takes these types and sizes; the reason otherwise.
Status checkExpression(const Expression& expression);
/// y is row-major. REQUIRES: checkExpression() succeeded.
Status launchExpression(Stream stream, const Expression& expression, const std::array<const void*, kMaxInputs>& inputs, void* y);

}  // namespace trimtab::cuda
