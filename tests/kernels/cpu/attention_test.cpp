// GroupQueryAttention in tiles against the reference: prompts, steps, ragged batches, windows, and caches that are written where they
// stand.
#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "core/graph/attention/attention_nodes.h"
#include "core/tensor/convert.h"
#include "kernels/cpu/cpu_engine.h"
#include "tests/kernels/cpu/harness.h"

namespace trimtab::test {
namespace {

struct Case {
    std::int64_t batch = 1, tokens = 1, heads = 1, kvHeads = 1, size = 8;
    std::int64_t capacity = 0;               // rows of the past caches; 0: there are none
    std::vector<std::int32_t> lengths = {};  // tokens of each sequence in all; empty: of a first prompt
    std::map<std::string, Attribute> more = {};
    bool rotary = true, packed = false, inPlace = false, presents = true;

    std::int64_t total() const { return lengths.empty() ? tokens : *std::max_element(lengths.begin(), lengths.end()); }
};

Shape cacheShape(const Case& c) { return Shape{c.batch, c.kvHeads, c.capacity, c.size}; }

Graph graphOf(const Case& c) {
    GraphMaker maker;
    const std::int64_t width = c.packed ? (c.heads + 2 * c.kvHeads) * c.size : c.heads * c.size;
    std::vector<ValueId> inputs{maker.input("q", Shape{c.batch, c.tokens, width})};
    for (const char* name : {"k", "v"})
        inputs.push_back(c.packed ? graph::kNoValue : maker.input(name, Shape{c.batch, c.tokens, c.kvHeads * c.size}));
    for (const char* name : {"pastKey", "pastValue"}) inputs.push_back(c.capacity > 0 ? maker.input(name, cacheShape(c)) : graph::kNoValue);
    std::vector<std::int32_t> last =
        c.lengths.empty() ? std::vector<std::int32_t>(static_cast<std::size_t>(c.batch), static_cast<std::int32_t>(c.tokens)) : c.lengths;
    for (std::int32_t& length : last) --length;
    inputs.push_back(maker.constant(Tensor::fromValues(DataType::Int32, Shape{c.batch}, last)));
    inputs.push_back(maker.constant(Tensor::fromValues(DataType::Int32, Shape{}, std::vector{static_cast<std::int32_t>(c.total())})));
    std::map<std::string, Attribute> attributes{{"num_heads", c.heads}, {"kv_num_heads", c.kvHeads}, {"do_rotary", std::int64_t{c.rotary}}};
    attributes.insert(c.more.begin(), c.more.end());
    if (c.rotary) {
        const Shape table{std::max(c.total(), c.capacity), c.size / 2};
        inputs.insert(inputs.end(), {maker.constant(normalTensor(table, 11)), maker.constant(normalTensor(table, 12))});
    }
    if (c.inPlace) attributes[graph::kCachesInPlace] = std::int64_t{1};
    const ValueId y = maker.node("GroupQueryAttention", inputs, attributes, "com.microsoft", 3);
    const auto outputs = maker.last().outputs;
    maker.output(y);
    if (c.inPlace)
        maker.last().outputs.resize(1);
    else if (c.presents)
        for (const std::size_t i : {1, 2}) maker.output(outputs[i]);
    return maker.finish();
}

std::vector<NamedTensor> inputsOf(const Case& c) {
    const std::int64_t width = c.packed ? (c.heads + 2 * c.kvHeads) * c.size : c.heads * c.size;
    std::vector<NamedTensor> inputs{{"q", normalTensor(Shape{c.batch, c.tokens, width}, 1)}};
    if (!c.packed)
        for (const char* name : {"k", "v"}) inputs.push_back({name, normalTensor(Shape{c.batch, c.tokens, c.kvHeads * c.size}, *name)});
    if (c.capacity > 0)
        for (const char* name : {"pastKey", "pastValue"})
            inputs.push_back({name, normalTensor(cacheShape(c), static_cast<std::uint64_t>(name[4]))});
    return inputs;
}

constexpr Tolerance kClose{2e-5, 2e-5};

void expectTiled(const Case& c) {
    SCOPED_TRACE(
        fmt::format("batch {} tokens {} heads {}/{} of {}, capacity {}", c.batch, c.tokens, c.heads, c.kvHeads, c.size, c.capacity));
    const auto layers = expectLikeReference(graphOf(c), inputsOf(c), kClose);
    EXPECT_TRUE(layers.front().kernel.starts_with("tiled attention")) << layers.front().kernel << ": " << layers.front().reason;
}

TEST(GroupQueryAttention, OfAPromptAgreesWithTheReference) {
    for (const std::int64_t tokens : {1, 2, 15, 16, 17, 63, 64, 65, 130})
        for (const std::int64_t size : {2, 8, 18, 64})
            for (const std::int64_t kvHeads : {1, 2})
                expectTiled({.batch = 2, .tokens = tokens, .heads = 6, .kvHeads = kvHeads, .size = size});
    expectTiled({.batch = 1, .tokens = 3, .heads = 100, .kvHeads = 1, .size = 16});
    expectTiled({.batch = 3, .tokens = 9, .heads = 4, .kvHeads = 4, .size = 20, .rotary = false, .presents = false});
    expectTiled({.batch = 2, .tokens = 19, .heads = 6, .kvHeads = 3, .size = 16, .packed = true});
}

TEST(GroupQueryAttention, OfAStepReadsTheCacheUpToEachSequencesLength) {
    for (const std::int64_t capacity : {1, 7, 64, 100, 200}) {
        const auto full = static_cast<std::int32_t>(capacity);
        expectTiled({.batch = 1, .tokens = 1, .heads = 4, .kvHeads = 2, .size = 16, .capacity = capacity, .lengths = {full}});
        const std::int32_t half = std::max(full / 2, 1);
        expectTiled({.batch = 3, .tokens = 1, .heads = 7, .kvHeads = 1, .size = 12, .capacity = capacity, .lengths = {full, half, 1}});
    }
    expectTiled({.batch = 2, .tokens = 5, .heads = 4, .kvHeads = 2, .size = 16, .capacity = 80, .lengths = {70, 9}});
    // Caches that grow: the total length is more than the past ones hold.
    expectTiled({.batch = 1, .tokens = 2, .heads = 4, .kvHeads = 2, .size = 16, .capacity = 30, .lengths = {32}});
}

TEST(GroupQueryAttention, OfAStepMeetsFewQueriesAndManyOfAKeyHeadAlike) {
    for (const std::int64_t group : {1, 2, 3, 4, 5, 7, 8, 9, 16})
        for (const std::int64_t size : {2, 18, 64})
            for (const std::int32_t length : {1, 66, 67, 68})
                expectTiled({.tokens = 1, .heads = 2 * group, .kvHeads = 2, .size = size, .capacity = 70, .lengths = {length}});
}

TEST(GroupQueryAttention, SeesTheLastKeysOfAWindowAlone) {
    for (const std::int64_t window : {1, 3, 64, 70}) {
        const std::map<std::string, Attribute> attributes{{"local_window_size", window}};
        expectTiled({.tokens = 140, .heads = 2, .size = 16, .more = attributes});
        expectTiled({.tokens = 1, .heads = 2, .size = 16, .capacity = 150, .lengths = {149}, .more = attributes});
    }
}

TEST(GroupQueryAttention, TakesItsScaleItsCapAndInterleavedPairs) {
    expectTiled({.tokens = 20, .heads = 2, .size = 16, .more = {{"scale", 0.7F}}});
    expectTiled({.tokens = 70, .heads = 2, .size = 16, .more = {{"scale", 2.0F}, {"softcap", 3.0F}}});
    expectTiled({.tokens = 20, .heads = 2, .size = 16, .more = {{"rotary_interleaved", std::int64_t{1}}}});
}

TEST(GroupQueryAttention, LeavesWhatItHasNoKernelForToTheReference) {
    const Case smooth{.tokens = 6, .heads = 2, .size = 16, .more = {{"smooth_softmax", std::int64_t{1}}}};
    const auto layers = expectLikeReference(graphOf(smooth), inputsOf(smooth), kClose);
    EXPECT_EQ(layers.front().kernel, "reference");
    EXPECT_NE(layers.front().reason.find("smooth_softmax"), std::string::npos);
}

/// What the reference makes with present caches, against the caches that a run in place leaves behind.
TEST(GroupQueryAttention, WritesNewRowsWhereTheCachesStand) {
    Case c{.batch = 2, .tokens = 3, .heads = 4, .kvHeads = 2, .size = 16, .capacity = 40, .lengths = {30, 12}};
    const auto expected = runOnReference(graphOf(c), inputsOf(c));
    c.inPlace = true;
    auto inputs = inputsOf(c);
    const auto outcome = runOnCpu(graphOf(c), inputs);  // twice: the same rows are written again
    expectClose(outcome.outputs, {expected[0]}, kClose);
    for (const std::size_t i : {1, 2})
        expectClose({{expected[i].name, inputs[i + 2].tensor}}, {{expected[i].name, expected[i].tensor}}, kClose);
}

TEST(GroupQueryAttention, LetsNothingThroughFromKeysThatAreNotSeen) {
    Case c{.tokens = 70,
           .heads = 2,
           .kvHeads = 1,
           .size = 16,
           .more = {{"local_window_size", std::int64_t{20}}},
           .rotary = false,
           .presents = false};
    auto inputs = inputsOf(c);
    const float infinity = std::numeric_limits<float>::infinity();
    inputs[2].tensor.mutableData<float>()[30 * 16] = infinity;                                   // a value that tokens 30 … 49 see
    for (int i = 0; i < 16; ++i) inputs[1].tensor.mutableData<float>()[16 * 5 + i] = -infinity;  // a key
    const auto expected = runOnReference(graphOf(c), inputs);
    const auto outcome = runOnCpu(graphOf(c), inputs);
    const auto got = tensor::toFloats(outcome.outputs[0].tensor), wanted = tensor::toFloats(expected[0].tensor);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (std::isfinite(wanted[i]))
            ASSERT_NEAR(got[i], wanted[i], 1e-4) << i;
        else
            ASSERT_FALSE(std::isfinite(got[i])) << i;
    }
}

TEST(GroupQueryAttention, LeavesMalformedNodesToTheReference) {
    const auto expectLeft = [](const char* what, const Graph& graph, const std::vector<NamedTensor>& inputs) {
        const auto model = cpu::makeCpuEngine(1)->compile(graph, {});
        if (!model) return;  // refused before it runs is as good
        EXPECT_FALSE((*model)->run(inputs)) << what;
    };
    const Case c{.tokens = 3, .heads = 2, .kvHeads = 1, .size = 16};
    Graph withoutTables = graphOf(c);
    withoutTables.nodes.back().inputs.resize(7);
    expectLeft("no tables", withoutTables, inputsOf(c));
    Graph otherType = graphOf(c);
    for (const graph::ValueId id : otherType.inputs)
        if (otherType.value(id).name == "k") otherType.value(id).type.type = DataType::Int8;
    auto inputs = inputsOf(c);
    inputs[1].tensor = *Tensor::zeros(DataType::Int8, inputs[1].tensor.shape());
    expectLeft("an int8 key", otherType, inputs);
    // Ten tokens in all where three are new and none are kept.
    Case longer = c;
    longer.lengths = {10};
    expectLeft("a length of more tokens than there are", graphOf(longer), inputsOf(c));
    // Caches in place that are no inputs of the graph.
    Case inPlace{.tokens = 1, .heads = 2, .size = 16, .capacity = 8, .lengths = {4}, .inPlace = true};
    Graph constantCache = graphOf(inPlace);
    const graph::ValueId past = constantCache.find("pastKey");
    constantCache.value(past).constant = normalTensor(Shape{1, 1, 8, 16}, 1);
    std::erase(constantCache.inputs, past);
    auto rest = inputsOf(inPlace);
    std::erase_if(rest, [](const NamedTensor& tensor) { return tensor.name == "pastKey"; });
    expectLeft("a constant cache", constantCache, rest);
}

TEST(GroupQueryAttention, RefusesLengthsThatItsCachesDoNotHold) {
    Case c{.tokens = 1, .heads = 2, .size = 16, .capacity = 8, .lengths = {9}, .inPlace = true};
    const auto model = cpu::makeCpuEngine(1)->compile(graphOf(c), {});
    ASSERT_TRUE(model) << model.error().text();
    const auto run = (*model)->run(inputsOf(c));
    ASSERT_FALSE(run);
    EXPECT_EQ(run.error().code, ErrorCode::Refused);
    EXPECT_NE(run.error().text().find("caches of 8 rows"), std::string::npos) << run.error().text();
}

}  // namespace
}  // namespace trimtab::test
