#include "tests/kernels/cuda/families.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>

#include "core/tensor/convert.h"
#include "kernels/cpu/cpu_engine.h"
#include "kernels/cpu/tensor_math.h"

namespace trimtab::cuda {
namespace {

constexpr double kExact = 1e-4;
constexpr double kRounded = 3e-2;

/// One batch of calibration, run from the start for every value.
class OneBatch final : public compress::ActivationSource {
public:
    explicit OneBatch(const std::vector<NamedTensor>& inputs) : m_inputs(inputs) {}

    Status forEach(const Graph& graph, std::span<const graph::ValueId> values, const Take& take) override {
        for (std::size_t which = 0; which < values.size(); ++which) {
            const graph::ValueId id = values[which];
            const auto given = std::ranges::find(m_inputs, graph.value(id).name, &NamedTensor::name);
            if (std::ranges::find(graph.inputs, id) != graph.inputs.end() && given != m_inputs.end()) {
                TRIMTAB_REQUIRE(take(which, given->tensor));
                continue;
            }
            Graph part = graph;
            part.outputs = {id};
            TRIMTAB_TRY(const auto model, m_engine->compile(part, {}));
            TRIMTAB_TRY(const auto outputs, model->run(m_inputs));
            TRIMTAB_REQUIRE(take(which, outputs.front().tensor));
        }
        return {};
    }
    void restart() override {}

private:
    const std::vector<NamedTensor>& m_inputs;
    std::unique_ptr<runtime::Engine> m_engine = cpu::makeCpuEngine(0);
};

}  // namespace

const std::vector<Family>& families() {
    static const std::vector<Family> all{
        {"as is", "{}"},
        {"tf32", R"({"compute": "tf32"})"},
        {"bf16", R"({"compute": "bf16"})"},
        {"fp16", R"({"compute": "fp16"})"},
        {"fp8", R"({"compute": "fp8"})"},
        {"int8 weights", R"({"weights": {"bits": 8}})"},
        {"int8 weights, bf16", R"({"weights": {"bits": 8}, "compute": "bf16"})"},
        {"fixed-point weights", R"({"weights": {"bits": 8, "format": "fixed"}})"},
        {"int4 weights", R"({"weights": {"bits": 4, "group": 32}})"},
        {"int4 weights, asymmetric, bf16", R"({"weights": {"bits": 4, "group": 32, "scheme": "asymmetric"}, "compute": "bf16"})"},
        {"3-bit weights", R"({"weights": {"bits": 3}})"},
        {"fp8 weights", R"({"weights": {"bits": 8, "format": "fp8_e4m3"}})"},
        {"fp8 weights of five bits' exponent, bf16", R"({"weights": {"bits": 8, "format": "fp8_e5m2"}, "compute": "bf16"})"},
        {"nf4 weights, bf16", R"({"weights": {"bits": 4, "format": "nf4", "group": 64}, "compute": "bf16"})"},
        {"fp4 weights", R"({"weights": {"bits": 4, "format": "fp4", "group": 64}})"},
        {"mxfp4 weights", R"({"weights": {"bits": 4, "format": "mxfp4", "group": 32}})"},
        {"nvfp4 weights, bf16", R"({"weights": {"bits": 4, "format": "nvfp4", "group": 16}, "compute": "bf16"})"},
        {"int8", R"({"weights": {"bits": 8}, "activations": {"bits": 8}, "compute": "int8"})"},
        {"int8, static", R"({"weights": {"bits": 8}, "activations": {"bits": 8, "mode": "static"}, "compute": "int8"})"},
        {"int8, a step for each token",
         R"({"weights": {"bits": 8}, "activations": {"bits": 8, "granularity": "token"}, "compute": "int8"})"},
        {"gptq int4 weights", R"({"weights": {"bits": 4, "group": 32, "method": "gptq"}})"},
        {"8-bit keys and values", R"({"kv_cache": {"bits": 8}})"},
        {"4-bit keys and values by channel", R"({"kv_cache": {"bits": 4, "granularity": "channel"}})"},
        {"pruned 50 %", R"({"prune": {"ratio": 0.5}})"},
        {"pruned 2:4", R"({"prune": {"ratio": 0.5, "pattern": "2:4"}})"},
        {"pruned blocks, int8 weights", R"({"prune": {"ratio": 0.5, "pattern": "block 4x4"}, "weights": {"bits": 8}})"},
        {"fewer neurons", R"({"prune": {"ratio": 0.25, "pattern": "neurons"}})"},
        {"fewer channels, bf16", R"({"prune": {"ratio": 0.25, "pattern": "channels"}, "compute": "bf16"})"},
        {"fewer heads", R"({"prune": {"ratio": 0.25, "pattern": "heads"}})"},
    };
    return all;
}

Result<std::vector<Family>> familiesWith(const std::string& folder) {
    std::vector<Family> all = families();
    std::vector<std::filesystem::path> files;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(folder, ignored))
        if (entry.path().extension() == ".json") files.push_back(entry.path());
    std::ranges::sort(files);
    for (const auto& path : files) {
        std::ifstream file(path);
        const std::string text{std::istreambuf_iterator<char>(file), {}};
        TRIMTAB_TRY(const auto recipe, recipe::parse(text));
        const bool known = std::ranges::any_of(all, [&](const Family& family) {
            const auto other = recipe::parse(family.recipe);
            return other && recipe::hash(*other) == recipe::hash(recipe);
        });
        if (!known) all.push_back({path.filename().string(), text});
    }
    return all;
}

double relativeError(const Tensor& got, const Tensor& wanted) {
    const std::vector<float> a = tensor::toFloats(got);
    const std::vector<float> b = tensor::toFloats(wanted);
    if (a.size() != b.size()) return std::numeric_limits<double>::infinity();
    double difference = 0;
    double norm = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (std::isnan(a[i])) return std::numeric_limits<double>::infinity();
        difference += (static_cast<double>(a[i]) - b[i]) * (static_cast<double>(a[i]) - b[i]);
        norm += static_cast<double>(b[i]) * b[i];
    }
    return norm > 0 ? std::sqrt(difference / norm) : std::sqrt(difference);
}

double toleranceOf(const recipe::Recipe& recipe) {
    return recipe.base.compute && *recipe.base.compute != graph::ComputeType::Float32 ? kRounded : kExact;
}

bool isCoarse(const recipe::Recipe& recipe) {
    const auto compute = recipe.base.compute.value_or(graph::ComputeType::Float32);
    return compute == graph::ComputeType::Int8 || compute == graph::ComputeType::Float8 || recipe.base.kvCache.has_value();
}

Result<Graph> compressWith(const Graph& graph, const recipe::Recipe& recipe, const std::vector<NamedTensor>& inputs) {
    OneBatch batch(inputs);
    const auto math = cpu::makeTensorMath();
    compress::Tools tools;
    if (recipe.needsCalibration()) {
        tools.activations = &batch;
        tools.math = math.get();
    }
    TRIMTAB_TRY(auto compressed, compress::compress(graph, recipe, tools));
    return std::move(compressed.graph);
}

}  // namespace trimtab::cuda
