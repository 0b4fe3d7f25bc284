// "plan": which kernels would run, and under which keys; nothing is timed.
#include "profiler/worker/calibration_set.h"
#include "profiler/worker/input_files.h"
#include "profiler/worker/machine.h"
#include "profiler/worker/methods.h"
#include "profiler/worker/phase_run.h"
#include "profiler/worker/plan_keys.h"
#include "profiler/worker/workbench.h"

namespace trimtab::worker {

Result<Json> plan(const Json& params, Workbench& bench, const Call& call) {
    TRIMTAB_TRY(const auto request, ipc::modelRequestFromJson(params));
    TRIMTAB_TRY(const auto compiled, bench.compiled(request, call));
    TRIMTAB_TRY(const auto inputs, inputsFor(compiled->compressed->graph, request.setting, {}));
    TRIMTAB_REQUIRE(compiled->model->prepare(inputs));
    ipc::PlanAnswer answer;
    answer.layers = compiled->layers();
    answer.environment = environmentOf(compiled->engine->info());
    std::string calibration;
    if (request.recipe.needsCalibration()) {
        TRIMTAB_TRY(calibration, calibrationIdentity(compiled->compressed->graph, request));
    }
    answer.numericsKey = numericsKey(answer.layers, answer.environment, calibration);
    if (request.setting.prompt > 0) {  // what is timed is not what is evaluated
        TRIMTAB_TRY(const auto run, phaseRun(request, bench, call));
        TRIMTAB_REQUIRE(run->makeReady());
        answer.layers = run->layers();
    }
    answer.planKey = planKey(answer.layers, answer.environment, inputs);
    answer.scalesPerBatch = scalesPerBatch(compiled->compressed->graph);
    answer.sizeBytes = compiled->compressed->storedBytes;
    return ipc::toJson(answer);
}

}  // namespace trimtab::worker
