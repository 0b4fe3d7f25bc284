#include "app/cli/profile_session.h"

#include <fmt/format.h>

#include "app/cli/session_options.h"
#include "app/cli/table.h"
#include "core/base/units.h"

namespace trimtab::cli {
namespace {

Json headingJson(const store::ProfileHeading& heading) {
    return {{"profile", heading.id},
            {"trial", heading.trial > 0 ? Json(heading.trial) : Json(nullptr)},
            {"subject", heading.subject},
            {"recorded_at", heading.recordedAt},
            {"run_ms", heading.runNs / 1e6}};
}

}  // namespace

bool isSession(const std::string& path) { return path.ends_with(".trimtab"); }

Status listProfiles(Program& program, const std::string& path) {
    TRIMTAB_TRY(const auto session, openForReading(path));
    TRIMTAB_TRY(const auto headings, session->profiles());
    if (program.options.json) {
        Json list = Json::array();
        for (const auto& heading : headings) list.push_back(headingJson(heading));
        program.printJson({{"profiles", std::move(list)}});
        return {};
    }
    if (headings.empty()) {
        fmt::print("the session holds no profile: `trimtab profile {} --trial N` makes one\n", printable(path));
        return {};
    }
    Table table({{"profile", Align::Right}, {"trial", Align::Right}, {"recorded"}, {"a run", Align::Right}, {"what"}});
    for (const auto& heading : headings)
        table.add({std::to_string(heading.id), heading.trial > 0 ? std::to_string(heading.trial) : "–", printable(heading.recordedAt),
                   base::formatMilliseconds(heading.runNs / 1e6), printable(heading.subject)});
    fmt::print("{}`--kept N` shows one of them\n", table.text());
    return {};
}

Result<store::KeptProfile> keptProfile(const std::string& path, std::int64_t id) {
    TRIMTAB_TRY(const auto session, openForReading(path));
    return session->profile(id);
}

Result<TrialToProfile> trialToProfile(Program& program, const std::string& path, std::int64_t trial) {
    TRIMTAB_TRY(const auto session, openIfThere(path));  // a profile that cannot be kept is not worth its time
    if (!session) return fail(ErrorCode::NotFound, "there is no such session file", path);
    TRIMTAB_TRY(const auto result, session->result(trial));
    if (result.state == trial::State::Failed) return fail(ErrorCode::Refused, "trial " + std::to_string(trial) + " failed: it never ran", path);
    TRIMTAB_TRY(const auto study, studyWith(*session, trial));
    TRIMTAB_TRY(auto model, modelRequestOf(program, study, result.trial, {}, false));
    return TrialToProfile{std::move(model), result.trial.label};
}

Result<std::int64_t> keepProfile(const ReadProfile& read, const std::string& subject, std::int64_t trial, const std::string& path) {
    if (!read.answer.capacity.fits()) return 0;
    TRIMTAB_TRY(auto there, openIfThere(path));
    TRIMTAB_TRY(const auto session, openToAdd(path, std::move(there)));
    store::KeptProfile kept{{0, trial, subject, base::utcNow(), 0}, read.request, read.answer};
    TRIMTAB_REQUIRE(session->addProfile(kept));
    return kept.heading.id;
}

}  // namespace trimtab::cli
