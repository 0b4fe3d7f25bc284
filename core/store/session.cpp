#include "core/store/session.h"

#include <algorithm>
#include <cmath>

#include "core/base/hash.h"
#include "core/store/session_file.h"

namespace trimtab::store {
namespace {

using trial::Study;
using trial::TrialResult;

// What makes two studies one: everything but its number, name, words and date.
std::string identityOf(const Study& study) {
    Study meant = study;
    meant.baseline = trial::baselineOf(study);  // a baseline without a setting of its own is meant under the study's
    Json json = trial::toJson(meant);
    for (const char* key : {"id", "name", "question", "created_at", "createdAt"}) json.erase(key);
    return base::sha256(base::dumpJson(json));
}

bool areTimes(const std::vector<double>& milliseconds) {
    return std::ranges::all_of(milliseconds, [](double time) { return std::isfinite(time) && time > 0; });
}

Result<Json> storedJson(const Statement& statement, int column, const char* what) {
    auto json = base::parseJson(statement.text(column), what);
    if (!json) return fail(ErrorCode::Refused, "the session holds a broken " + std::string(what) + ": " + json.error().message);
    return json;
}

class SqliteSession final : public Session {
public:
    SqliteSession(std::unique_ptr<Database> database, std::filesystem::path path, Mode mode)
        : m_database(std::move(database)), m_path(std::move(path)), m_mode(mode) {}

    ~SqliteSession() override {
        if (m_mode == Mode::ReadWrite) (void)m_database->execute("PRAGMA wal_checkpoint(TRUNCATE)");
    }

    bool readOnly() const override { return m_mode != Mode::ReadWrite; }
    const std::filesystem::path& path() const override { return m_path; }

    Result<bool> findStudy(Study& study) override {
        TRIMTAB_TRY(Statement find, m_database->prepare("SELECT id FROM studies WHERE identity = ?1"));
        TRIMTAB_TRY(const bool known, find.bind(1, identityOf(study)).step());
        if (known) study.id = find.integer(0);
        return known;
    }

    Status addStudy(Study& study) override {
        TRIMTAB_REQUIRE(requireWritable());
        return m_database->transaction([&]() -> Status {
            TRIMTAB_TRY(const bool known, findStudy(study));
            if (known) return {};
            TRIMTAB_TRY(Statement insert, m_database->prepare("INSERT INTO studies (identity, name, document) VALUES (?1, ?2, ?3)"));
            TRIMTAB_REQUIRE(insert.bind(1, identityOf(study)).bind(2, study.name).bind(3, base::dumpJson(trial::toJson(study))).run());
            study.id = m_database->lastId();
            return {};
        });
    }

    Result<std::vector<Study>> studies() override {
        TRIMTAB_TRY(Statement select, m_database->prepare("SELECT id, document FROM studies ORDER BY id"));
        std::vector<Study> found;
        for (;;) {
            TRIMTAB_TRY(const bool row, select.step());
            if (!row) return found;
            TRIMTAB_TRY(Study study, studyOf(select));
            found.push_back(std::move(study));
        }
    }

    Result<Study> study(std::int64_t id) override {
        TRIMTAB_TRY(Statement select, m_database->prepare("SELECT id, document FROM studies WHERE id = ?1"));
        TRIMTAB_TRY(const bool row, select.bind(1, id).step());
        if (!row) return fail(ErrorCode::NotFound, "the session has no study " + std::to_string(id));
        return studyOf(select);
    }

    Status addResult(std::int64_t study, TrialResult& result) override {
        TRIMTAB_REQUIRE(requireWritable());
        const std::int64_t before = result.id;
        result.id = 0;
        Status done = m_database->transaction([&] { return insertResult(study, result); });
        if (!done) result.id = before;
        return done;
    }

    Result<std::vector<TrialResult>> results(std::int64_t study, bool brief) override {
        TRIMTAB_TRY(Statement select, m_database->prepare("SELECT id, document FROM trials WHERE study = ?1 ORDER BY id"));
        select.bind(1, study);
        std::vector<TrialResult> found;
        for (;;) {
            TRIMTAB_TRY(const bool row, select.step());
            if (!row) return found;
            TRIMTAB_TRY(TrialResult result, resultOf(select, brief));
            found.push_back(std::move(result));
        }
    }

