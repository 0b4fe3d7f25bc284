// Chains of element-wise operators against the reference kernels of the same operators.
#include "kernels/cuda/kernels/expression.h"

#include "core/tensor/convert.h"
#include "kernels/cuda/kernels/expression_plan.h"
#include "kernels/ref/reference.h"
#include "tests/kernels/cuda/device_test.h"

namespace trimtab::cuda {
namespace {

using tensor::Tensor;
using Ints = std::vector<std::int64_t>;
using Attributes = std::map<std::string, graph::Attribute>;

graph::Node node(const std::string& op, int version, Attributes attributes = {}, const std::string& domain = "") {
    graph::Node made;
    made.name = op;
    made.op = op;
    made.domain = domain;
    made.version = version;
    made.attributes = std::move(attributes);
    made.outputs = {100};
    return made;
}

Tensor referenceOf(const graph::Node& node, const std::vector<Tensor>& inputs) {
    auto results = ref::ReferenceEvaluator().evaluate(node, inputs);
    EXPECT_TRUE(results) << (results ? "" : results.error().text());
    return results ? results->front() : Tensor();
}

Instruction unary(Op op, float p = 0, float q = 0) { return {op, {}, {}, p, q}; }
Instruction withInput(Op op, int index) { return {op, {Operand::Kind::Input, index, 0}, {}, 0, 0}; }
Instruction withNumber(Op op, double number) { return {op, {Operand::Kind::Number, 0, number}, {}, 0, 0}; }
Instruction withSaved(Op op, int slot) { return {op, {Operand::Kind::Saved, slot, 0}, {}, 0, 0}; }

/// Row-major strides of `shape` seen as `result`: 0 along axes that it lacks or repeats.
std::array<std::int64_t, kMaxRank> broadcastStrides(const tensor::Shape& shape, const Ints& result) {
    std::array<std::int64_t, kMaxRank> strides{};
    std::int64_t step = 1;
    for (int back = 1; back <= shape.rank(); ++back) {
        const std::int64_t extent = shape[shape.rank() - back];
        if (extent > 1) strides[result.size() - static_cast<std::size_t>(back)] = step;
        step *= extent;
    }
    return strides;
}

/// Values that operators differ on, then seeded ones.
std::vector<float> awkward(std::size_t count, unsigned seed) {
    constexpr float kInf = std::numeric_limits<float>::infinity();
    const std::vector<float> edges{0.0F,  -0.0F, 1,    -1,    0.5F,    1.5F, 2.5F,  -0.5F,        -2.5F,
                                   3.25F, 100,   -100, 1e-8F, -3e-39F, kInf, -kInf, std::nanf("")};
    std::mt19937 engine(seed);
    std::normal_distribution<float> draw(0, 3);
    std::vector<float> values(count);
    for (std::size_t i = 0; i < count; ++i) values[i] = i < edges.size() ? edges[i] : draw(engine);
    return values;
}

class ExpressionTest : public DeviceTest {
protected:
    /// The chain over `inputs` (broadcast to `extents`), each placed `shift` elements behind an aligned address.
    static Tensor run(const Ints& extents, const std::vector<Tensor>& inputs, std::vector<Instruction> chain, DataType outputType,
                      std::size_t shift = 0) {
        Expression expression;
        expression.extents = extents;
        expression.instructions = std::move(chain);
        expression.outputType = outputType;
        std::array<const void*, kMaxInputs> pointers{};
        std::vector<DeviceArray<std::uint8_t>> kept;
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            expression.inputs.push_back({inputs[i].type(), broadcastStrides(inputs[i].shape(), extents)});
            const std::size_t skipped = shift * static_cast<std::size_t>(expressionBytes(inputs[i].type()));
            std::vector<std::uint8_t> bytes(skipped);
            for (const std::byte b : inputs[i].bytes()) bytes.push_back(std::to_integer<std::uint8_t>(b));
            kept.push_back(array(bytes));
            pointers[i] = kept.back().data() + skipped;
        }
        Tensor result = *Tensor::allocate(outputType, tensor::Shape(extents));
        const std::size_t skipped = shift * static_cast<std::size_t>(expressionBytes(outputType));
        const auto y = uninitialised<std::uint8_t>(skipped + result.bytes().size());
        const Status checked = checkExpression(expression);
        EXPECT_TRUE(checked) << (checked ? "" : checked.error().text());
        const Status launched = launchExpression(stream(), expression, pointers, y.data() + skipped);
        EXPECT_TRUE(launched) << (launched ? "" : launched.error().text());
        const auto got = read(y);
        for (std::size_t i = 0; i < skipped; ++i) EXPECT_EQ(got[i], 0xFF) << "before the result";
        if (!result.bytes().empty()) std::memcpy(result.mutableBytes().data(), got.data() + skipped, result.bytes().size());
        return result;
    }

