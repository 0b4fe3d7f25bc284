#include "tests/gpu/speed.h"

#include <algorithm>
#include <chrono>
#include <map>

#include "core/base/statistics.h"
#include "core/compress/compress.h"
#include "core/graph/passes/passes.h"
#include "kernels/cuda/compiled_model.h"
#include "tests/gpu/json_line.h"

namespace trimtab::gpu {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t kContext = 512;
constexpr std::int64_t kCapacity = 1024;

const std::map<std::string, std::string>& recipes() {
    static const std::map<std::string, std::string> all{
        {"as is", "{}"},
        {"int8 weights, bf16", R"({"weights": {"bits": 8}, "compute": "bf16"})"},
        {"int4 weights, bf16", R"({"weights": {"bits": 4, "group": 128}, "compute": "bf16"})"},
        {"fp8", R"({"compute": "fp8"})"},
    };
    return all;
}

double secondsSince(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

/// Time on the device by kernel, of one run step by step: what launches cost is in it.
class KernelTimes final : public trace::NodeListener {
public:
    explicit KernelTimes(const std::vector<trace::LayerRecord>& layers) : m_layers(layers) {}
    void beginNode(std::int32_t) override {}
    void endNode(std::int32_t) override {}
    void nodeTime(std::int32_t layer, double nanoseconds) override {
        const auto& record = m_layers[static_cast<std::size_t>(layer)];
        microseconds[record.op + ": " + record.kernel] += nanoseconds / 1000;
    }
    std::map<std::string, double> microseconds;

private:
    const std::vector<trace::LayerRecord>& m_layers;
};

struct Measured {
    double microseconds = 0;
    std::map<std::string, double> stepByStep;  // microseconds by operator and kernel
    std::int64_t weightBytes = 0;
    int layers = 0;
    std::map<std::string, int> kernels;
};

Result<Measured> timeStep(const std::shared_ptr<cuda::Tools>& tools, const Graph& graph, const std::vector<NamedTensor>& inputs, int groups,
                          int passes) {
    Graph fused = graph;
    TRIMTAB_REQUIRE(graph::fuse(fused));
    cuda::CudaModel model(std::move(fused), tools);
    TRIMTAB_REQUIRE(model.prepare(inputs));
    TRIMTAB_REQUIRE(model.plan().upload(inputs));
    Measured measured;
    TRIMTAB_TRY(measured.microseconds, medianMicroseconds(
                                           *tools->device, [&] { return model.plan().pass(); }, groups, passes));
    measured.weightBytes = model.weightBytes();
    KernelTimes times(model.layers());
    TRIMTAB_TRY([[maybe_unused]] const auto outputs, model.plan().run(inputs, &times));
    measured.stepByStep = times.microseconds;
    for (const auto& layer : model.layers()) ++measured.kernels[layer.kernel];
    return measured;
}

Status stepSpeed(const std::shared_ptr<cuda::Tools>& tools, const support::LlamaWeights& weights, const std::string& name,
                 const std::string& recipeName, double bandwidth) {
    const support::LlamaStep decode{1, 1, kContext, kCapacity};
    TRIMTAB_TRY(const auto recipe, recipe::parse(recipes().at(recipeName)));
    const auto begin = Clock::now();
    TRIMTAB_TRY(const Graph stepGraph, support::llamaGraph(weights, decode));
    TRIMTAB_TRY(const auto step, compress::compress(stepGraph, recipe));
    const double compressing = secondsSince(begin);
    TRIMTAB_TRY(const auto stepInputs, support::llamaInputs(weights, decode));
    TRIMTAB_TRY(const Measured decoded, timeStep(tools, step.graph, stepInputs, 15, 10));
    const auto& shape = weights.shape;
    const std::int64_t cacheBytes = 2 * shape.layers * shape.kvHeads * shape.headSize * (kContext + 1) * 2;
    const std::int64_t embedding = static_cast<std::int64_t>(weights.embedding.bytes().size());
    const double bytes = static_cast<double>(decoded.weightBytes - embedding + cacheBytes);
    const double seconds = decoded.microseconds * 1e-6;
    print({{"kind", "decode"},
           {"model", name},
           {"recipe", recipeName},
           {"batch", 1},
           {"context", kContext},
           {"microseconds", decoded.microseconds},
           {"tokens_per_second", 1 / seconds},
           {"bytes", bytes},
           {"share_of_bandwidth", bytes / seconds / bandwidth},
           {"compress_seconds", compressing},
           {"kernels", decoded.kernels},
           {"step_by_step_us", decoded.stepByStep}});
    return {};
}

Status promptSpeed(const std::shared_ptr<cuda::Tools>& tools, const support::LlamaWeights& weights, const std::string& name,
                   const std::string& recipeName) {
    const support::LlamaStep prompt{1, kContext, 0, 0};
    TRIMTAB_TRY(const auto recipe, recipe::parse(recipes().at(recipeName)));
    TRIMTAB_TRY(const Graph promptGraph, support::llamaGraph(weights, prompt));
    TRIMTAB_TRY(const auto promptCompressed, compress::compress(promptGraph, recipe));
    TRIMTAB_TRY(const auto promptInputs, support::llamaInputs(weights, prompt));
    TRIMTAB_TRY(const Measured filled, timeStep(tools, promptCompressed.graph, promptInputs, 9, 2));
    print({{"kind", "prefill"},
           {"model", name},
           {"recipe", recipeName},
           {"batch", 1},
           {"tokens", kContext},
           {"microseconds", filled.microseconds},
           {"tokens_per_second", kContext / (filled.microseconds * 1e-6)},
           {"kernels", filled.kernels},
           {"step_by_step_us", filled.stepByStep}});
    return {};
}

}  // namespace

Result<double> copyBandwidth(cuda::Device& device) {
    constexpr std::int64_t kBytes = std::int64_t{2} << 30;
    TRIMTAB_TRY(const auto from, device.allocate(kBytes));
    TRIMTAB_TRY(const auto to, device.allocate(kBytes));
    TRIMTAB_REQUIRE(device.clear(from.get(), kBytes));
    TRIMTAB_TRY(const double time, medianMicroseconds(
                                       device, [&] { return device.copy(to.get(), from.get(), kBytes); }, 9, 2));
    return 2 * static_cast<double>(kBytes) / (time * 1e-6);
}

Result<double> medianMicroseconds(cuda::Device& device, const std::function<Status()>& pass, int groups, int passesInGroup) {
    for (int i = 0; i < 3; ++i) TRIMTAB_REQUIRE(pass());
    TRIMTAB_REQUIRE(device.synchronize());
    TRIMTAB_TRY(const auto watch, device.stopwatch(2));
    std::vector<double> times;
    for (int group = 0; group < groups; ++group) {
        TRIMTAB_REQUIRE(watch->mark(0));
        for (int i = 0; i < passesInGroup; ++i) TRIMTAB_REQUIRE(pass());
        TRIMTAB_REQUIRE(watch->mark(1));
        TRIMTAB_TRY(const double time, watch->nanoseconds(0, 1));
        times.push_back(time / 1000 / passesInGroup);
    }
    return base::median(times);
}

bool decodeSpeed(const std::shared_ptr<cuda::Tools>& tools, const support::LlamaShape& shape, const std::string& name,
                 const std::vector<std::string>& names) {
    const auto complain = [&](const Error& error, const std::string& recipe) {
        print({{"kind", "decode"}, {"model", name}, {"recipe", recipe}, {"passed", false}, {"reason", error.text()}});
        return false;
    };
    const auto bandwidth = copyBandwidth(*tools->device);
    if (!bandwidth) return complain(bandwidth.error(), "");
    print({{"kind", "bandwidth"}, {"gigabytes_per_second", *bandwidth / 1e9}});
    const auto begin = Clock::now();
    support::LlamaOptions options;
    options.packedQkv = true;
    const auto weights = support::drawLlama(shape, options);
    if (!weights) return complain(weights.error(), "");
    print({{"kind", "weights"}, {"model", name}, {"bytes", weights->bytes()}, {"draw_seconds", secondsSince(begin)}});
    bool all = true;
    for (const std::string& recipe : names) {
        const Status step = stepSpeed(tools, *weights, name, recipe, *bandwidth);
        if (!step) all = complain(step.error(), recipe);
        // Rounding a whole model to integers takes the host longest: a prompt is timed where that is not needed.
        if (recipes().at(recipe).find("bits") != std::string::npos) continue;
        const Status prompt = promptSpeed(tools, *weights, name, recipe);
        if (!prompt) all = complain(prompt.error(), recipe);
    }
    return all;
}

}  // namespace trimtab::gpu
