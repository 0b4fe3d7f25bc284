#include "app/cli/session_options.h"

#include <algorithm>
#include <filesystem>

#include "app/cli/command.h"
#include "app/tasks/report_input.h"

namespace trimtab::cli {

void addSessionOptions(CLI::App& command, SessionOptions& options) {
    command.add_option("SESSION", options.path, "The session file (.trimtab)")->required();
    command.add_option("--study", options.study, "Number of the study (default: the newest)")->check(CLI::PositiveNumber);
}

Result<std::unique_ptr<store::Session>> openForReading(const std::string& path) {
    std::error_code error;
    if (!std::filesystem::exists(path, error)) return fail(ErrorCode::NotFound, "there is no such session file", path);
    return store::Session::open(path, store::Mode::ReadOnly);
}

Result<std::int64_t> studyOf(store::Session& session, const SessionOptions& options) {
    if (options.study > 0) return options.study;
    return tasks::newestStudy(session);
}

void dropRepeatedFailures(std::vector<trial::TrialResult>& results) {
    for (auto result = results.begin(); result != results.end();) {
        const bool again = result->state == trial::State::Failed && std::any_of(result + 1, results.end(), [&](const auto& later) {
                               return later.trial.recipe == result->trial.recipe && later.trial.setting == result->trial.setting;
                           });
        result = again ? results.erase(result) : result + 1;
    }
}

Result<std::vector<trial::TrialResult>> resultsOf(store::Session& session, std::int64_t study) {
    TRIMTAB_TRY(auto results, session.results(study));
    tasks::markStale(results);
    dropRepeatedFailures(results);
    return results;
}

Result<trial::TrialResult> trialOf(store::Session& session, std::int64_t id) { return session.result(id); }

}  // namespace trimtab::cli
