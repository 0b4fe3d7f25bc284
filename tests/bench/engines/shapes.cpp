// The networks themselves.
#include "tests/bench/engines/network.h"

namespace trimtab::engines {
namespace {

std::string relu(Network& net, const std::string& x) { return net.add("Relu", {x}); }

std::string relu6(Network& net, const std::string& x) {
    return net.add("Clip", {x, net.constant(Tensor::scalar(0)), net.constant(Tensor::scalar(6))});
}

std::string bottleneck(Network& net, const std::string& x, std::int64_t in, std::int64_t inner, std::int64_t out, std::int64_t stride) {
    std::string y = relu(net, net.conv(x, in, inner, 1, 1));
    y = relu(net, net.conv(y, inner, inner, 3, stride));
    y = net.conv(y, inner, out, 1, 1, 1, 0.5);
    const std::string shortcut = in == out && stride == 1 ? x : net.conv(x, in, out, 1, stride);
    return relu(net, net.add("Add", {y, shortcut}));
}

std::string classify(Network& net, const std::string& x, std::int64_t width) {
    return net.linear(net.add("Flatten", {net.add("GlobalAveragePool", {x})}), width, 1000);
}

std::string inverted(Network& net, const std::string& x, std::int64_t in, std::int64_t out, std::int64_t stride, std::int64_t expansion) {
    const std::int64_t wide = in * expansion;
    std::string y = expansion == 1 ? x : relu6(net, net.conv(x, in, wide, 1, 1));
    y = relu6(net, net.conv(y, wide, wide, 3, stride, 0));
    y = net.conv(y, wide, out, 1, 1);
    return in == out && stride == 1 ? net.add("Add", {y, x}) : y;
}

std::string transformerLayer(Network& net, const std::string& x, bool normFirst) {
    constexpr std::int64_t kWidth = 768, kHeads = 12;
    const auto feedForward = [&](const std::string& h) {
        return net.linear(net.gelu(net.linear(h, kWidth, 4 * kWidth)), 4 * kWidth, kWidth);
    };
    if (normFirst) {
        const std::string y = net.add("Add", {x, net.attention(net.layerNorm(x, kWidth), kWidth, kHeads)});
        return net.add("Add", {y, feedForward(net.layerNorm(y, kWidth))});
    }
    const std::string y = net.layerNorm(net.add("Add", {x, net.attention(x, kWidth, kHeads)}), kWidth);
    return net.layerNorm(net.add("Add", {y, feedForward(y)}), kWidth);
}

}  // namespace

void writeResNet50(const std::filesystem::path& path) {
    Network net(50);
    std::string x = relu(net, net.conv(net.input("image", {"batch", 3, 224, 224}), 3, 64, 7, 2));
    x = net.add("MaxPool", {x}, {{"kernel_shape", {3, 3}}, {"strides", {2, 2}}, {"pads", {1, 1, 1, 1}}});
    std::int64_t width = 64;
    const std::int64_t depths[] = {3, 4, 6, 3};
    for (int stage = 0; stage < 4; ++stage) {
        const std::int64_t inner = std::int64_t{64} << stage;
        for (std::int64_t block = 0; block < depths[stage]; ++block) {
            x = bottleneck(net, x, width, inner, 4 * inner, block == 0 && stage > 0 ? 2 : 1);
            width = 4 * inner;
        }
    }
    net.output(classify(net, x, width));
    net.save(path);
}

void writeMobileNetV2(const std::filesystem::path& path) {
    struct Stage {
        std::int64_t expansion, out, repeats, stride;
    };
    Network net(2);
    std::string x = relu6(net, net.conv(net.input("image", {"batch", 3, 224, 224}), 3, 32, 3, 2));
    std::int64_t width = 32;
    for (const Stage& stage : {Stage{1, 16, 1, 1}, Stage{6, 24, 2, 2}, Stage{6, 32, 3, 2}, Stage{6, 64, 4, 2}, Stage{6, 96, 3, 1},
                               Stage{6, 160, 3, 2}, Stage{6, 320, 1, 1}}) {
        for (std::int64_t i = 0; i < stage.repeats; ++i) {
            x = inverted(net, x, width, stage.out, i == 0 ? stage.stride : 1, stage.expansion);
            width = stage.out;
        }
    }
    net.output(classify(net, relu6(net, net.conv(x, width, 1280, 1, 1)), 1280));
    net.save(path);
}

void writeBertBase(const std::filesystem::path& path) {
    constexpr std::int64_t kWidth = 768;
    Network net(12);
    const std::string tokens = net.input("input_ids", {"batch", "tokens"}, DataType::Int64);
    const std::string words = net.add("Gather", {net.weights(Shape{30522, kWidth}, 0.5), tokens});
    const std::string length = net.add("Shape", {tokens}, {{"start", 1}, {"end", 2}});
    const std::string positions = net.add("Slice", {net.weights(Shape{512, kWidth}, 0.3), net.ints({0}), length, net.ints({0})});
    std::string x = net.layerNorm(net.add("Add", {words, positions}), kWidth);
    for (int layer = 0; layer < 12; ++layer) x = transformerLayer(net, x, false);
    net.output(x);
    net.save(path);
}

void writeVitBase(const std::filesystem::path& path) {
    constexpr std::int64_t kWidth = 768;
    Network net(16);
    const std::string patches = net.add(
        "Conv", {net.input("image", {1, 3, 224, 224}), net.weights(Shape{kWidth, 3, 16, 16}, 0.04), net.weights(Shape{kWidth}, 0.02)},
        {{"kernel_shape", {16, 16}}, {"strides", {16, 16}}});
    const std::string flat = net.add("Transpose", {net.add("Reshape", {patches, net.ints({0, kWidth, -1})})}, {{"perm", {0, 2, 1}}});
    std::string x = net.add("Concat", {net.weights(Shape{1, 1, kWidth}, 0.5), flat}, {{"axis", 1}});
    x = net.add("Add", {x, net.weights(Shape{1, 197, kWidth}, 0.3)});
    for (int layer = 0; layer < 12; ++layer) x = transformerLayer(net, x, true);
    const std::string first = net.add("Gather", {net.layerNorm(x, kWidth), net.constant(Tensor::fromInt64s(Shape{}, {0}))}, {{"axis", 1}});
    net.output(net.linear(first, kWidth, 1000));
    net.save(path);
}

}  // namespace trimtab::engines
