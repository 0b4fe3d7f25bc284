// The CPU engine's treatments on a small residual classifier (3 × 3 convolutions over 64 and 128 channels, 64 × 64 grey images),
// interleaved block by block with fp32; prints medians, their ratio to fp32 and where the time goes. Run: classifier_bench [batch] [blocks]
// [threads]. Default 16, 25, every core.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <memory>

#include <fmt/format.h>

#include "core/base/statistics.h"
#include "kernels/cpu/cpu_engine.h"
#include "tests/kernels/cpu/graph_maker.h"

namespace {

using namespace trimtab;
using namespace trimtab::test;
using Ints = std::vector<std::int64_t>;
using Clock = std::chrono::steady_clock;

enum class Kind { Float32, BFloat16, Int8 };

class Classifier {
public:
    Classifier(std::int64_t batch, Kind kind) : m_kind(kind) {
        const auto x = m_maker.input("image", Shape{batch, 1, 64, 64});
        auto y = relu(conv(x, 1, 64, 5, 2));
        y = block(y, 64, 64, 1);
        y = block(y, 64, 128, 2);
        y = block(y, 128, 128, 1);
        y = block(y, 128, 128, 1);
        y = m_maker.node("Flatten", {m_maker.node("GlobalAveragePool", {y})});
        m_maker.output(
            m_maker.node("Gemm", {y, weight(Shape{10, 128}), m_maker.constant(normalTensor(Shape{10}, 4))}, {{"transB", std::int64_t{1}}}));
        treat();
    }
    Graph finish() { return m_maker.finish(); }

private:
    ValueId weight(const Shape& shape) {
        const double fan = static_cast<double>(shape.elementCount() / shape[0]);
        Tensor values = normalTensor(shape, ++m_seed, 1.0 / std::sqrt(fan));
        if (m_kind != Kind::Int8) return m_maker.constant(std::move(values));
        return m_maker.quantized(quantize(values, tensor::WeightLayout::OutputsFirst, 8));
    }
    void treat() {
        if (m_kind == Kind::Int8) {
            m_maker.last().treatment.compute = graph::ComputeType::Int8;
            m_maker.last().treatment.weightBits = 8;
            m_maker.last().treatment.activationBits = 8;
        }
        if (m_kind == Kind::BFloat16) m_maker.last().treatment.compute = graph::ComputeType::BFloat16;
    }
    ValueId conv(ValueId x, std::int64_t inputs, std::int64_t outputs, std::int64_t kernel, std::int64_t stride) {
        const std::int64_t pad = kernel / 2;
        const auto y = m_maker.node(
            "Conv", {x, weight(Shape{outputs, inputs, kernel, kernel}), m_maker.constant(normalTensor(Shape{outputs}, ++m_seed))},
            {{"strides", Ints{stride, stride}}, {"pads", Ints{pad, pad, pad, pad}}});
        treat();
        return y;
    }
    ValueId relu(ValueId x) { return m_maker.node("Relu", {x}); }
    ValueId block(ValueId x, std::int64_t inputs, std::int64_t outputs, std::int64_t stride) {
        const auto body = conv(relu(conv(x, inputs, outputs, 3, stride)), outputs, outputs, 3, 1);
        const auto around = stride == 1 && inputs == outputs ? x : conv(x, inputs, outputs, 1, stride);
        return relu(m_maker.node("Add", {body, around}));
    }

    GraphMaker m_maker;
    Kind m_kind;
    std::uint64_t m_seed = 100;
};

class Stopwatch final : public trace::NodeListener {
public:
    explicit Stopwatch(std::size_t layers) : seconds(layers, 0.0) {}
    void beginNode(std::int32_t) override { m_begin = Clock::now(); }
    void endNode(std::int32_t layer) override {
        seconds[static_cast<std::size_t>(layer)] += std::chrono::duration<double>(Clock::now() - m_begin).count();
    }
    std::vector<double> seconds;

private:
    Clock::time_point m_begin;
};

struct Contender {
    const char* name;
    std::unique_ptr<runtime::CompiledModel> model;
    std::vector<double> milliseconds;
};

double runOnce(runtime::CompiledModel& model, const std::vector<NamedTensor>& inputs, trace::NodeListener* listener = nullptr) {
    const auto begin = Clock::now();
    if (const auto outputs = model.run(inputs, listener); !outputs) {
        std::cerr << outputs.error().text() << "\n";
        std::exit(1);
    }
    return std::chrono::duration<double>(Clock::now() - begin).count() * 1e3;
}

double median(std::vector<double> values) {
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
    return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
    const std::int64_t batch = argc > 1 ? std::atoll(argv[1]) : 16;
    const int blocks = argc > 2 ? std::atoi(argv[2]) : 25;
    const auto engine = cpu::makeCpuEngine(argc > 3 ? std::atoi(argv[3]) : 0);
    const std::vector<NamedTensor> inputs{{"image", normalTensor(Shape{batch, 1, 64, 64}, 1)}};
    std::vector<Contender> contenders;
    for (const auto& [name, kind] : {std::pair{"fp32", Kind::Float32}, std::pair{"bf16", Kind::BFloat16}, std::pair{"int8", Kind::Int8}}) {
        auto model = engine->compile(Classifier(batch, kind).finish(), {});
        if (!model) {
            std::cerr << model.error().text() << "\n";
            return 1;
        }
        contenders.push_back({name, std::move(*model), {}});
    }
    for (int block = 0; block < blocks + 2; ++block) {
        for (auto& contender : contenders) {
            for (int i = 0; i < 3; ++i) {
                const double time = runOnce(*contender.model, inputs);
                if (block >= 2 && i > 0) contender.milliseconds.push_back(time);
            }
        }
    }
    std::cout << fmt::format("{}, {} threads, batch {}\n", engine->info().instructionSet, engine->info().threads, batch);
    for (auto& contender : contenders) {
        const double best = *std::min_element(contender.milliseconds.begin(), contender.milliseconds.end());
        const double baseBest = *std::min_element(contenders[0].milliseconds.begin(), contenders[0].milliseconds.end());
        std::cout << fmt::format("{}: median {:.3f} ms, fastest {:.3f} ms, {:.2f} x (fastest {:.2f} x)\n", contender.name,
                                 median(contender.milliseconds), best, median(contenders[0].milliseconds) / median(contender.milliseconds),
                                 baseBest / best);
    }
    for (auto& contender : contenders) {
        Stopwatch watch(contender.model->layers().size());
        constexpr int kRuns = 10;
        for (int i = 0; i < kRuns; ++i) runOnce(*contender.model, inputs, &watch);
        std::cout << contender.name << "\n";
        for (std::size_t i = 0; i < watch.seconds.size(); ++i) {
            const auto& layer = contender.model->layers()[i];
            std::cout << fmt::format("  {:8.1f} us {:>8.1f} GOPS {} {} [{}] {}\n", watch.seconds[i] / kRuns * 1e6,
                                     layer.operations / (watch.seconds[i] / kRuns) / 1e9, layer.op, layer.kernel,
                                     trace::name(layer.execution), layer.reason);
        }
    }
    return 0;
}
