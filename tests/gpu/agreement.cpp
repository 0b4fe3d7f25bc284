#include "tests/gpu/agreement.h"

#include <cmath>
#include <map>

#include "kernels/cpu/cpu_engine.h"
#include "kernels/cuda/cuda_engine.h"
#include "tests/gpu/json_line.h"

namespace trimtab::gpu {
namespace {

constexpr double kSameCost = 0.15;

struct Run {
    Tensor output;
    std::vector<trace::LayerRecord> layers;
};

Result<Run> runOn(runtime::Engine& engine, const Graph& graph, const std::vector<NamedTensor>& inputs) {
    TRIMTAB_TRY(const auto model, engine.compile(graph, {}));
    Run run;
    // The second run replays.
    for (int i = 0; i < 2; ++i) {
        TRIMTAB_TRY(const auto outputs, model->run(inputs));
        TRIMTAB_TRY(run.output, outputs.front().tensor.clone());
    }
    run.layers = model->layers();
    return run;
}

Json kernelsOf(const std::vector<trace::LayerRecord>& layers) {
    std::map<std::string, int> counts;
    for (const trace::LayerRecord& layer : layers)
        ++counts[layer.kernel + (layer.execution == trace::Execution::Emulated ? " (emulated)" : "")];
    return counts;
}

Result<Json> compared(const std::shared_ptr<cuda::Tools>& tools, const Graph& graph, const std::vector<NamedTensor>& inputs,
                      const cuda::Family& family) {
    TRIMTAB_TRY(const auto recipe, recipe::parse(family.recipe));
    const auto made = cuda::compressWith(graph, recipe, inputs);
    if (!made && made.error().code == ErrorCode::Refused) return Json{{"passed", true}, {"left_out", made.error().text()}};
    TRIMTAB_REQUIRE(made);
    const Graph& compressed = *made;
    const double tolerance = cuda::toleranceOf(recipe);
    TRIMTAB_TRY(const Run wanted, runOn(*cpu::makeCpuEngine(0), compressed, inputs));
    TRIMTAB_TRY(const Run got, runOn(*cuda::makeCudaEngine(tools), compressed, inputs));
    const double error = cuda::relativeError(got.output, wanted.output);
    Json line{{"error", error}, {"tolerance", tolerance}, {"passed", error <= tolerance}, {"kernels", kernelsOf(got.layers)}};
    if (!cuda::isCoarse(recipe) || error <= tolerance) return line;
    TRIMTAB_TRY(const Run untreated, runOn(*cpu::makeCpuEngine(0), graph, inputs));
    const double cost = cuda::relativeError(wanted.output, untreated.output);
    const double ours = cuda::relativeError(got.output, untreated.output);
    line["treatment_error"] = cost;
    line["treatment_error_cuda"] = ours;
    line["tolerance"] = cost;
    line["passed"] = error <= cost && std::abs(ours - cost) <= kSameCost * cost;
    return line;
}

}  // namespace

bool compare(const std::shared_ptr<cuda::Tools>& tools, const std::string& model, const Graph& graph,
             const std::vector<NamedTensor>& inputs, const cuda::Family& family) {
    Json line{{"kind", "model"}, {"model", model}, {"recipe", family.name}};
    const auto outcome = compared(tools, graph, inputs, family);
    if (outcome)
        line.update(*outcome);
    else
        line.update(Json{{"passed", false}, {"reason", outcome.error().text()}});
    print(line);
    return line["passed"].get<bool>();
}

}  // namespace trimtab::gpu
