#pragma once
// Random small networks of the families that structured pruning knows, with shapes inferred, and the reference that runs them.
#include <gtest/gtest.h>

#include "core/base/random.h"
#include "core/graph/shape_inference.h"
#include "core/tensor/convert.h"
#include "kernels/ref/graph_run.h"
#include "tests/core/graph/graph_builder.h"

namespace trimtab::compress {

using graph::ValueId;
using graph::testing::dims;
using graph::testing::Ints;

/// Layers as exporters write them, with normal weights.
class RandomLayers : public graph::testing::GraphBuilder {
public:
    explicit RandomLayers(std::uint64_t seed, int opset = 17) : GraphBuilder(opset), random(seed) {}

    base::Random random;

    int below(int count) { return static_cast<int>(random.below(static_cast<std::uint64_t>(count))); }
    bool chance(int in) { return below(in) == 0; }

    ValueId normals(Shape shape, double scale = 0.3) {
        std::vector<float> values(static_cast<std::size_t>(shape.elementCount()));
        for (float& value : values) value = static_cast<float>(scale * random.normal());
        return floats(std::move(shape), values);
    }
    ValueId convolution(ValueId x, std::int64_t in, std::int64_t out, int kernel = 3, std::int64_t group = 1) {
        const Ints pads(4, kernel / 2);
        return add("Conv", {x, normals({out, in / group, kernel, kernel}), normals({out})}, {{"pads", pads}, {"group", group}});
    }
    /// As MatMul and Add, or as MatMul alone.
    ValueId product(ValueId x, std::int64_t in, std::int64_t out, bool biased) {
        const ValueId y = add("MatMul", {x, normals({in, out})});
        return biased ? add("Add", {chance(2) ? std::vector{y, normals({out})} : std::vector{normals({out}), y}}) : y;
    }
    ValueId activation(ValueId x) {
        constexpr const char* kActivations[] = {"Relu", "Sigmoid", "Tanh", "HardSwish"};
        return add(kActivations[below(4)], {x});
    }
    ValueId silu(ValueId x) { return add("Mul", {x, add("Sigmoid", {x})}); }
    ValueId norm(ValueId x, std::int64_t width) {
        return add("LayerNormalization", {x, normals({width}, 1), normals({width})}, {{"axis", std::int64_t{-1}}});
    }
    ValueId reshape(ValueId x, const Ints& target) { return add("Reshape", {x, ints(target)}); }
    ValueId transpose(ValueId x, const Ints& order) { return add("Transpose", {x}, {{"perm", order}}); }

