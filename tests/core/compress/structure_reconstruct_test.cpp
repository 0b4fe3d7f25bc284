// Fits of what reads units that leave, held against plain least squares and against the same removal without them.
#include <cmath>
#include <numeric>

#include <gmock/gmock.h>

#include "core/compress/compress.h"
#include "core/compress/structure/reconstruct.h"
#include "core/compress/structure/repaired_shares.h"
#include "core/compress/structure/shrink.h"
#include "core/compress/structure/unit_readers.h"
#include "tests/core/compress/calibration_by_reference.h"
#include "tests/core/compress/plain_math.h"
#include "tests/core/compress/structure_graphs.h"

namespace trimtab::compress {
namespace {

using testing::HasSubstr;

struct Calibrated {
    explicit Calibrated(std::vector<Tensor> batches) : source(std::move(batches)) {
        tools.activations = &source;
        tools.math = &math;
    }
    CalibrationByReference source;
    PlainMath math;
    Tools tools;
};

using Table = std::vector<std::vector<double>>;

/// The values of `id` on all batches, as rows of its last axis.
Table rowsOf(const Graph& graph, ValueId id, ActivationSource& source) {
    Table rows;
    EXPECT_TRUE(source.forEach(graph, std::span(&id, 1), [&](std::size_t, const Tensor& tensor) -> Status {
        const auto values = tensor::toFloats(tensor);
        const auto width = static_cast<std::size_t>(tensor.shape()[tensor.shape().rank() - 1]);
        for (auto at = values.begin(); at != values.end(); at += static_cast<std::ptrdiff_t>(width))
            rows.emplace_back(at, at + static_cast<std::ptrdiff_t>(width));
        return {};
    }));
    return rows;
}

/// Σ (y − ŷ)² over all rows.
double errorBetween(const Table& y, const Table& fitted) {
    double sum = 0;
    for (std::size_t r = 0; r < y.size(); ++r)
        for (std::size_t i = 0; i < y[r].size(); ++i) sum += std::pow(y[r][i] - fitted[r][i], 2);
    return sum;
}

/// a · x = b by Gaussian elimination with pivots.
std::vector<double> solution(Table a, std::vector<double> b) {
    const std::size_t size = b.size();
    for (std::size_t k = 0; k < size; ++k) {
        std::size_t pivot = k;
        for (std::size_t i = k; i < size; ++i)
            if (std::abs(a[i][k]) > std::abs(a[pivot][k])) pivot = i;
        std::swap(a[k], a[pivot]);
        std::swap(b[k], b[pivot]);
        for (std::size_t i = k + 1; i < size; ++i) {
            const double times = a[i][k] / a[k][k];
            for (std::size_t j = k; j < size; ++j) a[i][j] -= times * a[k][j];
            b[i] -= times * b[k];
        }
    }
    for (std::size_t k = size; k-- > 0;) {
        for (std::size_t j = k + 1; j < size; ++j) b[k] -= a[k][j] * b[j];
        b[k] /= a[k][k];
    }
    return b;
}

/// The least Σ (y − ŷ)² that any weights reach on these inputs, by the normal equations.
double leastError(const Table& inputs, const Table& y) {
    const std::size_t width = inputs.front().size();
    Table products(width, std::vector<double>(width)), fitted(y.size(), std::vector<double>(y.front().size()));
    for (const auto& row : inputs)
        for (std::size_t i = 0; i < width; ++i)
            for (std::size_t j = 0; j < width; ++j) products[i][j] += row[i] * row[j];
    for (std::size_t o = 0; o < y.front().size(); ++o) {
        std::vector<double> right(width);
        for (std::size_t r = 0; r < y.size(); ++r)
            for (std::size_t i = 0; i < width; ++i) right[i] += inputs[r][i] * y[r][o];
        const auto weights = solution(products, right);
        for (std::size_t r = 0; r < y.size(); ++r)
            fitted[r][o] = std::inner_product(weights.begin(), weights.end(), inputs[r].begin(), 0.0);
    }
    return errorBetween(y, fitted);
}

/// x [rows, 5] → 7 hidden units → 3 outputs, whose product has a bias or none.
Graph hiddenLayer(std::uint64_t seed, bool biased) {
    RandomLayers net(seed);
    const ValueId x = net.input("x", dims({"batch", 5}));
    const ValueId hidden = net.add("Sigmoid", {net.add("Gemm", {x, net.normals({5, 7}, 1), net.normals({7})})});
    if (!biased) return net.finish(net.product(hidden, 7, 3, false));
    return net.finish(net.add("Gemm", {hidden, net.normals({3, 7}), net.normals({3})}, {{"transB", std::int64_t{1}}}));
}

std::vector<Tensor> batchesOf(const Shape& shape) {
    return {*tensor::randomTensor(DataType::Float32, shape, 71), *tensor::randomTensor(DataType::Float32, shape, 72)};
}

std::vector<bool> leaving(const UnitGroups& found, std::initializer_list<int> units) {
    std::vector<bool> leaves(static_cast<std::size_t>(found.unitCount), false);
    for (const int unit : units) leaves[static_cast<std::size_t>(unit)] = true;
    return leaves;
}

TEST(Reconstruct, ComesToThePlainLeastSquares) {
    for (const bool biased : {false, true}) {
        const Graph graph = hiddenLayer(1, biased);
        Calibrated calibrated(batchesOf({40, 5}));
        const UnitGroups found = findUnits(graph);
        const auto leaves = leaving(found, {1, 4});
        const auto fitted = reconstructed(graph, found, leaves, leaves, calibrated.tools);
        ASSERT_TRUE(fitted) << fitted.error().text();
        const auto smaller = shrunk(*fitted, found, leaves);
        ASSERT_TRUE(smaller) << smaller.error().text();
        const Table y = rowsOf(graph, graph.outputs[0], calibrated.source);
        Table inputs = rowsOf(*smaller, smaller->nodes.back().input(0), calibrated.source);
        ASSERT_EQ(inputs.front().size(), 5U);
        if (biased)
            for (auto& row : inputs) row.push_back(1);
        const double least = leastError(inputs, y);
        const double error = errorBetween(y, rowsOf(*smaller, smaller->outputs[0], calibrated.source));
        EXPECT_GE(error, least * (1 - 1e-4));
        EXPECT_LE(error, least * 1.01) << (biased ? "with a bias" : "without");
        const double without = errorBetween(y, rowsOf(*shrunk(graph, found, leaves), graph.outputs[0], calibrated.source));
        EXPECT_LT(error, without / 4) << "sigmoids have means to make up for";
    }
}

TEST(Reconstruct, LosesNothingWhereInputsThatStayMakeUpThoseThatLeave) {
    RandomLayers net(2);
    const ValueId x = net.input("x", dims({"batch", 4}));
    auto weights = tensor::toFloats(*net.graph.constantOf(net.normals({4, 6}, 1)));
    for (std::size_t i = 0; i < 4; ++i) weights[i * 6 + 5] = 2 * weights[i * 6];  // unit 5 is twice unit 0
    const ValueId hidden = net.add("Relu", {net.add("MatMul", {x, net.floats({4, 6}, weights)})});
    const Graph graph = net.finish(net.product(hidden, 6, 3, false));
    Calibrated calibrated(batchesOf({40, 4}));
    const UnitGroups found = findUnits(graph);
    const auto leaves = leaving(found, {5});
    const auto fitted = reconstructed(graph, found, leaves, leaves, calibrated.tools);
    ASSERT_TRUE(fitted) << fitted.error().text();
    const auto before = outputsOf(graph, sampleFor(graph, 9)), after = outputsOf(*shrunk(*fitted, found, leaves), sampleFor(graph, 9));
    for (std::size_t i = 0; i < before.size(); ++i) EXPECT_NEAR(before[i], after[i], 2e-3);
}

TEST(Reconstruct, PutsWhatIsConstantIntoTheBias) {
    RandomLayers net(3);
    const ValueId x = net.input("x", dims({"batch", 3, 6, 6}));
    auto weights = tensor::toFloats(*net.graph.constantOf(net.normals({4, 3, 1, 1}, 1)));
    std::fill(weights.begin() + 6, weights.begin() + 9, 0.0F);  // channel 2 is its bias everywhere
    const ValueId hidden = net.add("Conv", {x, net.floats({4, 3, 1, 1}, weights), net.floats({4}, {0, 0, 1.5F, 0})});
    const Graph graph = net.finish(net.add("GlobalAveragePool", {net.convolution(hidden, 4, 2, 1)}));
    Calibrated calibrated(batchesOf({2, 3, 6, 6}));
    const UnitGroups found = findUnits(graph);
    const auto leaves = leaving(found, {2});
    const auto fitted = reconstructed(graph, found, leaves, leaves, calibrated.tools);
    ASSERT_TRUE(fitted) << fitted.error().text();
    const auto before = outputsOf(graph, sampleFor(graph, 9)), after = outputsOf(*shrunk(*fitted, found, leaves), sampleFor(graph, 9));
    for (std::size_t i = 0; i < before.size(); ++i) EXPECT_NEAR(before[i], after[i], 2e-3);
}

/// Σ ‖y − ŷ‖² of the first product that reads leaving units: its inputs are those of the model as it was.
double errorOfFirstReader(const Graph& graph, const Graph& changed, int node, ActivationSource& source) {
    const ValueId before = graph.nodes[static_cast<std::size_t>(node)].output(0);
    const ValueId after = changed.nodes[static_cast<std::size_t>(node)].output(0);
    return errorBetween(rowsOf(graph, before, source), rowsOf(changed, after, source));
}

TEST(Reconstruct, IsNeverWorseThanRemovalAlone) {
    int compared = 0;
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        const Graph graph = seed % 3 == 0 ? convolutional(seed) : seed % 3 == 1 ? feedForward(seed) : decoder(seed, {}, 3, 1, 1);
        Calibrated calibrated({sampleFor(graph, 3), sampleFor(graph, 4)});
        const UnitGroups found = findUnits(graph);
        for (const UnitGroup& group : found.groups) {
            if (!group.reason.empty()) continue;
            auto leaves = leaving(found, {});
            for (std::size_t i = 0; i < (group.units.size() + 1) / 3; ++i) leaves[static_cast<std::size_t>(group.units[i])] = true;
            const auto readers = unitReaders(graph, found, leaves);
            if (readers.empty()) continue;
            const int reader = readers.front().node;
            const auto fitted = reconstructed(graph, found, leaves, leaves, calibrated.tools);
            ASSERT_TRUE(fitted) << fitted.error().text();
            ASSERT_TRUE(shrunk(*fitted, found, leaves));
            const double without = errorOfFirstReader(graph, *masked(graph, found, leaves), reader, calibrated.source);
            const double with = errorOfFirstReader(graph, *fitted, reader, calibrated.source);
            EXPECT_LE(with, without * 1.001 + 1e-9) << "seed " << seed << " at " << graph.nodes[static_cast<std::size_t>(reader)].name;
            ++compared;
        }
    }
    EXPECT_GT(compared, 20);
}

/// Least squares over the hidden units that stay, for each pair that could leave.
TEST(RepairedShares, ComeFirstForThePairThatCostsLeastOnceMadeUpFor) {
    const Graph graph = hiddenLayer(5, false);
    Calibrated calibrated(batchesOf({60, 5}));
    const UnitGroups found = findUnits(graph);
    const std::vector<bool> all(static_cast<std::size_t>(found.unitCount), true);
    const auto shares = repairedShares(graph, found, all, calibrated.tools);
    ASSERT_TRUE(shares) << shares.error().text();
    const Table y = rowsOf(graph, graph.outputs[0], calibrated.source);
    const Table hidden = rowsOf(graph, graph.nodes.back().input(0), calibrated.source);
    double energy = 0;
    for (const auto& row : y) energy += std::inner_product(row.begin(), row.end(), row.begin(), 0.0);
    const auto without = [&](std::initializer_list<std::size_t> units) {
        Table left(hidden.size());
        for (std::size_t r = 0; r < hidden.size(); ++r)
            for (std::size_t i = 0; i < 7; ++i)
                if (std::ranges::count(units, i) == 0) left[r].push_back(hidden[r][i]);
        return leastError(left, y) / energy;
    };
    std::vector<int> order(7);
    std::iota(order.begin(), order.end(), 0);
    const UnitGroup& group = *std::ranges::find_if(found.groups, [](const UnitGroup& g) { return g.units.size() == 7; });
    const auto shareOf = [&](int i) { return (*shares)[static_cast<std::size_t>(group.units[static_cast<std::size_t>(i)])]; };
    std::ranges::sort(order, {}, shareOf);
    std::size_t first = 0, second = 7;
    for (std::size_t i = 1; i < 7; ++i)
        if (without({i}) < without({first})) first = i;
    for (std::size_t i = 0; i < 7; ++i)
        if (i != first && (second == 7 || without({first, i}) < without({first, second}))) second = i;
    EXPECT_EQ(order[0], static_cast<int>(first));
    EXPECT_EQ(order[1], static_cast<int>(second));
    EXPECT_NEAR(shareOf(order[0]), without({first}), 0.15 * without({first})) << "damping is in it";
}

TEST(Reconstruct, BelongsToARecipeAndLooksAtCalibrationData) {
    const Graph graph = hiddenLayer(4, true);
    const auto recipe = recipe::parse(R"({"prune": {"pattern": "neurons", "ratio": 0.3, "reconstruct": true}})");
    ASSERT_TRUE(recipe) << recipe.error().text();
    const auto blind = compress(graph, *recipe);
    ASSERT_FALSE(blind);
    EXPECT_THAT(blind.error().text(), HasSubstr("--calibration"));
    Calibrated calibrated(batchesOf({40, 5}));
    const auto made = compress(graph, *recipe, calibrated.tools);
    ASSERT_TRUE(made) << made.error().text();
    const auto plain = compress(graph, *recipe::parse(R"({"prune": {"pattern": "neurons", "ratio": 0.3}})"));
    const Table y = rowsOf(graph, graph.outputs[0], calibrated.source);
    const auto errorOf = [&](const Graph& changed) { return errorBetween(y, rowsOf(changed, changed.outputs[0], calibrated.source)); };
    EXPECT_LT(errorOf(made->graph), errorOf(plain->graph) / 2);
    EXPECT_EQ(constantsIn(made->graph), constantsIn(plain->graph));
}

}  // namespace
}  // namespace trimtab::compress
