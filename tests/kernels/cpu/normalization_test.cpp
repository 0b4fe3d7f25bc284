// Softmax, normalisations and reductions against the reference.
#include "tests/kernels/cpu/harness.h"

namespace trimtab::test {
namespace {

using Ints = std::vector<std::int64_t>;

TEST(Softmax, AgreesWithTheReferenceOnEveryAxisAndLength) {
    for (const char* op : {"Softmax", "LogSoftmax"}) {
        for (const std::int64_t length : {1, 2, 15, 16, 17, 1000}) {
            for (const std::int64_t axis : {0, 1, -1}) {
                GraphMaker maker;
                maker.output(maker.node(op, {maker.input("x", Shape{3, 2, length})}, {{"axis", axis}}));
                expectLikeReference(maker.finish(), {{"x", normalTensor(Shape{3, 2, length}, 1, 4.0)}}, {3e-6, 1e-6});
            }
        }
    }
}

TEST(Softmax, LetsMaskedEntriesVanish) {
    GraphMaker maker;
    const float infinity = std::numeric_limits<float>::infinity();
    maker.output(maker.node("Softmax", {maker.input("x", Shape{2, 4})}, {{"axis", std::int64_t{-1}}}));
    expectLikeReference(maker.finish(),
                        {{"x", Tensor::fromFloats(Shape{2, 4}, {1, -infinity, 2, -infinity, -infinity, -infinity, -infinity, 3})}},
                        {1e-6, 0});
}

TEST(Softmax, FlattensItsTrailingAxesBeforeOpset13) {
    GraphMaker maker;
    maker.output(maker.node("Softmax", {maker.input("x", Shape{3, 4, 5})}, {{"axis", std::int64_t{1}}}));
    maker.last().version = 11;
    expectLikeReference(maker.finish(), {{"x", normalTensor(Shape{3, 4, 5}, 1)}}, {1e-6, 1e-6});
}

TEST(LayerNormalization, AgreesWithTheReferenceWithAndWithoutBias) {
    for (const std::int64_t length : {1, 7, 64, 129}) {
        for (const bool bias : {false, true}) {
            GraphMaker maker;
            std::vector<ValueId> inputs{maker.input("x", Shape{4, 3, length}), maker.constant(normalTensor(Shape{length}, 2))};
            if (bias) inputs.push_back(maker.constant(normalTensor(Shape{length}, 3)));
            maker.output(maker.node("LayerNormalization", inputs, {{"axis", std::int64_t{-1}}}));
            const auto layers = expectLikeReference(maker.finish(), {{"x", normalTensor(Shape{4, 3, length}, 1, 3.0)}}, {1e-5, 1e-5});
            EXPECT_EQ(layers.front().kernel, "row normalisation");
        }
    }
}

TEST(RMSNormalization, AgreesWithTheReference) {
    for (const std::int64_t length : {1, 7, 64, 129}) {
        GraphMaker maker;
        const auto x = maker.input("x", Shape{5, length});
        maker.output(maker.node("RMSNormalization", {x, maker.constant(normalTensor(Shape{length}, 2))},
                                {{"axis", std::int64_t{-1}}, {"epsilon", 1e-6F}}, "trimtab"));
        const auto layers = expectLikeReference(maker.finish(), {{"x", normalTensor(Shape{5, length}, 1, 3.0)}}, {1e-5, 1e-5});
        EXPECT_EQ(layers.front().kernel, "row normalisation");
    }
}

TEST(SkipNormalization, AddsThenNormalisesAndHandsTheSumOn) {
    for (const char* op : {"SkipLayerNormalization", "SkipSimplifiedLayerNormalization"}) {
        const bool isSimplified = op[4] == 'S';
        for (const std::int64_t length : {1, 7, 64, 129}) {
            for (const bool extras : {false, true}) {
                GraphMaker maker;
                const Shape shape{2, 3, length};
                std::vector<ValueId> inputs{maker.input("x", shape), maker.input("skip", shape),
                                            maker.constant(normalTensor(Shape{length}, 2))};
                const int vectors = !extras ? 0 : isSimplified ? 1 : 2;
                for (int i = 0; i < vectors; ++i)
                    inputs.push_back(maker.constant(normalTensor(Shape{length}, 3 + static_cast<std::uint64_t>(i))));
                maker.node(op, inputs, {{"epsilon", 1e-5F}}, "com.microsoft", 4);
                const auto outputs = maker.last().outputs;
                maker.last().outputs = {outputs[0], graph::kNoValue, graph::kNoValue, outputs[3]};
                maker.output(outputs[0]);
                maker.output(outputs[3]);
                const auto layers = expectLikeReference(
                    maker.finish(), {{"x", normalTensor(shape, 1, 3.0)}, {"skip", normalTensor(shape, 4)}}, {1e-5, 1e-5});
                EXPECT_EQ(layers.front().kernel, "skip normalisation");
            }
        }
    }
}

TEST(BatchNormalization, LeftAloneBecomesOneFactorAndOneSummandPerChannel) {
    for (const bool afterConv : {false, true}) {
        GraphMaker maker;
        const Shape shape{3, 6, 5, 4};
        auto x = maker.input("x", shape);
        // Two readers keep the convolution from swallowing the normalisation.
        if (afterConv) x = maker.node("Conv", {x, maker.constant(normalTensor(Shape{6, 6, 1, 1}, 8))});
        const auto positive = [&](std::uint64_t seed) {
            Tensor t = normalTensor(Shape{6}, seed);
            for (float& value : t.mutableData<float>()) value = std::abs(value) + 0.2F;
            return maker.constant(t);
        };
        const auto y = maker.node("BatchNormalization", {x, positive(1), maker.constant(normalTensor(Shape{6}, 2)),
                                                         maker.constant(normalTensor(Shape{6}, 3)), positive(4)});
        maker.output(maker.node("Add", {y, x}));
        const auto layers = expectLikeReference(maker.finish(), {{"x", normalTensor(shape, 1)}}, {1e-5, 1e-5});
        EXPECT_EQ(layerOf(layers, "BatchNormalization").kernel, "channel scaling");
    }
}

TEST(Reductions, AgreeWithTheReferenceOverEveryBlockOfAxes) {
    for (const char* op : {"ReduceMean", "ReduceMax", "ReduceMin", "ReduceSumSquare"}) {
        for (const Ints& axes : {Ints{0}, Ints{1}, Ints{-1}, Ints{0, 1}, Ints{1, 2}, Ints{2, 3}, Ints{0, 2}, Ints{0, 1, 2, 3}, Ints{}}) {
            for (const std::int64_t keep : {0, 1}) {
                GraphMaker maker;
                std::map<std::string, Attribute> attributes{{"keepdims", keep}};
                if (!axes.empty()) attributes.emplace("axes", axes);
                maker.output(maker.node(op, {maker.input("x", Shape{3, 5, 7, 18})}, attributes));
                expectLikeReference(maker.finish(), {{"x", normalTensor(Shape{3, 5, 7, 18}, 1)}}, {1e-6, 1e-5});
            }
        }
    }
}

TEST(Reductions, SumTakesItsAxesAsAnInput) {
    GraphMaker maker;
    const auto x = maker.input("x", Shape{3, 5, 7});
    maker.output(maker.node("ReduceSum", {x, maker.constant(Tensor::fromInt64s(Shape{1}, {1}))}, {{"keepdims", std::int64_t{0}}}));
    const auto layers = expectLikeReference(maker.finish(), {{"x", normalTensor(Shape{3, 5, 7}, 1)}}, {1e-6, 1e-5});
    EXPECT_EQ(layers.front().kernel, "vector reduction");
}

TEST(GlobalPooling, WorksInBothLayouts) {
    for (const char* op : {"GlobalAveragePool", "GlobalMaxPool"}) {
        for (const bool afterConv : {false, true}) {
            GraphMaker maker;
            auto x = maker.input("x", Shape{3, 5, 7, 6});
            if (afterConv) x = maker.node("Conv", {x, maker.constant(normalTensor(Shape{33, 5, 3, 3}, 8))});
            maker.output(maker.node(op, {x}));
            expectLikeReference(maker.finish(), {{"x", normalTensor(Shape{3, 5, 7, 6}, 1)}}, {1e-5, 1e-5});
        }
    }
}

}  // namespace
}  // namespace trimtab::test