    Graph finish(ValueId last) {
        output(last);
        EXPECT_TRUE(graph::inferShapes(graph));
        EXPECT_TRUE(graph.validate());
        return graph;
    }
};

/// Residual, depthwise, concatenated and squeezed convolutions, then a head of one product or two.
inline Graph convolutional(std::uint64_t seed) {
    RandomLayers net(seed);
    const std::int64_t width = 4 + net.below(5);
    ValueId x = net.activation(net.convolution(net.input("x", dims({"batch", 3, 6, 6})), 3, width));
    std::int64_t channels = width;
    for (int i = 2 + net.below(3); i > 0; --i) {
        const int kind = net.below(4);
        if (kind == 0) {  // residual
            const std::int64_t inner = 3 + net.below(4);
            x = net.activation(
                net.add("Add", {net.convolution(net.activation(net.convolution(x, channels, inner)), inner, channels, 1), x}));
        } else if (kind == 1) {  // depthwise, with several outputs for each channel or one
            const std::int64_t times = 1 + net.below(2);
            x = net.activation(net.convolution(x, channels, channels * times, 3, channels));
            channels *= times;
        } else if (kind == 2) {  // two branches side by side
            const std::int64_t other = 2 + net.below(4);
            x = net.add("Concat", {net.convolution(x, channels, other, 1), x}, {{"axis", std::int64_t{1}}});
            channels += other;
        } else {  // squeeze and excite
            const ValueId squeezed = net.add("GlobalAveragePool", {x});
            x = net.add(
                "Mul",
                {x, net.add("Sigmoid", {net.convolution(net.add("Relu", {net.convolution(squeezed, channels, 4, 1)}), 4, channels, 1)})});
        }
        if (net.chance(3))
            x = net.add("BatchNormalization",
                        {x, net.normals({channels}, 1), net.normals({channels}), net.normals({channels}),
                         net.constant(Tensor::fromFloats({channels}, std::vector<float>(static_cast<std::size_t>(channels), 0.7F)))});
    }
    if (net.chance(2)) {
        x = net.add("Flatten", {net.add("GlobalAveragePool", {x})});
    } else {  // each channel becomes nine columns
        x = net.reshape(net.add("MaxPool", {x}, {{"kernel_shape", Ints{2, 2}}, {"strides", Ints{2, 2}}}), {0, -1});
        channels *= 9;
    }
    return net.finish(net.add("Gemm", {x, net.normals({5, channels}), net.normals({5})}, {{"transB", std::int64_t{1}}}));
}

/// x + down(f(gate) · up) and x + down(f(up)), gate and up apart or one product that is split.
inline Graph feedForward(std::uint64_t seed) {
    RandomLayers net(seed);
    const std::int64_t width = 6, hidden = 4 + 2 * net.below(4);
    ValueId x = net.input("x", dims({"batch", "tokens", 6}));
    for (int i = 1 + net.below(2); i >= 0; --i) {
        const ValueId normed = net.norm(x, width);
        ValueId inner = graph::kNoValue;
        const int kind = net.below(3);
        if (kind == 0) {
            inner = net.activation(net.product(normed, width, hidden, net.chance(2)));
        } else if (kind == 1) {
            inner =
                net.add("Mul", {net.silu(net.product(normed, width, hidden, false)), net.product(normed, width, hidden, net.chance(2))});
        } else {
            const auto halves = net.addMany("Split", {net.product(normed, width, 2 * hidden, true)}, 2, {{"axis", std::int64_t{-1}}});
            inner = net.add("Mul", {net.silu(halves[0]), halves[1]});
        }
        x = net.add("Add", {x, net.product(inner, hidden, width, net.chance(2))});
    }
    return net.finish(net.product(net.norm(x, width), width, 4, false));
}

/// How an attention is written.
struct AttentionForm {
    enum class Repeat : std::uint8_t { None, Expand, FoldedQueries } repeat = Repeat::None;
    bool fused = false;       // one product for queries, keys and values, reshaped to [3, heads, size] and indexed
    bool splitFused = false;  // one product, split
    bool rotary = false;
    const char* fusedOperator = nullptr;  // "Attention", "MultiHeadAttention" or "GroupQueryAttention" over flat rows, instead of all that
    bool fourAxes = false;                // of "Attention": queries, keys and values as [batch, heads, tokens, size]
};

/// Attention of flat rows by one operator: flat rows again.
inline ValueId fusedAttention(RandomLayers& net, const AttentionForm& form, std::vector<ValueId> rows, std::int64_t heads,
                              std::int64_t groups) {
    const std::string op = form.fusedOperator;
    if (op == "MultiHeadAttention") return net.add(op, rows, {{"num_heads", heads}}, "com.microsoft");
    if (op == "GroupQueryAttention") {  // over the two samples of three tokens
        const auto words = [&](Shape shape, const Ints& values) {
            return net.constant(*tensor::convert(Tensor::fromInt64s(shape, values), DataType::Int32));
        };
        rows.insert(rows.end(), {graph::kNoValue, graph::kNoValue, words({2}, {2, 2}), words({}, {3})});
        return net.add(op, rows, {{"num_heads", heads}, {"kv_num_heads", groups}}, "com.microsoft");
    }
    if (!form.fourAxes) return net.add(op, rows, {{"q_num_heads", heads}, {"kv_num_heads", groups}});
    const std::int64_t size = 4;
    for (std::size_t i = 0; i < 3; ++i)
        rows[i] = net.transpose(net.reshape(rows[i], {0, -1, i == 0 ? heads : groups, size}), {0, 2, 1, 3});
    return net.reshape(net.transpose(net.add(op, rows), {0, 2, 1, 3}), {0, -1, heads * size});
}

/// A decoder: attention and gated unit in each block, `groups` heads of keys and values for groups · each heads of queries.
inline Graph decoder(std::uint64_t seed, AttentionForm form, std::int64_t groups = 3, std::int64_t each = 2, int layers = 2) {
    RandomLayers net(seed, form.fusedOperator ? 23 : 17);
    const bool sharesKeys =
        form.fusedOperator ? std::string_view(form.fusedOperator) != "MultiHeadAttention" : form.repeat != AttentionForm::Repeat::None;
    if (!sharesKeys) each = 1;
    const std::int64_t width = 8, size = 4, heads = groups * each;
    ValueId x = net.input("x", dims({"batch", "tokens", 8}));
    const auto split = [&](ValueId y, std::int64_t count) { return net.transpose(net.reshape(y, {0, -1, count, size}), {0, 2, 1, 3}); };
    const auto turned = [&](ValueId y) {
        if (!form.rotary) return y;
        const ValueId low = net.add("Slice", {y, net.ints({0}), net.ints({2}), net.ints({3})});
        const ValueId high = net.add("Slice", {y, net.ints({2}), net.ints({INT64_MAX}), net.ints({3})});
        const ValueId swapped = net.add("Concat", {net.add("Neg", {high}), low}, {{"axis", std::int64_t{-1}}});
        return net.add("Add", {net.add("Mul", {y, net.normals({size}, 1)}), net.add("Mul", {swapped, net.normals({size}, 1)})});
    };
    const auto turnedFlat = [&](ValueId y, std::int64_t count) {  // three tokens, as the samples have
        if (!form.rotary) return y;
        return net.add("RotaryEmbedding", {y, net.normals({2, 3, size / 2}, 1), net.normals({2, 3, size / 2}, 1)}, {{"num_heads", count}});
    };
    const auto attend = [&](ValueId normed) {
        if (form.fusedOperator)
            return fusedAttention(net, form,
                                  {turnedFlat(net.product(normed, width, heads * size, net.chance(2)), heads),
                                   turnedFlat(net.product(normed, width, groups * size, net.chance(2)), groups),
                                   net.product(normed, width, groups * size, net.chance(2))},
                                  heads, groups);
        ValueId q = graph::kNoValue, k = graph::kNoValue, v = graph::kNoValue;
        if (form.fused) {
            const ValueId all =
                net.transpose(net.reshape(net.product(normed, width, 3 * heads * size, true), {0, -1, 3, heads, size}), {2, 0, 3, 1, 4});
            const auto pick = [&](std::int64_t i) { return net.add("Gather", {all, net.constant(Tensor::fromInt64s({}, {i}))}); };
            q = pick(0), k = pick(1), v = pick(2);
        } else if (form.splitFused) {
            const auto parts = net.addMany(
                "Split",
                {net.product(normed, width, (heads + 2 * groups) * size, true), net.ints({heads * size, groups * size, groups * size})}, 3,
                {{"axis", std::int64_t{2}}});
            q = split(parts[0], heads), k = split(parts[1], groups), v = split(parts[2], groups);
        } else {
            q = split(net.product(normed, width, heads * size, net.chance(2)), heads);
            k = split(net.product(normed, width, groups * size, net.chance(2)), groups);
            v = split(net.product(normed, width, groups * size, net.chance(2)), groups);
        }
        q = turned(q), k = turned(k);
        if (form.repeat == AttentionForm::Repeat::Expand) {
            const auto repeated = [&](ValueId y) {
                const ValueId apart = net.add("Expand", {net.add("Unsqueeze", {y, net.ints({2})}), net.ints({1, groups, each, 1, size})});
                return net.reshape(apart, {0, heads, -1, size});
            };
            k = repeated(k), v = repeated(v);
        } else if (form.repeat == AttentionForm::Repeat::FoldedQueries) {
            q = net.reshape(q, {0, groups, -1, size});
        }
        const ValueId scores = net.add("Mul", {net.add("MatMul", {q, net.transpose(k, {0, 1, 3, 2})}), net.floats({}, {0.5F})});
        ValueId mixed = net.add("MatMul", {net.add("Softmax", {scores}, {{"axis", std::int64_t{-1}}}), v});
        if (form.repeat == AttentionForm::Repeat::FoldedQueries) mixed = net.reshape(mixed, {0, heads, -1, size});
        return net.reshape(net.transpose(mixed, {0, 2, 1, 3}), {0, -1, heads * size});
    };
    for (int layer = 0; layer < layers; ++layer) {
        const ValueId normed = net.norm(x, width);
        const ValueId merged = attend(normed);
        x = net.add("Add", {x, net.product(merged, heads * size, width, net.chance(2))});
        const ValueId second = net.norm(x, width);
        const ValueId inner = net.add("Mul", {net.silu(net.product(second, width, 10, false)), net.product(second, width, 10, false)});
        x = net.add("Add", {net.product(inner, 10, width, net.chance(2)), x});
    }
    return net.finish(net.product(net.norm(x, width), width, 7, false));
}

inline std::vector<float> outputsOf(const Graph& graph, const Tensor& x) {
    const auto outputs = ref::evaluateGraph(graph, {x});
    EXPECT_TRUE(outputs) << outputs.error().text();
    return outputs ? tensor::toFloats(std::get<Tensor>(outputs->front())) : std::vector<float>{};
}

/// Two samples for the one input of the graphs above.
inline Tensor sampleFor(const Graph& graph, std::uint64_t seed) {
    std::vector<std::int64_t> shape;
    for (const graph::Dim& dim : *graph.value(graph.inputs[0]).type.dims)
        shape.push_back(dim.isKnown() ? dim.extent : 2 + static_cast<std::int64_t>(shape.size()));
    return *tensor::randomTensor(DataType::Float32, Shape(shape), seed);
}

inline std::int64_t constantsIn(const Graph& graph) {
    std::int64_t count = 0;
    for (const graph::Value& value : graph.values)
        if (value.constant && tensor::isFloatingPoint(value.constant->type())) count += value.constant->elementCount();
    return count;
}

}  // namespace trimtab::compress