    Result<TrialResult> result(std::int64_t trialId) override {
        TRIMTAB_TRY(Statement select, m_database->prepare("SELECT id, document FROM trials WHERE id = ?1"));
        TRIMTAB_TRY(const bool row, select.bind(1, trialId).step());
        if (!row) return fail(ErrorCode::NotFound, "the session has no trial " + std::to_string(trialId));
        return resultOf(select, false);
    }

    Status addProfile(KeptProfile& profile) override {
        TRIMTAB_REQUIRE(requireWritable());
        return store::addProfile(*m_database, profile);
    }
    Result<std::vector<ProfileHeading>> profiles() override { return profileHeadings(*m_database); }
    Result<KeptProfile> profile(std::int64_t id) override { return profileOf(*m_database, id); }

    Status setNote(std::int64_t study, const std::string& text) override {
        TRIMTAB_REQUIRE(requireWritable());
        TRIMTAB_TRY(Statement update, m_database->prepare("UPDATE studies SET note = ?2 WHERE id = ?1"));
        return update.bind(1, study).bind(2, text).run();
    }

    Result<std::string> note(std::int64_t study) override {
        TRIMTAB_TRY(Statement select, m_database->prepare("SELECT note FROM studies WHERE id = ?1"));
        TRIMTAB_TRY(const bool row, select.bind(1, study).step());
        return row ? select.text(0) : std::string();
    }

    Status setDocument(const std::string& key, const Json& value) override {
        TRIMTAB_REQUIRE(requireWritable());
        TRIMTAB_TRY(
            Statement upsert,
            m_database->prepare(
                "INSERT INTO documents (key, document) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET document = excluded.document"));
        return upsert.bind(1, key).bind(2, base::dumpJson(value)).run();
    }

    Result<Json> document(const std::string& key) override {
        TRIMTAB_TRY(Statement select, m_database->prepare("SELECT document FROM documents WHERE key = ?1"));
        TRIMTAB_TRY(const bool row, select.bind(1, key).step());
        if (!row) return Json();
        return storedJson(select, 0, "document");
    }

    Status copyTo(const std::filesystem::path& target) override {
        std::error_code error;
        if (std::filesystem::exists(target, error))
            return fail(ErrorCode::Refused, "is there already and is not overwritten", target.string());
        return m_database->backupTo(target);
    }

private:
    Status requireWritable() const {
        return m_mode == Mode::ReadWrite ? Status() : fail(ErrorCode::Refused, "the session is open for reading only", m_path.string());
    }

    static Result<Study> studyOf(const Statement& statement) {
        TRIMTAB_TRY(const Json json, storedJson(statement, 1, "study"));
        TRIMTAB_TRY(Study study, trial::studyFromJson(json));
        study.id = statement.integer(0);
        return study;
    }

