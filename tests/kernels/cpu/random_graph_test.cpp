// Random graphs of element-wise operators, views, movements, products and convolutions: whatever the planner makes of buffers, layouts and
// places written over, the results are those of the reference engine.
#include <algorithm>

#include "tests/kernels/cpu/harness.h"

namespace trimtab::test {
namespace {

using Ints = std::vector<std::int64_t>;

class RandomGraph {
public:
    explicit RandomGraph(std::uint64_t seed) : m_random(seed) {}

    Graph make() {
        m_values.push_back(m_maker.input("a", kShape));
        m_values.push_back(m_maker.input("b", kShape));
        const auto nodes = 4 + m_random.below(24);
        for (std::uint64_t i = 0; i < nodes; ++i) m_values.push_back(grow());
        for (std::uint64_t i = 0; i < 1 + m_random.below(3); ++i) {
            const auto chosen = m_values[m_values.size() - 1 - m_random.below(m_values.size() - 2)];
            if (std::find(m_outputs.begin(), m_outputs.end(), chosen) == m_outputs.end()) m_outputs.push_back(chosen);
        }
        for (const auto output : m_outputs) m_maker.output(output);
        return m_maker.finish();
    }

    static inline const Shape kShape{2, 4, 6, 6};

private:
    ValueId any() { return m_values[m_random.below(m_values.size())]; }
    std::uint64_t seed() { return 1000 + m_random.below(1u << 20); }
    /// Values stay near one, so that tolerances mean the same throughout.
    ValueId tame(ValueId x) { return m_maker.node("Tanh", {x}); }

    ValueId grow() {
        switch (m_random.below(12)) {
            case 0: return m_maker.node("Relu", {any()});
            case 1: return m_maker.node("Sigmoid", {any()});
            case 2: return tame(m_maker.node("Add", {any(), any()}));
            case 3: return tame(m_maker.node("Mul", {any(), any()}));
            case 4: return tame(m_maker.node("Sub", {any(), m_maker.constant(normalTensor(Shape{4, 1, 1}, seed()))}));
            case 5: return convolution(false);
            case 6: return convolution(true);
            case 7: return m_maker.node("MaxPool", {any()}, {{"kernel_shape", Ints{3, 3}}, {"pads", Ints{1, 1, 1, 1}}});
            case 8: return m_maker.node("Transpose", {any()}, {{"perm", Ints{0, 1, 3, 2}}});
            case 9: {
                const auto flat = m_maker.node("Reshape", {any(), m_maker.constant(Tensor::fromInt64s(Shape{2}, {8, 36}))});
                const auto product = m_maker.node("MatMul", {flat, m_maker.constant(normalTensor(Shape{36, 36}, seed(), 0.15))});
                return tame(m_maker.node("Reshape", {product, m_maker.constant(Tensor::fromInt64s(Shape{4}, {2, 4, 6, 6}))}));
            }
            case 10: {
                const auto joined = m_maker.node("Concat", {any(), any()}, {{"axis", std::int64_t{1}}});
                const auto constant = [&](std::int64_t value) { return m_maker.constant(Tensor::fromInt64s(Shape{1}, {value})); };
                return m_maker.node("Slice", {joined, constant(2), constant(6), constant(1)});
            }
            default: return m_maker.node("Softmax", {any()}, {{"axis", std::int64_t{-1}}});
        }
    }

    ValueId convolution(bool residual) {
        const auto y =
            m_maker.node("Conv", {any(), m_maker.constant(normalTensor(Shape{4, 4, 3, 3}, seed(), 0.15))}, {{"pads", Ints{1, 1, 1, 1}}});
        return tame(residual ? m_maker.node("Relu", {m_maker.node("Add", {y, any()})}) : y);
    }

    base::Random m_random;
    GraphMaker m_maker;
    std::vector<ValueId> m_values;
    std::vector<ValueId> m_outputs;
};

TEST(RandomGraphs, GiveTheResultsOfTheReferenceWhateverBuffersTheyShare) {
    for (std::uint64_t seed = 1; seed <= 150; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        const Graph graph = RandomGraph(seed).make();
        // Thirty layers, each off by a few units of 2^-23 and none stretching its input by more than about four.
        expectLikeReference(graph, {{"a", normalTensor(RandomGraph::kShape, seed)}, {"b", normalTensor(RandomGraph::kShape, seed + 7)}},
                            {5e-5, 5e-5});
        if (testing::Test::HasFailure()) return;
    }
}

}  // namespace
}  // namespace trimtab::test