    /// Equal up to `tolerance` relative to the larger of the value and 1, infinities and NaN in the same places.
    static void expectNear(const Tensor& got, const Tensor& wanted, double tolerance, const std::string& what) {
        ASSERT_EQ(got.elementCount(), wanted.elementCount()) << what;
        for (std::int64_t i = 0; i < got.elementCount(); ++i) {
            const double a = tensor::elementAsDouble(got, i);
            const double b = tensor::elementAsDouble(wanted, i);
            if (std::isnan(b)) {
                ASSERT_TRUE(std::isnan(a)) << what << " at " << i << ": " << a;
            } else if (std::isinf(b)) {
                ASSERT_EQ(a, b) << what << " at " << i;
            } else {
                ASSERT_NEAR(a, b, tolerance * std::max(1.0, std::fabs(b))) << what << " at " << i;
            }
        }
    }
};

struct UnaryCase {
    Instruction instruction;
    graph::Node node;
    DataType result = DataType::Float32;
};

std::vector<UnaryCase> unaryCases() {
    const auto number = [](float x) { return graph::Attribute(x); };
    return {
        {unary(Op::Abs), node("Abs", 13)},
        {unary(Op::Neg), node("Neg", 13)},
        {unary(Op::Relu), node("Relu", 14)},
        {unary(Op::LeakyRelu, 0.2F), node("LeakyRelu", 16, {{"alpha", number(0.2F)}})},
        {unary(Op::Clip, -1, 6), node("Clip", 6, {{"min", number(-1)}, {"max", number(6)}})},
        {unary(Op::Sigmoid), node("Sigmoid", 13)},
        {unary(Op::HardSigmoid, 0.3F, 0.4F), node("HardSigmoid", 6, {{"alpha", number(0.3F)}, {"beta", number(0.4F)}})},
        {unary(Op::HardSwish), node("HardSwish", 14)},
        {unary(Op::Tanh), node("Tanh", 13)},
        {unary(Op::Erf), node("Erf", 13)},
        {unary(Op::Exp), node("Exp", 13)},
        {unary(Op::Log), node("Log", 13)},
        {unary(Op::Sqrt), node("Sqrt", 13)},
        {unary(Op::Reciprocal), node("Reciprocal", 13)},
        {unary(Op::Elu, 0.7F), node("Elu", 6, {{"alpha", number(0.7F)}})},
        {unary(Op::Celu, 0.7F), node("Celu", 12, {{"alpha", number(0.7F)}})},
        {unary(Op::Selu, 1.6F, 1.05F), node("Selu", 6, {{"alpha", number(1.6F)}, {"gamma", number(1.05F)}})},
        {unary(Op::Softplus), node("Softplus", 1)},
        {unary(Op::Softsign), node("Softsign", 1)},
        {unary(Op::Mish), node("Mish", 18)},
        {unary(Op::Floor), node("Floor", 13)},
        {unary(Op::Ceil), node("Ceil", 13)},
        {unary(Op::Round), node("Round", 11)},
        {unary(Op::Sign), node("Sign", 13)},
        {unary(Op::IsNaN), node("IsNaN", 13), DataType::Bool},
        {unary(Op::IsInf), node("IsInf", 10), DataType::Bool},
        {unary(Op::Silu), node("Silu", 1, {}, "trimtab")},
        {unary(Op::GeluErf), node("Gelu", 20)},
        {unary(Op::GeluTanh), node("Gelu", 20, {{"approximate", graph::Attribute(std::string("tanh"))}})},
        {unary(Op::Sin), node("Sin", 7)},
        {unary(Op::Cos), node("Cos", 7)},
    };
}

TEST_F(ExpressionTest, FunctionsOfOneInputAgreeWithTheReference) {
    for (const auto& c : unaryCases()) {
        // 1 … 3: single elements alone; 41: groups of 4 and a remainder; 600: three blocks.
        for (const std::int64_t count : {1, 3, 41, 600}) {
            const Tensor x = Tensor::fromFloats(tensor::Shape{count}, awkward(static_cast<std::size_t>(count), 7));
            const Tensor got = run({count}, {x}, {c.instruction}, c.result);
            expectNear(got, referenceOf(c.node, {x}), 2e-6, c.node.op + " of " + std::to_string(count));
        }
    }
}

TEST_F(ExpressionTest, FunctionsThatTheReferenceLacks) {
    const auto x = awkward(41, 3);
    const Tensor in = Tensor::fromFloats(tensor::Shape{41}, x);
    const auto rsqrt = tensor::toFloats(run({41}, {in}, {unary(Op::Rsqrt)}, DataType::Float32));
    const auto scale = tensor::toFloats(run({41}, {in}, {unary(Op::Scale, 0.5F, -3)}, DataType::Float32));
    const auto none = tensor::toFloats(run({41}, {in}, {unary(Op::Not)}, DataType::Float32));
    for (std::size_t i = 0; i < x.size(); ++i) {
        if (x[i] > 0 && !std::isinf(x[i])) {
            EXPECT_NEAR(rsqrt[i] * std::sqrt(static_cast<double>(x[i])), 1.0, 1e-6) << x[i];
        }
        if (!std::isnan(x[i])) {
            EXPECT_FLOAT_EQ(scale[i], x[i] * 0.5F - 3);
        }
        EXPECT_EQ(none[i], x[i] == 0 ? 1.0F : 0.0F);
    }
}

struct BinaryCase {
    Op op;
    Op reversed;  // the same with the inputs exchanged
    graph::Node node;
    DataType result = DataType::Float32;
};

std::vector<BinaryCase> binaryCases() {
    const DataType truth = DataType::Bool;
    return {
        {Op::Add, Op::Add, node("Add", 14)},
        {Op::Sub, Op::ReverseSub, node("Sub", 14)},
        {Op::Mul, Op::Mul, node("Mul", 14)},
        {Op::Div, Op::ReverseDiv, node("Div", 14)},
        {Op::Pow, Op::ReversePow, node("Pow", 15)},
        {Op::Min, Op::Min, node("Min", 13)},
        {Op::Max, Op::Max, node("Max", 13)},
        {Op::Equal, Op::Equal, node("Equal", 13), truth},
        {Op::Less, Op::Greater, node("Less", 13), truth},
        {Op::LessOrEqual, Op::GreaterOrEqual, node("LessOrEqual", 16), truth},
        {Op::Greater, Op::Less, node("Greater", 13), truth},
        {Op::GreaterOrEqual, Op::LessOrEqual, node("GreaterOrEqual", 16), truth},
        {Op::Fmod, Op::Load, node("Mod", 13, {{"fmod", graph::Attribute(std::int64_t{1})}})},
    };
}

TEST_F(ExpressionTest, FunctionsOfTwoInputsAgreeWithTheReference) {
    for (const auto& c : binaryCases()) {
        const Tensor a = Tensor::fromFloats(tensor::Shape{17, 20}, awkward(340, 1));
        for (const auto& shape : {tensor::Shape{17, 20}, tensor::Shape{20}, tensor::Shape{17, 1}, tensor::Shape{1, 1}}) {
            const Tensor b = Tensor::fromFloats(shape, awkward(static_cast<std::size_t>(shape.elementCount()), 2));
            const Tensor wanted = referenceOf(c.node, {a, b});
            expectNear(run({17, 20}, {a, b}, {withInput(c.op, 1)}, c.result), wanted, 2e-6, c.node.op + shape.text());
            if (c.reversed != Op::Load)
                expectNear(run({17, 20}, {b, a}, {withInput(c.reversed, 1)}, c.result), wanted, 2e-6, "reversed " + c.node.op);
        }
    }
}

TEST_F(ExpressionTest, IntegersAgreeWithTheReference) {
    for (const DataType type : {DataType::Int64, DataType::Int32, DataType::Int16, DataType::UInt16}) {
        for (const std::int64_t count : {1, 6, 77, 515}) {
            const Tensor a = *tensor::randomTensor(type, tensor::Shape{count}, 5, type == DataType::UInt16 ? 0 : -30000, 30000);
            const Tensor b = *tensor::randomTensor(type, tensor::Shape{count}, 6, 1, 9);
            for (const auto& c : binaryCases()) {
                if (c.op == Op::Pow && type == DataType::UInt16) continue;  // the reference forms it in uint64
                const DataType result = c.result == DataType::Bool ? c.result : type;
                const auto got = tensor::toInt64s(run({count}, {a, b}, {withInput(c.op, 1)}, result));
                EXPECT_EQ(got, tensor::toInt64s(referenceOf(c.node, {a, b}))) << c.node.op << " " << name(type) << " " << count;
            }
            for (const auto& [op, wanted] : {std::pair{Op::Abs, "Abs"}, {Op::Neg, "Neg"}, {Op::Sign, "Sign"}, {Op::Relu, "Relu"}}) {
                const auto got = tensor::toInt64s(run({count}, {a}, {unary(op)}, type));
                EXPECT_EQ(got, tensor::toInt64s(referenceOf(node(wanted, 14), {a}))) << wanted;
            }
        }
    }
}

TEST_F(ExpressionTest, IntegerExtremesWrapAndNothingDividesByZero) {
    constexpr std::int64_t kLow = std::numeric_limits<std::int64_t>::min();
    const Tensor a = Tensor::fromInt64s(tensor::Shape{4}, Ints{kLow, kLow, 7, -7});
    const Tensor b = Tensor::fromInt64s(tensor::Shape{4}, Ints{-1, 0, 0, 2});
    EXPECT_EQ(tensor::toInt64s(run({4}, {a, b}, {withInput(Op::Div, 1)}, DataType::Int64)), (Ints{kLow, 0, 0, -3}));
    EXPECT_EQ(tensor::toInt64s(run({4}, {a, b}, {withInput(Op::Mod, 1)}, DataType::Int64)), (Ints{0, 0, 0, 1}));
    EXPECT_EQ(tensor::toInt64s(run({4}, {a, b}, {withInput(Op::Fmod, 1)}, DataType::Int64)), (Ints{0, 0, 0, -1}));
    EXPECT_EQ(tensor::toInt64s(run({4}, {a, b}, {withInput(Op::Add, 1)}, DataType::Int64)),
              (Ints{std::numeric_limits<std::int64_t>::max(), kLow, 7, -5}));
    EXPECT_EQ(tensor::toInt64s(run({4}, {a}, {unary(Op::Clip, -5, std::numeric_limits<float>::infinity())}, DataType::Int64)),
              (Ints{-5, -5, 7, -5}));
}

TEST_F(ExpressionTest, EveryTypeIsReadAndWrittenAsAConversionWould) {
    const std::vector<DataType> types{DataType::Float32, DataType::Float16, DataType::BFloat16, DataType::Bool,
                                      DataType::Int8,    DataType::UInt8,   DataType::Int16,    DataType::UInt16,
                                      DataType::Int32,   DataType::UInt32,  DataType::Int64};
    const Tensor source = Tensor::fromFloats(tensor::Shape{5, 24}, awkward(120, 11));
    for (const DataType from : types) {
        const Tensor x = *tensor::convert(source, from);
        for (const DataType to : types) {
            const Tensor wanted = *tensor::convert(x, to);
            expectNear(run({5, 24}, {x}, {}, to), wanted, 0, std::string(name(from)) + " to " + std::string(name(to)));
            expectNear(run({5, 24}, {x}, {}, to, 1), wanted, 0, std::string(name(from)) + " to " + std::string(name(to)) + ", not aligned");
        }
    }
}

TEST_F(ExpressionTest, RoundingOnTheWayIsThatOfTheType) {
    const Tensor x = Tensor::fromFloats(tensor::Shape{40}, awkward(40, 4));
    for (const DataType type : {DataType::Float16, DataType::BFloat16, DataType::Int8, DataType::UInt8, DataType::Bool}) {
        const Tensor got = run({40}, {x}, {unary(Op::RoundTo, static_cast<float>(type))}, DataType::Float32);
        expectNear(got, *tensor::convert(*tensor::convert(x, type), DataType::Float32), 0, std::string(name(type)));
    }
}

TEST_F(ExpressionTest, GatedUnitsOfSixteenBitTypesAtEveryBatch) {
    for (const DataType type : {DataType::Float16, DataType::BFloat16}) {
        for (const std::int64_t rows : {1, 2, 7, 33}) {
            for (const std::int64_t columns : {8, 37, 96}) {
                const auto count = static_cast<std::size_t>(rows * columns);
                const Tensor gate = *tensor::convert(Tensor::fromFloats(tensor::Shape{rows, columns}, normal(count, 1)), type);
                const Tensor up = *tensor::convert(Tensor::fromFloats(tensor::Shape{rows, columns}, normal(count, 2)), type);
                const auto got = tensor::toFloats(run({rows, columns}, {gate, up}, {unary(Op::Silu), withInput(Op::Mul, 1)}, type));
                const auto g = tensor::toFloats(gate);
                const auto u = tensor::toFloats(up);
                std::vector<double> wanted(count);
                for (std::size_t i = 0; i < count; ++i) wanted[i] = g[i] / (1 + std::exp(-static_cast<double>(g[i]))) * u[i];
                EXPECT_LT(relativeError(got, wanted), type == DataType::Float16 ? 3e-4 : 2.5e-3)
                    << name(type) << " " << rows << " x " << columns;
            }
        }
    }
}

TEST_F(ExpressionTest, RowsAndColumnsAreRepeatedAlongAnyAxis) {
    const Ints extents{3, 4, 5, 2, 16};
    const tensor::Shape full(extents);
    const Tensor x = Tensor::fromFloats(full, normal(static_cast<std::size_t>(full.elementCount()), 1));
    const graph::Node add = node("Add", 14);
    for (const auto& shape : {tensor::Shape{16}, tensor::Shape{2, 16}, tensor::Shape{5, 1, 1}, tensor::Shape{3, 1, 1, 1, 1},
                              tensor::Shape{4, 1, 2, 1}, tensor::Shape{3, 1, 5, 1, 16}, tensor::Shape{1, 4, 1, 2, 1}}) {
        for (const DataType type : {DataType::Float32, DataType::Float16}) {
            const Tensor a = *tensor::convert(x, type);
            const Tensor b = *tensor::convert(Tensor::fromFloats(shape, normal(static_cast<std::size_t>(shape.elementCount()), 2)), type);
            const Tensor wanted = referenceOf(add, {a, b});
            expectNear(run(extents, {a, b}, {withInput(Op::Add, 1)}, type), wanted, 0, shape.text());
            expectNear(run(extents, {b, a}, {withInput(Op::Add, 1)}, type), wanted, 0, shape.text() + " first");
            expectNear(run(extents, {a, b}, {withInput(Op::Add, 1)}, type, 1), wanted, 0, shape.text() + " not aligned");
        }
    }
}

TEST_F(ExpressionTest, AlternatingBroadcastsLeaveMoreAxesThanNarrowPlacesTake) {
    const Ints extents{2, 3, 2, 3, 2, 3};
    const tensor::Shape full(extents);
    const Tensor x = Tensor::fromFloats(full, normal(216, 1));
    const Tensor b = Tensor::fromFloats(tensor::Shape{2, 1, 2, 1, 2, 1}, normal(8, 2));
    expectNear(run(extents, {x, b}, {withInput(Op::Mul, 1)}, DataType::Float32), referenceOf(node("Mul", 14), {x, b}), 0, "six axes");
    const Tensor n = *tensor::convert(x, DataType::Int32);
    const Tensor m = *tensor::convert(b, DataType::Int32);
    EXPECT_EQ(tensor::toInt64s(run(extents, {n, m}, {withInput(Op::Sub, 1)}, DataType::Int32)),
              tensor::toInt64s(referenceOf(node("Sub", 14), {n, m})));
}

TEST_F(ExpressionTest, SelectsByAConditionAmongInputsNumbersAndSavedValues) {
    for (const std::int64_t count : {5, 64, 131}) {
        const Tensor x = Tensor::fromFloats(tensor::Shape{count}, normal(static_cast<std::size_t>(count), 1));
        const Tensor z = Tensor::fromFloats(tensor::Shape{count}, normal(static_cast<std::size_t>(count), 2));
        // |x| > 0.5 ? (x + z) : −1
        std::vector<Instruction> chain{
            withInput(Op::Add, 1),        withSaved(Op::Save, 1),
            withInput(Op::Load, 0),       unary(Op::Abs),
            withNumber(Op::Greater, 0.5), {Op::Select, {Operand::Kind::Saved, 1, 0}, {Operand::Kind::Number, 0, -1}, 0, 0}};
        const auto got = tensor::toFloats(run({count}, {x, z}, chain, DataType::Float32));
        const auto a = tensor::toFloats(x);
        const auto b = tensor::toFloats(z);
        for (std::size_t i = 0; i < a.size(); ++i) EXPECT_EQ(got[i], std::fabs(a[i]) > 0.5F ? a[i] + b[i] : -1.0F);
        const Tensor condition = *tensor::convert(run({count}, {x}, {withNumber(Op::Less, 0)}, DataType::Bool), DataType::Bool);
        const Tensor n = *tensor::randomTensor(DataType::Int64, tensor::Shape{count}, 3, -9, 9);
        const Tensor picked = run({count}, {condition, n},
                                  {{Op::Select, {Operand::Kind::Input, 1, 0}, {Operand::Kind::Number, 0, 1e15}, 0, 0}}, DataType::Int64);
        for (std::int64_t i = 0; i < count; ++i)
            EXPECT_EQ(tensor::elementAsInt64(picked, i),
                      a[static_cast<std::size_t>(i)] < 0 ? tensor::elementAsInt64(n, i) : 1000000000000000);
    }
}

TEST_F(ExpressionTest, EightInputsAndTwoSavedValuesInOneChain) {
    constexpr std::int64_t kCount = 45;
    std::vector<Tensor> inputs;
    std::vector<Instruction> chain{withSaved(Op::Save, 0)};
    std::vector<double> wanted(kCount);
    for (int i = 0; i < kMaxInputs; ++i) {
        inputs.push_back(Tensor::fromFloats(i % 3 == 2 ? tensor::Shape{1} : tensor::Shape{kCount},
                                            normal(i % 3 == 2 ? 1 : kCount, static_cast<unsigned>(i))));
        if (i > 0) chain.push_back(withInput(Op::Add, i));
        if (i == 3) chain.push_back(withSaved(Op::Save, 1));
    }
    chain.push_back(withSaved(Op::Mul, 0));
    chain.push_back(withSaved(Op::Sub, 1));
    const auto at = [&](int input, std::size_t i) {
        return static_cast<double>(tensor::toFloats(inputs[static_cast<std::size_t>(input)])[input % 3 == 2 ? 0 : i]);
    };
    for (std::size_t i = 0; i < kCount; ++i) {
        double sum = 0;
        double early = 0;
        for (int input = 0; input < kMaxInputs; ++input) {
            sum += at(input, i);
            if (input == 3) early = sum;
        }
        wanted[i] = sum * at(0, i) - early;
    }
    EXPECT_LT(relativeError(tensor::toFloats(run({kCount}, inputs, chain, DataType::Float32)), wanted), 1e-6);
}

TEST_F(ExpressionTest, AnInputMayBeTheResult) {
    const auto x = normal(203, 1);
    const auto memory = array(x);
    Expression expression;
    expression.extents = {203};
    expression.inputs = {{DataType::Float32, {1}}};
    expression.instructions = {unary(Op::Scale, 2, 1)};
    ASSERT_TRUE(launchExpression(stream(), expression, {memory.data()}, memory.data()));
    const auto got = read(memory);
    for (std::size_t i = 0; i < x.size(); ++i) EXPECT_FLOAT_EQ(got[i], 2 * x[i] + 1);
}

TEST_F(ExpressionTest, NothingIsDoneForEmptyResultsAndScalarsAreOneElement) {
    const Tensor empty = *Tensor::allocate(DataType::Float32, tensor::Shape{3, 0});
    EXPECT_EQ(run({3, 0}, {empty}, {unary(Op::Abs)}, DataType::Float32).elementCount(), 0);
    const Tensor scalar = Tensor::fromFloats(tensor::Shape{}, {-4});
    EXPECT_EQ(tensor::toFloats(run({}, {scalar}, {unary(Op::Abs)}, DataType::Float32)), std::vector<float>{4});
}

}  // namespace
}  // namespace trimtab::cuda