    Status insertResult(std::int64_t study, TrialResult& result) {
        Json json = trial::toJson(result, true);
        json.erase("layers");
        TRIMTAB_TRY(Statement insert,
                    m_database->prepare(
                        "INSERT INTO trials (study, label, state, execution, basis, accuracy_key, speed_key, finished_at, document) "
                        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"));
        insert.bind(1, study)
            .bind(2, result.trial.label)
            .bind(3, name(result.state))
            .bind(4, trace::name(result.execution))
            .bind(5, name(result.basis));
        insert.bind(6, result.accuracyKey).bind(7, result.speedKey).bind(8, result.finishedAt).bind(9, base::dumpJson(json));
        TRIMTAB_REQUIRE(insert.run());
        result.id = m_database->lastId();
        TRIMTAB_TRY(Statement layers, m_database->prepare("INSERT INTO layers (trial, document) VALUES (?1, ?2)"));
        TRIMTAB_REQUIRE(layers.bind(1, result.id).bind(2, base::dumpJson(trace::toJson(result.layers))).run());
        if (result.accuracy) TRIMTAB_REQUIRE(insertAccuracy(result));
        if (result.speed) TRIMTAB_REQUIRE(insertSpeed(result));
        return {};
    }

    Status insertMeasurement(const TrialResult& result, std::string_view metric, double value, const base::Interval& interval,
                             std::int64_t n) {
        TRIMTAB_TRY(Statement insert,
                    m_database->prepare(
                        "INSERT INTO measurements (trial, metric, value, low, high, n, basis) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"));
        insert.bind(1, result.id)
            .bind(2, metric)
            .bind(3, value)
            .bind(4, interval.low)
            .bind(5, interval.high)
            .bind(6, n)
            .bind(7, name(result.basis));
        return insert.run();
    }

    Status insertAccuracy(const TrialResult& result) {
        const trial::Accuracy& accuracy = *result.accuracy;
        TRIMTAB_REQUIRE(insertMeasurement(result, accuracy.metric, accuracy.value, accuracy.interval, accuracy.n));
        TRIMTAB_TRY(Statement insert, m_database->prepare("INSERT INTO samples (trial, scores, weights) VALUES (?1, ?2, ?3)"));
        return insert.bind(1, result.id).bindNumbers(2, accuracy.sampleScores).bindNumbers(3, accuracy.sampleWeights).run();
    }

    Status insertSpeed(const TrialResult& result) {
        const trial::Speed& speed = *result.speed;
        TRIMTAB_REQUIRE(insertMeasurement(result, "latency_ms", speed.medianMs, speed.medianInterval, speed.n));
        TRIMTAB_REQUIRE(insertMeasurement(result, "speedup", speed.speedup.value, speed.speedup.interval,
                                          static_cast<std::int64_t>(speed.blocks.size())));
        if (const auto joules = trial::joulesOf(speed, result.trial.setting))
            TRIMTAB_REQUIRE(insertMeasurement(result, "joules", joules->value, joules->interval, speed.power->energy->blocks));
        std::int64_t position = 0;
        for (const base::PairedBlock& block : speed.blocks) {
            TRIMTAB_TRY(Statement insert,
                        m_database->prepare("INSERT INTO blocks (trial, position, baseline, trial_times) VALUES (?1, ?2, ?3, ?4)"));
            TRIMTAB_REQUIRE(insert.bind(1, result.id).bind(2, position++).bindNumbers(3, block.baseline).bindNumbers(4, block.trial).run());
        }
        return {};
    }

    Result<TrialResult> resultOf(const Statement& row, bool brief) {
        TRIMTAB_TRY(const Json json, storedJson(row, 1, "trial"));
        TRIMTAB_TRY(TrialResult result, trial::trialResultFromJson(json));
        result.id = row.integer(0);
        if (brief) return result;
        TRIMTAB_TRY(Statement layers, m_database->prepare("SELECT document FROM layers WHERE trial = ?1"));
        TRIMTAB_TRY(const bool hasLayers, layers.bind(1, result.id).step());
        if (hasLayers) {
            TRIMTAB_TRY(const Json records, storedJson(layers, 0, "layer table"));
            TRIMTAB_TRY(result.layers, trace::layerRecordsFromJson(records));
        }
        if (result.accuracy) TRIMTAB_REQUIRE(readSamples(result));
        if (result.speed) TRIMTAB_REQUIRE(readBlocks(result));
        return result;
    }

    Status readSamples(TrialResult& result) {
        TRIMTAB_TRY(Statement select, m_database->prepare("SELECT scores, weights FROM samples WHERE trial = ?1"));
        TRIMTAB_TRY(const bool row, select.bind(1, result.id).step());
        if (!row) return {};
        result.accuracy->sampleScores = select.numbers(0);
        result.accuracy->sampleWeights = select.numbers(1);
        if (!result.accuracy->sampleWeights.empty() && result.accuracy->sampleWeights.size() != result.accuracy->sampleScores.size())
            return fail(ErrorCode::Refused,
                        "trial " + std::to_string(result.id) + " of the session has scores and weights of different lengths");
        return {};
    }

    Status readBlocks(TrialResult& result) {
        TRIMTAB_TRY(Statement select, m_database->prepare("SELECT baseline, trial_times FROM blocks WHERE trial = ?1 ORDER BY position"));
        select.bind(1, result.id);
        result.speed->blocks.clear();
        for (;;) {
            TRIMTAB_TRY(const bool row, select.step());
            if (!row) return {};
            base::PairedBlock block{select.numbers(0), select.numbers(1)};
            if (block.trial.empty() || !areTimes(block.trial) || !areTimes(block.baseline))
                return fail(ErrorCode::Refused,
                            "trial " + std::to_string(result.id) + " of the session has a block whose timings are no times");
            result.speed->blocks.push_back(std::move(block));
        }
    }

    std::unique_ptr<Database> m_database;
    std::filesystem::path m_path;
    Mode m_mode;
};

}  // namespace

Result<std::unique_ptr<Session>> Session::open(const std::filesystem::path& path, Mode mode) {
    TRIMTAB_TRY(auto database, openSessionFile(path, mode));
    return std::unique_ptr<Session>(std::make_unique<SqliteSession>(std::move(database), path, mode));
}

}  // namespace trimtab::store
