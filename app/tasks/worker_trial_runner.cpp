#include "app/tasks/worker_trial_runner.h"

namespace trimtab::tasks {
namespace {

constexpr std::string_view kProgramPrefix = "exec:";

bool workerIsLost(const Error& error) { return error.code == ErrorCode::WorkerDied || error.code == ErrorCode::Cancelled; }

}  // namespace

WorkerTrialRunner::WorkerTrialRunner(RunnerOptions options) : m_options(std::move(options)) {}

WorkerTrialRunner::~WorkerTrialRunner() = default;

int WorkerTrialRunner::workerProcessId() const {
    const std::lock_guard lock(m_mutex);
    return m_activeProcess;
}

Result<Json> WorkerTrialRunner::callOn(ipc::WorkerClient& worker, const std::string& method, Json params, const ipc::CallProgress& progress,
                                       std::stop_token stop) {
    const auto setActive = [this](int id) {
        const std::lock_guard lock(m_mutex);
        m_activeProcess = id;
    };
    setActive(worker.processId());
    auto answer = worker.call(method, std::move(params), progress, std::move(stop));
    setActive(0);
    return answer;
}

Result<Json> WorkerTrialRunner::call(const std::string& method, Json params, const ipc::CallProgress& progress, std::stop_token stop) {
    if (!m_worker) {
        TRIMTAB_TRY(m_worker, ipc::WorkerClient::start(m_options.worker));
    }
    auto answer = callOn(*m_worker, method, std::move(params), progress, std::move(stop));
    if (!answer && workerIsLost(answer.error())) m_worker.reset();
    return answer;
}

Result<ipc::ModelRequest> WorkerTrialRunner::request(const trial::Study& study, const trial::Trial& trial) const {
    TRIMTAB_TRY(const auto file, trial::fileOf(study, trial));
    return ipc::ModelRequest{file.path, m_options.trustLinks, file.randomWeights, trial.recipe, trial.setting, trial::calibrationOf(study)};
}

Result<tune::PlanSummary> WorkerTrialRunner::plan(const trial::Study& study, const trial::Trial& trial, std::stop_token stop) {
    TRIMTAB_TRY(const auto model, request(study, trial));
    TRIMTAB_TRY(const Json json, call("plan", ipc::toJson(model), {}, std::move(stop)));
    TRIMTAB_TRY(auto answer, ipc::planAnswerFromJson(json));
    return tune::PlanSummary{std::move(answer.layers), std::move(answer.planKey), std::move(answer.numericsKey), answer.sizeBytes,
                             std::move(answer.environment), answer.scalesPerBatch};
}

Result<trial::Accuracy> WorkerTrialRunner::measureAccuracy(const trial::Study& study, const trial::Trial& trial,
                                                           const tune::ProgressFn& progress, std::stop_token stop) {
    if (study.metric.starts_with(kProgramPrefix) && study.metric != m_options.programMetric)
        return fail(ErrorCode::Refused, "this study scores with the program \"" + study.metric.substr(kProgramPrefix.size()) +
                                            "\"; only a command line may name a program, so give it again with --metric");
    ipc::EvalRequest eval;
    TRIMTAB_TRY(eval.model, request(study, trial));
    eval.data = study.dataPath;
    eval.metric = study.metric;
    if (!trial.variant.empty()) eval.reference = study.modelPath;
    eval.batch = study.budget.evaluationBatch;
    eval.samples = study.dataPath.empty() ? study.budget.fidelitySamples : study.budget.samples;
    eval.seed = study.seed;  // one for all trials, which are compared sample by sample
    TRIMTAB_TRY(const Json json, call("eval", ipc::toJson(eval), progress, std::move(stop)));
    return ipc::accuracyFromJson(json);
}

Result<tune::SpeedBlock> WorkerTrialRunner::measureSpeed(const trial::Study& study, const trial::Trial& trial, std::stop_token stop) {
    ipc::BenchRequest bench;
    TRIMTAB_TRY(bench.model, request(study, trial));
    bench.baseline = trial::baselineFor(study, trial.setting);
    if (!trial.variant.empty()) bench.baselineModel = study.modelPath;
    bench.seconds = study.budget.speedSeconds;
    // In the first process of a trial: it takes a while, and says little more the second time.
    const std::string subject = base::dumpJson(trial::toJson(trial));
    if (subject != m_subject || m_blocks >= study.budget.processes) m_blocks = 0;
    bench.power = m_blocks == 0;
    m_subject.clear();  // a trial whose process fails begins anew
    TRIMTAB_TRY(const auto worker, ipc::WorkerClient::start(m_options.worker));
    TRIMTAB_TRY(const Json json, callOn(*worker, "bench", ipc::toJson(bench), {}, std::move(stop)));
    TRIMTAB_TRY(auto answer, ipc::benchAnswerFromJson(json));
    m_subject = subject;
    ++m_blocks;
    return tune::SpeedBlock{std::move(answer.timings), std::move(answer.layers), answer.throttled,
                            answer.batch,              answer.baselineBatch,     std::move(answer.power)};
}

}  // namespace trimtab::tasks
