// Planning: the arena, replay without allocation, plans by signature, refusals.
#include <atomic>
#include <cstdlib>
#include <new>

#include <gmock/gmock.h>

#include "core/base/memory_budget.h"
#include "kernels/cpu/cpu_engine.h"
#include "kernels/plan/arena.h"
#include "tests/kernels/cpu/harness.h"

namespace {
std::atomic<long> g_allocations{0};
std::atomic<long> g_largeAllocations{0};
constexpr std::size_t kLarge = 4096;

void* countedOrNull(std::size_t size) noexcept {
    ++g_allocations;
    if (size >= kLarge) ++g_largeAllocations;
    return std::malloc(size ? size : 1);
}

void* counted(std::size_t size) {
    if (void* memory = countedOrNull(size)) return memory;
    throw std::bad_alloc();
}
}  // namespace

// All plain forms are replaced together: a form left out would pair one library's new with another's delete.
void* operator new(std::size_t size) { return counted(size); }
void* operator new[](std::size_t size) { return counted(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return countedOrNull(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return countedOrNull(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { std::free(memory); }

namespace trimtab::test {
namespace {

TEST(Arena, NeverLetsTwoLivingBuffersOverlapAndIsNoLargerThanTheirSum) {
    base::Random random(17);
    for (int round = 0; round < 200; ++round) {
        std::vector<plan::Lifetime> lifetimes;
        std::int64_t sum = 0;
        std::vector<std::int64_t> alive(64, 0);
        for (std::uint64_t i = 0, count = 1 + random.below(40); i < count; ++i) {
            const int first = static_cast<int>(random.below(50));
            const int last = first + static_cast<int>(random.below(14));
            const std::int64_t bytes = static_cast<std::int64_t>(random.below(random.below(2) ? 5000 : 100));
            lifetimes.push_back({bytes, first, last});
            const std::int64_t padded = (bytes + 63) / 64 * 64;
            sum += padded;
            for (int t = first; t <= last; ++t) alive[static_cast<std::size_t>(t)] += padded;
        }
        const auto layout = plan::layOut(lifetimes).value();
        EXPECT_LE(layout.bytes, sum);
        EXPECT_GE(layout.bytes, *std::max_element(alive.begin(), alive.end()));
        for (std::size_t i = 0; i < lifetimes.size(); ++i) {
            EXPECT_EQ(layout.offsets[i] % 64, 0);
            EXPECT_LE(layout.offsets[i] + lifetimes[i].bytes, layout.bytes);
            for (std::size_t j = i + 1; j < lifetimes.size(); ++j) {
                const bool together = lifetimes[i].first <= lifetimes[j].last && lifetimes[j].first <= lifetimes[i].last;
                if (!together || lifetimes[i].bytes == 0 || lifetimes[j].bytes == 0) continue;
                const bool apart = layout.offsets[i] + lifetimes[i].bytes <= layout.offsets[j] ||
                                   layout.offsets[j] + lifetimes[j].bytes <= layout.offsets[i];
                EXPECT_TRUE(apart);
            }
        }
    }
}

TEST(Arena, ReusesTheBytesOfAChain) {
    std::vector<plan::Lifetime> chain;
    for (int i = 0; i < 20; ++i) chain.push_back({1024, i, i + 1});
    EXPECT_EQ(plan::layOut(chain).value().bytes, 2048);
}

TEST(Arena, RefusesSumsThatOverflow) {
    EXPECT_FALSE(plan::layOut({{std::int64_t{1} << 62, 0, 1}, {std::int64_t{1} << 62, 0, 1}}).has_value());
}

/// Counts what is allocated between the first node's begin and the last node's end: the steps alone, without the returned vector.
class AllocationListener final : public trace::NodeListener {
public:
    void beginNode(std::int32_t) override {
        if (m_begun) return;
        m_begun = true;
        m_allocations = g_allocations;
        m_large = g_largeAllocations;
    }
    void endNode(std::int32_t) override {
        allocations = g_allocations - m_allocations;
        large = g_largeAllocations - m_large;
    }
    long allocations = -1;
    long large = -1;

private:
    bool m_begun = false;
    long m_allocations = 0;
    long m_large = 0;
};

Graph transformerLike() {
    GraphMaker maker;
    using Ints = std::vector<std::int64_t>;
    const auto x = maker.input("x", Shape{2, 6, 32});
    const auto normal = maker.node("RMSNormalization", {x, maker.constant(normalTensor(Shape{32}, 2))},
                                   {{"axis", std::int64_t{-1}}, {"epsilon", 1e-6F}}, "trimtab");
    const auto moved = maker.node("Transpose", {normal}, {{"perm", Ints{0, 2, 1}}});
    const auto soft = maker.node("Softmax", {moved}, {{"axis", std::int64_t{-1}}});
    const auto back = maker.node("Transpose", {soft}, {{"perm", Ints{0, 2, 1}}});
    const auto gate = maker.node("Silu", {back}, {}, "trimtab");
    maker.output(maker.node("Add", {maker.node("Mul", {gate, normal}), x}));
    return maker.finish();
}

Graph convolutional() {
    GraphMaker maker;
    using Ints = std::vector<std::int64_t>;
    auto x = maker.input("x", DataType::Float32,
                         {graph::Dim::named("batch"), graph::Dim::known(16), graph::Dim::known(12), graph::Dim::known(12)});
    for (std::uint64_t i = 0; i < 4; ++i) {
        const auto y = maker.node("Conv", {x, maker.constant(normalTensor(Shape{16, 16, 3, 3}, i, 0.1))}, {{"pads", Ints{1, 1, 1, 1}}});
        x = maker.node("Relu", {i % 2 ? maker.node("Add", {y, x}) : y});
    }
    maker.output(maker.node("Flatten", {maker.node("GlobalAveragePool", {x})}));
    return maker.finish();
}

TEST(Replay, AllocatesNothingInOurKernels) {
    auto model = cpu::makeCpuEngine(2)->compile(transformerLike(), {}).value();
    const std::vector<NamedTensor> inputs{{"x", normalTensor(Shape{2, 6, 32}, 1)}};
    ASSERT_TRUE(model->run(inputs).has_value());
    const std::int64_t before = base::MemoryBudget::process().used();
    AllocationListener listener;
    ASSERT_TRUE(model->run(inputs, &listener).has_value());
    EXPECT_EQ(listener.allocations, 0);
    EXPECT_EQ(base::MemoryBudget::process().used(), before);
}

TEST(Replay, AllocatesNoTensorAroundOnednn) {
    // oneDNN itself keeps small books while it executes; no buffer is among them.
    auto model = cpu::makeCpuEngine(2)->compile(convolutional(), {}).value();
    const std::vector<NamedTensor> inputs{{"x", normalTensor(Shape{3, 16, 12, 12}, 1)}};
    ASSERT_TRUE(model->run(inputs).has_value());
    const std::int64_t before = base::MemoryBudget::process().used();
    AllocationListener listener;
    ASSERT_TRUE(model->run(inputs, &listener).has_value());
    EXPECT_EQ(listener.large, 0);
    EXPECT_EQ(base::MemoryBudget::process().used(), before);
}

TEST(Replay, OtherInputsGiveTheirOwnResults) {
    auto model = cpu::makeCpuEngine(2)->compile(transformerLike(), {}).value();
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        const std::vector<NamedTensor> inputs{{"x", normalTensor(Shape{2, 6, 32}, seed)}};
        expectClose(model->run(inputs).value(), runOnReference(transformerLike(), inputs), {1e-5, 1e-5});
    }
}

TEST(Plans, AreKeptByShapeAndShareTheirWeights) {
    auto model = cpu::makeCpuEngine(2)->compile(convolutional(), {}).value();
    std::int64_t weights = 0;
    for (const std::int64_t batch : {1, 2, 1, 3, 4, 5, 6, 1}) {
        const std::vector<NamedTensor> inputs{{"x", normalTensor(Shape{batch, 16, 12, 12}, 1)}};
        expectClose(model->run(inputs).value(), runOnReference(convolutional(), inputs), {1e-5, 1e-4});
        if (weights == 0) weights = model->weightBytes();
        EXPECT_EQ(model->weightBytes(), weights);
    }
}

TEST(Plans, CountTheirMemoryAndGiveItBack) {
    const std::int64_t before = base::MemoryBudget::process().used();
    {
        const Graph graph = convolutional();
        auto model = cpu::makeCpuEngine(2)->compile(graph, {}).value();
        const std::vector<NamedTensor> inputs{{"x", normalTensor(Shape{3, 16, 12, 12}, 1)}};
        ASSERT_TRUE(model->prepare(inputs).has_value());
        EXPECT_GT(model->arenaBytes(), 0);
        EXPECT_GE(base::MemoryBudget::process().used(), before + model->arenaBytes());
        EXPECT_EQ(model->layers().size(), 6U);
    }
    EXPECT_EQ(base::MemoryBudget::process().used(), before);
}

TEST(Plans, RefuseMoreMemoryThanTheBudgetBeforeTakingIt) {
    GraphMaker maker;
    const auto x = maker.input("x", DataType::Float32, {graph::Dim::known(1)});
    maker.output(maker.node("Relu", {maker.node("Expand", {x, maker.constant(Tensor::fromInt64s(Shape{1}, {std::int64_t{1} << 30}))})}));
    const Graph graph = maker.finish();
    auto model = cpu::makeCpuEngine(2)->compile(graph, {}).value();
    auto& budget = base::MemoryBudget::process();
    budget.setLimit(budget.used() + (64 << 20));
    const auto outcome = model->run(std::vector<NamedTensor>{{"x", normalTensor(Shape{1}, 1)}});
    budget.setLimit(0);
    ASSERT_FALSE(outcome.has_value());
    EXPECT_EQ(outcome.error().code, ErrorCode::OutOfMemory);
}

TEST(Plans, CountWhatReformattingMovesAtTheLayerThatAsksForIt) {
    // Transposed convolutions take and give channels last; a graph's ends are row-major.
    GraphMaker maker;
    const Shape input{1, 8, 6, 6}, output{1, 4, 10, 10};
    const auto y = maker.node("ConvTranspose", {maker.input("x", input), maker.constant(normalTensor(Shape{8, 16, 3, 3}, 2))});
    maker.output(maker.node("ConvTranspose", {y, maker.constant(normalTensor(Shape{16, 4, 3, 3}, 3))}));
    const auto layers = runOnCpu(maker.finish(), {{"x", normalTensor(input, 1)}}).layers;
    ASSERT_EQ(layers.size(), 3U);
    EXPECT_EQ(layers[0].reformatBytes, 2 * 4 * input.elementCount());
    EXPECT_EQ(layers[1].reformatBytes, 0) << "it takes what the first gives";
    EXPECT_EQ(layers[2].node, "outputs");
    EXPECT_EQ(layers[2].reformatBytes, 2 * 4 * output.elementCount());
}

TEST(Plans, RefuseInputsThatDoNotFit) {
    auto model = cpu::makeCpuEngine(2)->compile(convolutional(), {}).value();
    const Tensor good = normalTensor(Shape{1, 16, 12, 12}, 1);
    const auto refusal = [&](std::vector<NamedTensor> inputs) {
        const auto outcome = model->run(inputs);
        EXPECT_FALSE(outcome.has_value());
        return outcome ? std::string() : outcome.error().text();
    };
    EXPECT_THAT(refusal({}), testing::HasSubstr("'x'"));
    EXPECT_THAT(refusal({{"y", good}}), testing::HasSubstr("'y'"));
    EXPECT_THAT(refusal({{"x", good}, {"x", good}}), testing::HasSubstr("twice"));
    EXPECT_THAT(refusal({{"x", integerTensor(Shape{1, 16, 12, 12}, 1, 0, 2)}}), testing::HasSubstr("'x'"));
    EXPECT_THAT(refusal({{"x", normalTensor(Shape{1, 15, 12, 12}, 1)}}), testing::HasSubstr("x"));
    EXPECT_TRUE(model->run(std::vector<NamedTensor>{{"x", good}}).has_value());
}

TEST(Plans, NameEveryOperatorThatNothingExecutes) {
    GraphMaker maker;
    const auto x = maker.input("x", Shape{4});
    auto y = maker.node("Frobnicate", {x}, {}, "com.example");
    y = maker.node("Frobnicate", {y}, {}, "com.example");
    maker.output(maker.node("Grommet", {y}));
    const auto outcome = cpu::makeCpuEngine(1)->compile(maker.finish(), {});
    ASSERT_FALSE(outcome.has_value());
    EXPECT_EQ(outcome.error().code, ErrorCode::Unsupported);
    EXPECT_EQ(outcome.error().message, "engine cpu executes no Grommet, com.example.Frobnicate");
}

TEST(DynamicSteps, CarryValuesWhoseShapeOnlyTheRunKnows) {
    GraphMaker maker;
    const auto x = maker.input("x", Shape{3, 4});
    const auto found = maker.node("NonZero", {maker.node("Relu", {x})});
    const auto turned = maker.node("Transpose", {found}, {{"perm", std::vector<std::int64_t>{1, 0}}});
    maker.output(maker.node("GatherND", {x, turned}));
    maker.output(maker.node("Neg", {x}));
    const Graph graph = maker.finish();
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        const std::vector<NamedTensor> inputs{{"x", normalTensor(Shape{3, 4}, seed)}};
        const auto layers = expectLikeReference(graph, inputs);
        EXPECT_NE(layerOf(layers, "NonZero").reason, "");
    }
}

TEST(Outputs, MayBeInputsAndConstantsAndMayRepeat) {
    GraphMaker maker;
    const auto x = maker.input("x", Shape{2, 3});
    maker.output(maker.node("Identity", {x}));
    const auto y = maker.node("Exp", {x});
    maker.output(y);
    maker.output(maker.node("Sigmoid", {y}));
    expectLikeReference(maker.finish(), {{"x", normalTensor(Shape{2, 3}, 1)}}, {1e-6, 1e-6});
}

}  // namespace
}  // namespace trimtab::test
