#pragma once
// Measures the trials of a study through worker processes: one long-lived worker for plans and accuracy, a fresh one for every block of
// timings.
#include <memory>
#include <mutex>

#include "core/ipc/client.h"
#include "core/ipc/messages.h"
#include "core/tune/run_study.h"

namespace trimtab::tasks {

struct RunnerOptions {
    ipc::WorkerOptions worker;
    bool trustLinks = false;
    std::string programMetric;  // the one "exec:PROGRAM" that the user's own command line named; any other is refused
};

class WorkerTrialRunner final : public tune::TrialRunner {
public:
    explicit WorkerTrialRunner(RunnerOptions options);
    ~WorkerTrialRunner() override;

    Result<tune::PlanSummary> plan(const trial::Study& study, const trial::Trial& trial, std::stop_token stop) override;
    Result<trial::Accuracy> measureAccuracy(const trial::Study& study, const trial::Trial& trial, const tune::ProgressFn& progress,
                                            std::stop_token stop) override;
    Result<tune::SpeedBlock> measureSpeed(const trial::Study& study, const trial::Trial& trial, std::stop_token stop) override;

    /// Process id of the worker that answers now, 0 when there is none. May be asked from any thread.
    int workerProcessId() const;

private:
    /// A call to the long-lived worker, which is started when there is none; a dead one is forgotten.
    Result<Json> call(const std::string& method, Json params, const ipc::CallProgress& progress, std::stop_token stop);
    /// A call to any worker, whose process id is shown while it lasts.
    Result<Json> callOn(ipc::WorkerClient& worker, const std::string& method, Json params, const ipc::CallProgress& progress,
                        std::stop_token stop);
    Result<ipc::ModelRequest> request(const trial::Study& study, const trial::Trial& trial) const;

    RunnerOptions m_options;
    std::unique_ptr<ipc::WorkerClient> m_worker;
    std::string m_subject;  // the trial whose speed was measured last, and in how many processes
    int m_blocks = 0;
    mutable std::mutex m_mutex;  // guards m_activeProcess
    int m_activeProcess = 0;
};

}  // namespace trimtab::tasks
