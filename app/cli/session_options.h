#pragma once
// Opening the session file that a command names.
#include <string>

#include "app/cli/program.h"
#include "core/ipc/messages.h"
#include "core/store/session.h"
#include "core/trial/trial.h"

namespace CLI {
class App;
}

namespace trimtab::cli {

struct SessionOptions {
    std::string path;
    std::int64_t study = 0;  // 0: the newest
};

/// Adds the positional SESSION and --study.
void addSessionOptions(CLI::App& command, SessionOptions& options);

/// To add to: nullptr where there is no such file yet, which is made by openToAdd() once there is something to keep. Io for a file that
/// can only be read and for a folder that takes none.
Result<std::unique_ptr<store::Session>> openIfThere(const std::string& path);
/// `opened` by openIfThere(), or a new file.
Result<std::unique_ptr<store::Session>> openToAdd(const std::string& path, std::unique_ptr<store::Session> opened);
/// NotFound when the file is not there; it is never made.
Result<std::unique_ptr<store::Session>> openForReading(const std::string& path);
/// options.study, or the newest study of the session.
Result<std::int64_t> studyOf(store::Session& session, const SessionOptions& options);
/// Takes out failures that were tried again: those with a later result of the same recipe and setting.
void dropRepeatedFailures(std::vector<trial::TrialResult>& results);
/// The results of a study, stale ones marked, without repeated failures.
Result<std::vector<trial::TrialResult>> resultsOf(store::Session& session, std::int64_t study);
/// NotFound, naming the trial, when the session has none of that number.
Result<trial::TrialResult> trialOf(store::Session& session, std::int64_t id);

/// The study that a trial belongs to.
Result<trial::Study> studyWith(store::Session& session, std::int64_t trialId);
/// What a trial runs: its file, recipe, setting and calibration. `movedTo`: where the file is now; empty: where it was. Refused where it
/// is not the one that was measured.
Result<ipc::ModelRequest> modelRequestOf(Program& program, const trial::Study& study, const trial::Trial& trial, const std::string& movedTo,
                                         bool trustLinks);

}  // namespace trimtab::cli
