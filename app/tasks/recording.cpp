#include "app/tasks/recording.h"

#include <algorithm>

#include "core/store/session.h"

namespace trimtab::tasks {

Result<Recording> readRecording(const std::filesystem::path& path) {
    TRIMTAB_TRY(const auto session, store::Session::open(path, store::Mode::Recording));
    TRIMTAB_TRY(const auto studies, session->studies());
    Recording recording;
    for (const trial::Study& study : studies) {
        TRIMTAB_TRY(const auto results, session->results(study.id, true));
        if (std::ranges::none_of(results, [](const auto& result) { return result.state == trial::State::Finished; })) continue;
        recording.study = study.id;
        recording.studies.push_back(study.name.empty() ? study.modelName : study.name);
        for (const trial::TrialResult& result : results) {
            if (result.state != trial::State::Finished || result.finishedAt < recording.finishedAt) continue;
            recording.device = result.environment.device;
            recording.finishedAt = result.finishedAt;
        }
    }
    if (recording.finishedAt.empty()) return fail(ErrorCode::NotFound, "nothing was measured in this session", path.string());
    return recording;
}

}  // namespace trimtab::tasks
