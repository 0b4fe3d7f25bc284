#include "core/store/kept_profile.h"

#include "core/store/database.h"
#include "core/trace/trace_codec.h"

namespace trimtab::store {
namespace {

ProfileHeading headingOf(const Statement& row) {
    return {row.integer(0), row.integer(1), row.text(2), row.text(3), row.real(4)};
}

Result<Json> jsonAt(const Statement& row, int column, const ProfileHeading& heading) {
    auto json = base::parseJson(row.text(column), "profile");
    if (json) return json;
    return fail(ErrorCode::Refused, "profile " + std::to_string(heading.id) + " of the session is broken: " + json.error().message);
}

}  // namespace

Status addProfile(Database& database, KeptProfile& profile) {
    profile.heading.runNs = profile.answer.profile.runNs;
    const ProfileHeading& heading = profile.heading;
    TRIMTAB_TRY(Statement insert,
                database.prepare("INSERT INTO profiles (trial, subject, recorded_at, run_ns, request, answer, trace) "
                                 "VALUES (nullif(?1, 0), ?2, ?3, ?4, ?5, ?6, ?7)"));
    insert.bind(1, heading.trial).bind(2, heading.subject).bind(3, heading.recordedAt).bind(4, heading.runNs);
    insert.bind(5, base::dumpJson(ipc::toJson(profile.request))).bind(6, base::dumpJson(ipc::toJsonWithoutTrace(profile.answer)));
    insert.bindBytes(7, trace::packed(profile.answer.profile.trace));
    TRIMTAB_REQUIRE(insert.run());
    profile.heading.id = database.lastId();
    return {};
}

Result<std::vector<ProfileHeading>> profileHeadings(Database& database) {
    std::vector<ProfileHeading> found;
    TRIMTAB_TRY(const std::int64_t tables, database.number("SELECT count(*) FROM sqlite_master WHERE name = 'profiles'"));
    if (tables == 0) return found;
    TRIMTAB_TRY(Statement select,
                database.prepare("SELECT id, coalesce(trial, 0), subject, recorded_at, run_ns FROM profiles ORDER BY id"));
    for (;;) {
        TRIMTAB_TRY(const bool row, select.step());
        if (!row) return found;
        found.push_back(headingOf(select));
    }
}

Result<KeptProfile> profileOf(Database& database, std::int64_t id) {
    TRIMTAB_TRY(const auto headings, profileHeadings(database));
    const auto none = fail(ErrorCode::NotFound, "the session has no profile " + std::to_string(id));
    if (headings.empty()) return none;
    TRIMTAB_TRY(Statement select,
                database.prepare("SELECT id, coalesce(trial, 0), subject, recorded_at, run_ns, request, answer, trace FROM profiles "
                                 "WHERE id = ?1"));
    TRIMTAB_TRY(const bool row, select.bind(1, id).step());
    if (!row) return none;
    KeptProfile profile{headingOf(select), {}, {}};
    TRIMTAB_TRY(const Json request, jsonAt(select, 5, profile.heading));
    TRIMTAB_TRY(profile.request, ipc::profileRequestFromJson(request));
    TRIMTAB_TRY(const Json answer, jsonAt(select, 6, profile.heading));
    TRIMTAB_TRY(profile.answer, ipc::profileAnswerFromJson(answer, select.text(7)));
    return profile;
}

}  // namespace trimtab::store
