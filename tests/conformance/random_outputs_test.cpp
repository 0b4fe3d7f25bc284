// What is told of outputs that depend on random numbers: which they are, and what no generator could have made.
#include <gtest/gtest.h>

#include "profiler/worker/random_outputs.h"

namespace trimtab::worker {
namespace {

using ref::RunValue;

/// A graph of nodes over named values; inputs first, then what nodes make.
class Model {
public:
    graph::ValueId input(const std::string& name) {
        m_graph.inputs.push_back(value(name));
        return m_graph.inputs.back();
    }

    std::vector<graph::ValueId> node(const std::string& op, int version, std::vector<graph::ValueId> inputs, std::size_t outputs = 1,
                                     std::map<std::string, graph::Attribute> attributes = {}) {
        graph::Node made;
        made.name = op;
        made.op = op;
        made.version = version;
        made.inputs = std::move(inputs);
        made.attributes = std::move(attributes);
        for (std::size_t i = 0; i < outputs; ++i) made.outputs.push_back(value(op + std::to_string(m_graph.values.size())));
        m_graph.nodes.push_back(made);
        return made.outputs;
    }

    Graph asking(std::vector<graph::ValueId> outputs) {
        m_graph.outputs = std::move(outputs);
        return m_graph;
    }

private:
    graph::ValueId value(const std::string& name) {
        graph::Value made;
        made.name = name;
        return m_graph.addValue(std::move(made));
    }

    Graph m_graph;
};

Tensor floats(std::vector<float> values) { return Tensor::fromFloats(Shape{static_cast<std::int64_t>(values.size())}, values); }
Tensor flags(std::vector<std::uint8_t> values) {
    return Tensor::fromValues(DataType::Bool, Shape{static_cast<std::int64_t>(values.size())}, values);
}

std::string judged(const Graph& graph, const std::vector<RunValue>& inputs, std::size_t output, const std::vector<RunValue>& got) {
    return RandomOutputs(graph, inputs).difference(output, got[output], got);
}

TEST(RandomOutputs, FollowRandomNumbersButNotShapes) {
    Model model;
    const auto x = model.input("x");
    const auto drawn = model.node("Bernoulli", 15, {x})[0];
    const auto sum = model.node("Add", 14, {x, drawn})[0];
    const auto shape = model.node("Shape", 15, {drawn})[0];
    const auto other = model.node("Neg", 13, {x})[0];
    const Graph graph = model.asking({sum, shape, other});
    const RandomOutputs outputs(graph, {});
    EXPECT_TRUE(outputs.any());
    EXPECT_TRUE(outputs.has(0));
    EXPECT_FALSE(outputs.has(1));
    EXPECT_FALSE(outputs.has(2));
}

TEST(RandomOutputs, LookIntoSubgraphs) {
    Model inner;
    const auto body = std::make_shared<const Graph>(inner.asking(inner.node("RandomUniform", 1, {})));
    Model model;
    const auto x = model.input("x");
    const auto chosen = model.node("If", 16, {x}, 1, {{"then_branch", body}, {"else_branch", body}})[0];
    const Graph graph = model.asking({chosen});
    EXPECT_TRUE(RandomOutputs(graph, {}).any());
}

TEST(RandomOutputs, KnowWhetherADropoutTrains) {
    Model model;
    const auto x = model.input("x"), ratio = model.input("ratio"), mode = model.input("mode");
    const Graph graph = model.asking(model.node("Dropout", 13, {x, ratio, mode}));
    const auto draws = [&](float share, bool training) {
        const std::vector<RunValue> inputs{floats({1}), Tensor::scalar(share), flags({static_cast<std::uint8_t>(training)})};
        return RandomOutputs(graph, inputs).any();
    };
    EXPECT_TRUE(draws(0.5F, true));
    EXPECT_FALSE(draws(0.0F, true));
    EXPECT_FALSE(draws(0.5F, false));
    EXPECT_TRUE(RandomOutputs(graph, {}).any()) << "nothing is known";
}

TEST(RandomOutputs, CatchOutcomesThatBernoulliNeverDraws) {
    Model model;
    const auto x = model.input("x");
    const auto compared = model.node("Greater", 13, {x, model.node("RandomUniformLike", 1, {x})[0]})[0];
    const Graph graph = model.asking({model.node("Bernoulli", 15, {x})[0], model.node("Cast", 13, {compared})[0]});
    const std::vector<RunValue> good{floats({0, 1}), floats({1, 0})}, bad{floats({0, 2}), floats({0.5F, 0})};
    for (const std::size_t output : {0U, 1U}) {
        EXPECT_EQ(judged(graph, {}, output, good), "");
        EXPECT_NE(judged(graph, {}, output, bad), "");
    }
    const RandomOutputs outputs(graph, {});
    EXPECT_NE(outputs.difference(0, floats({0}), good), "") << "the shape differs";
    EXPECT_NE(outputs.difference(0, flags({0, 1}), good), "") << "the type differs";
}

TEST(RandomOutputs, CatchNumbersOutsideTheirRange) {
    Model model;
    const Graph graph = model.asking(model.node("RandomUniform", 1, {}, 1, {{"low", -1.0F}, {"high", 2.0F}}));
    EXPECT_EQ(judged(graph, {}, 0, {floats({-1, 1.9F})}), "");
    EXPECT_NE(judged(graph, {}, 0, {floats({-1.1F})}), "");
    EXPECT_NE(judged(graph, {}, 0, {floats({2.1F})}), "");
}

TEST(RandomOutputs, CatchADropoutThatDoesNotScaleOrTellsAnotherMask) {
    Model model;
    const auto x = model.input("x"), ratio = model.input("ratio"), mode = model.input("mode");
    const Graph graph = model.asking(model.node("Dropout", 13, {x, ratio, mode}, 2));
    const std::vector<RunValue> inputs{floats({3, 6}), Tensor::scalar(0.25F), flags({1})};
    EXPECT_EQ(judged(graph, inputs, 0, {floats({4, 0}), flags({1, 0})}), "");
    EXPECT_EQ(judged(graph, inputs, 1, {floats({4, 0}), flags({1, 0})}), "");
    EXPECT_NE(judged(graph, inputs, 0, {floats({3, 0}), flags({1, 0})}), "") << "not scaled";
    EXPECT_NE(judged(graph, inputs, 1, {floats({4, 0}), flags({1, 1})}), "") << "dropped though kept by the mask";
    EXPECT_NE(judged(graph, inputs, 1, {floats({4, 8}), flags({0, 1})}), "") << "kept though dropped by the mask";
}

}  // namespace
}  // namespace trimtab::worker
