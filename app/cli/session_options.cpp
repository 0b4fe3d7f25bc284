#include "app/cli/session_options.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <unistd.h>

#include "app/cli/command.h"
#include "app/tasks/report_input.h"

namespace trimtab::cli {

void addSessionOptions(CLI::App& command, SessionOptions& options) {
    command.add_option("SESSION", options.path, "The session file (.trimtab)")->required();
    command.add_option("--study", options.study, "Number of the study (default: the newest)")->check(CLI::PositiveNumber);
}

Result<std::unique_ptr<store::Session>> openIfThere(const std::string& path) {
    std::error_code error;
    if (std::filesystem::exists(path, error)) {
        TRIMTAB_TRY(auto session, store::Session::open(path, store::Mode::ReadWrite));
        if (session->readOnly()) return fail(ErrorCode::Io, "this session can only be read", path);
        return session;
    }
    const auto folder = std::filesystem::path(absolutePath(path)).parent_path();
    if (::access(folder.c_str(), W_OK) != 0)
        return fail(ErrorCode::Io, std::string("no session can be made there: ") + std::strerror(errno), path);
    return nullptr;
}

Result<std::unique_ptr<store::Session>> openToAdd(const std::string& path, std::unique_ptr<store::Session> opened) {
    if (opened) return opened;
    return store::Session::open(path, store::Mode::ReadWrite);
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
                               return trial::sameTarget(later.trial, result->trial);
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

Result<trial::Study> studyWith(store::Session& session, std::int64_t trialId) {
    TRIMTAB_TRY(const auto studies, session.studies());
    for (const trial::Study& study : studies) {
        TRIMTAB_TRY(const auto results, session.results(study.id, true));
        for (const auto& result : results)
            if (result.id == trialId) return study;
    }
    return fail(ErrorCode::NotFound, "the session has no trial " + std::to_string(trialId));
}

Result<ipc::ModelRequest> modelRequestOf(Program& program, const trial::Study& study, const trial::Trial& trial, const std::string& movedTo,
                                         bool trustLinks) {
    TRIMTAB_TRY(const trial::ModelFile file, trial::fileOf(study, trial));
    ipc::ModelRequest request{movedTo.empty() ? file.path : absolutePath(movedTo), trustLinks,    file.randomWeights,
                              trial.recipe,                                        trial.setting, trial::calibrationOf(study)};
    TRIMTAB_TRY(const Json json, program.callWorker("info", ipc::toJson(request)));
    TRIMTAB_TRY(const auto info, ipc::modelInfoFromJson(json));
    if (info.hash == file.hash) return request;
    return fail(ErrorCode::Refused, "the model is not the one that was measured (its hash differs); name that one with --model",
                request.model);
}

}  // namespace trimtab::cli
