// Operators that move elements, against the reference, byte for byte.
#include <array>

#include "core/tensor/convert.h"
#include "kernels/cpu/cpu_engine.h"
#include "tests/kernels/cpu/harness.h"

namespace trimtab::test {
namespace {

constexpr Tolerance kExact{0, 0};
using Ints = std::vector<std::int64_t>;

Tensor ints(const Ints& values) { return Tensor::fromInt64s(Shape{static_cast<std::int64_t>(values.size())}, values); }

TEST(Movement, TransposesInEveryOrder) {
    for (const Ints& order :
         {Ints{0, 1, 2, 3}, Ints{0, 2, 1, 3}, Ints{0, 1, 3, 2}, Ints{3, 2, 1, 0}, Ints{1, 0, 3, 2}, Ints{2, 3, 0, 1}, Ints{0, 3, 1, 2}}) {
        for (const Shape& shape : {Shape{2, 3, 5, 7}, Shape{1, 33, 1, 17}, Shape{2, 8, 40, 48}}) {
            GraphMaker maker;
            const auto x = maker.input("x", shape);
            const auto moved = maker.node("Transpose", {x}, {{"perm", order}});
            maker.output(maker.node("Add", {moved, maker.constant(Tensor::scalar(1.0F))}));
            expectLikeReference(maker.finish(), {{"x", normalTensor(shape, 1)}}, kExact);
        }
    }
}

TEST(Movement, TransposesElementsOfEveryWidth) {
    for (const DataType type : {DataType::UInt8, DataType::Float16, DataType::Int32, DataType::Int64, DataType::Float64}) {
        GraphMaker maker;
        const auto x = maker.input("x", type, graph::ValueType::of(type, Shape{3, 17, 19}).dims.value());
        maker.output(maker.node("Transpose", {x}, {{"perm", Ints{2, 0, 1}}}));
        const Tensor values = tensor::convert(integerTensor(Shape{3, 17, 19}, 2, 0, 100), type).value();
        expectLikeReference(maker.finish(), {{"x", values}}, kExact);
    }
}

struct SliceCase {
    Ints starts, ends, axes, steps;
};

TEST(Movement, SlicesForwardsBackwardsAndOutOfRange) {
    const std::int64_t far = std::numeric_limits<std::int64_t>::max();
    for (const auto& [starts, ends, axes, steps] :
         {SliceCase{{1}, {4}, {1}, {1}}, SliceCase{{0, 2}, {far, -1}, {0, 2}, {1, 2}}, SliceCase{{-1}, {-far}, {1}, {-1}},
          SliceCase{{-1, 5}, {0, 0}, {2, 1}, {-2, -1}}, SliceCase{{3}, {3}, {0}, {1}}, SliceCase{{-100}, {100}, {-1}, {3}}}) {
        GraphMaker maker;
        const auto x = maker.input("x", Shape{4, 6, 9});
        maker.output(maker.node("Slice", {x, maker.constant(ints(starts)), maker.constant(ints(ends)), maker.constant(ints(axes)),
                                          maker.constant(ints(steps))}));
        const auto layers = expectLikeReference(maker.finish(), {{"x", normalTensor(Shape{4, 6, 9}, 1)}}, kExact);
        EXPECT_EQ(layerOf(layers, "Slice").kernel, "strided copy");
    }
}

TEST(Movement, SplitsAndJoinsAgain) {
    for (const std::int64_t axis : {0, 1, -1}) {
        GraphMaker maker;
        const auto x = maker.input("x", Shape{6, 6, 6});
        const auto first = maker.node("Split", {x, maker.constant(ints({1, 3, 2}))}, {{"axis", axis}}, "", 3);
        const auto parts = maker.last().outputs;
        EXPECT_EQ(first, parts[0]);
        maker.output(maker.node("Concat", {parts[2], parts[0], parts[1]}, {{"axis", axis}}));
        expectLikeReference(maker.finish(), {{"x", normalTensor(Shape{6, 6, 6}, 1)}}, kExact);
    }
}

TEST(Movement, ExpandsAlongAnyAxis) {
    for (const auto& [from, to] : {std::pair{Shape{1, 3, 1}, Ints{4, 3, 5}}, std::pair{Shape{7}, Ints{2, 3, 7}},
                                   std::pair{Shape{}, Ints{3}}, std::pair{Shape{2, 1, 4}, Ints{1, 8, 4}}}) {
        GraphMaker maker;
        maker.output(maker.node("Expand", {maker.input("x", from), maker.constant(ints(to))}));
        expectLikeReference(maker.finish(), {{"x", normalTensor(from, 1)}}, kExact);
    }
}

TEST(Movement, GathersRowsOfATableAndRefusesIndicesOutsideIt) {
    for (const std::int64_t axis : {0, 1, 2}) {
        GraphMaker maker;
        const auto table = maker.constant(normalTensor(Shape{5, 6, 7}, 3));
        const auto indices = maker.input("i", DataType::Int64, graph::ValueType::of(DataType::Int64, Shape{2, 4}).dims.value());
        maker.output(maker.node("Gather", {table, indices}, {{"axis", axis}}));
        const Graph graph = maker.finish();
        const auto layers = expectLikeReference(graph, {{"i", integerTensor(Shape{2, 4}, 5, -5, 5)}}, kExact);
        EXPECT_EQ(layerOf(layers, "Gather").kernel, "row gather");
    }
}

TEST(Movement, CastsBetweenCommonTypes) {
    for (const DataType from :
         {DataType::Float32, DataType::Int64, DataType::Int32, DataType::Bool, DataType::Float64, DataType::Float16}) {
        for (const DataType to :
             {DataType::Float32, DataType::Int64, DataType::Int32, DataType::Bool, DataType::Float64, DataType::BFloat16}) {
            GraphMaker maker;
            const auto x = maker.input("x", from, graph::ValueType::of(from, Shape{5, 7}).dims.value());
            const auto code = [](DataType type) -> std::int64_t {
                switch (type) {
                    case DataType::Float32: return 1;
                    case DataType::Int32: return 6;
                    case DataType::Int64: return 7;
                    case DataType::Bool: return 9;
                    case DataType::Float64: return 11;
                    default: return 16;
                }
            };
            maker.output(maker.node("Cast", {x}, {{"to", code(to)}}));
            const Tensor values = tensor::convert(normalTensor(Shape{5, 7}, 8, 4.0), from).value();
            expectLikeReference(maker.finish(), {{"x", values}}, kExact);
        }
    }
}

TEST(Movement, ViewsCostNoStepAndOutputsNeverPointIntoTheCallersMemory) {
    GraphMaker maker;
    const auto x = maker.input("x", Shape{2, 6});
    maker.output(maker.node("Reshape", {x, maker.constant(ints({3, 4}))}));
    const auto layers = expectLikeReference(maker.finish(), {{"x", normalTensor(Shape{2, 6}, 1)}}, kExact);
    EXPECT_EQ(layerOf(layers, "Reshape").kernel, "view");
}

TEST(Movement, NearestResizingCopiesWhatTheReferenceCopies) {
    for (const char* mode : {"asymmetric", "half_pixel", "align_corners", "pytorch_half_pixel"}) {
        for (const char* rounding : {"floor", "ceil", "round_prefer_floor"}) {
            for (const bool afterConvolution : {false, true}) {  // whose result stands channels last
                GraphMaker maker;
                auto x = maker.input("x", Shape{2, 16, 5, 7});
                if (afterConvolution) x = maker.node("Conv", {x, maker.constant(normalTensor(Shape{16, 16, 1, 1}, 3))});
                const auto none = maker.constant(Tensor::fromFloats(Shape{0}, {}));
                const std::map<std::string, graph::Attribute> attributes{{"mode", std::string("nearest")},
                                                                         {"coordinate_transformation_mode", std::string(mode)},
                                                                         {"nearest_mode", std::string(rounding)}};
                const auto larger = maker.node("Resize", {x, none, maker.constant(Tensor::fromFloats(Shape{4}, {1, 1, 2, 3}))}, attributes);
                maker.output(maker.node("Resize", {larger, none, none, maker.constant(ints({2, 16, 7, 6}))}, attributes));
                const auto layers = expectLikeReference(maker.finish(), {{"x", normalTensor(Shape{2, 16, 5, 7}, 1)}}, {1e-5, 1e-5});
                EXPECT_EQ(layers.back().op == "Resize" ? layers.back().kernel : layerOf(layers, "Resize").kernel, "nearest copy");
            }
        }
    }
}

TEST(Views, DropoutIsOneOnlyWhenItDoesNotTrain) {
    for (const bool training : {false, true}) {
        GraphMaker maker;
        const auto x = maker.input("x", Shape{2, 6});
        const auto flag = maker.constant(Tensor::fromValues<std::uint8_t>(DataType::Bool, Shape{}, {static_cast<std::uint8_t>(training)}));
        maker.output(maker.node("Dropout", {x, maker.constant(Tensor::scalar(0.5F)), flag}));
        auto model = cpu::makeCpuEngine(1)->compile(maker.finish(), {}).value();
        const Tensor values = normalTensor(Shape{2, 6}, 1);
        const auto outputs = model->run(std::vector<NamedTensor>{{"x", values}});
        ASSERT_TRUE(outputs) << outputs.error().text();
        if (!training) {
            expectClose(*outputs, {{outputs->front().name, values}}, kExact);
            continue;
        }
        const auto given = tensor::toFloats(values), made = tensor::toFloats(outputs->front().tensor);
        for (std::size_t i = 0; i < given.size(); ++i) EXPECT_TRUE(made[i] == 0 || made[i] == 2 * given[i]) << i;
    }
}

}  // namespace
}  // namespace trimtab::test
