#include "profiler/worker/timed_run.h"

#include "profiler/worker/input_files.h"
#include "profiler/worker/machine.h"
#include "profiler/worker/phase_run.h"

namespace trimtab::worker {
namespace {

class InputsRun final : public TimedRun {
public:
    InputsRun(std::shared_ptr<CompiledTrial> trial, std::vector<NamedTensor> inputs)
        : m_trial(std::move(trial)), m_inputs(std::move(inputs)) {}

    Status once(trace::NodeListener* listener) override {
        TRIMTAB_TRY([[maybe_unused]] const auto outputs, m_trial->model->run(m_inputs, listener));
        return {};
    }
    Result<std::unique_ptr<runtime::LibraryRecording>> recordItself() override { return m_trial->model->recordItself(); }
    std::vector<trace::LayerRecord> layers() const override { return m_trial->layers(); }
    std::int64_t batch() const override { return batchOf(m_inputs); }
    std::int64_t weightBytes() const override { return m_trial->model->weightBytes(); }
    std::int64_t arenaBytes() const override { return m_trial->model->arenaBytes(); }
    trial::Environment environment() const override { return environmentOf(m_trial->engine->info()); }

private:
    std::shared_ptr<CompiledTrial> m_trial;
    std::vector<NamedTensor> m_inputs;
};

}  // namespace

Result<std::shared_ptr<TimedRun>> timedRun(const ipc::ModelRequest& request, const std::map<std::string, std::string>& inputFiles,
                                           Workbench& bench, const Call& call) {
    if (request.setting.prompt > 0) {
        if (!inputFiles.empty())
            return fail(ErrorCode::Usage, "a prompt is timed, so inputs have no place: leave the files or the prompt out");
        return phaseRun(request, bench, call);
    }
    TRIMTAB_TRY(auto trial, bench.compiled(request, call));
    TRIMTAB_TRY(auto inputs, inputsFor(trial->compressed->graph, request.setting, inputFiles));
    return std::make_shared<InputsRun>(std::move(trial), std::move(inputs));
}

Result<std::shared_ptr<TimedRun>> readyRun(const ipc::ModelRequest& request, const std::map<std::string, std::string>& inputFiles,
                                           Workbench& bench, const Call& call) {
    TRIMTAB_TRY(auto run, timedRun(request, inputFiles, bench, call));
    TRIMTAB_REQUIRE(run->makeReady());
    TRIMTAB_REQUIRE(run->once());
    TRIMTAB_REQUIRE(run->makeReady());
    return run;
}

}  // namespace trimtab::worker
