// The session file keeps what it acknowledged, gives it back whole, and refuses what is not a session.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include <sys/stat.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/store/database.h"
#include "core/store/schema.h"
#include "core/store/session.h"
#include "tests/support/study_example.h"

namespace trimtab::store {
namespace {

using testing::HasSubstr;

class SessionTest : public testing::Test {
protected:
    base::TemporaryFolder m_folder = std::move(*base::TemporaryFolder::create("trimtab-session-test"));
    std::filesystem::path path(const std::string& name = "a.trimtab") const { return m_folder.path() / name; }

    std::unique_ptr<Session> open(Mode mode = Mode::ReadWrite, const std::string& name = "a.trimtab") {
        auto session = Session::open(path(name), mode);
        EXPECT_TRUE(session) << session.error().text();
        return session ? std::move(*session) : nullptr;
    }

    // A session with the example study; returns the study's id.
    std::int64_t fill() {
        auto session = open();
        trial::Study study = support::exampleStudy();
        EXPECT_TRUE(session->addStudy(study));
        for (trial::TrialResult& result : support::exampleResults()) EXPECT_TRUE(session->addResult(study.id, result));
        return study.id;
    }
};

TEST_F(SessionTest, GivesEverythingBackAfterItWasClosed) {
    const std::int64_t id = fill();
    const auto session = open();
    const auto study = session->study(id);
    ASSERT_TRUE(study);
    trial::Study expectedStudy = support::exampleStudy();
    expectedStudy.id = id;
    EXPECT_EQ(trial::toJson(*study), trial::toJson(expectedStudy));
    const auto results = session->results(id);
    ASSERT_TRUE(results) << results.error().text();
    auto expected = support::exampleResults();
    ASSERT_EQ(results->size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        expected[i].id = (*results)[i].id;
        EXPECT_GT(expected[i].id, 0);
        EXPECT_EQ(trial::toJson((*results)[i]), trial::toJson(expected[i])) << "trial " << i;
    }
}

TEST_F(SessionTest, BriefResultsLeaveOutSamplesBlocksAndLayers) {
    const std::int64_t id = fill();
    const auto brief = open()->results(id, true);
    ASSERT_TRUE(brief);
    EXPECT_TRUE((*brief)[1].layers.empty());
    EXPECT_TRUE((*brief)[1].accuracy->sampleScores.empty());
    EXPECT_EQ((*brief)[1].speed->medianMs, 4);
}

TEST_F(SessionTest, TheSameStudyIsAddedOnceAndAnotherOneBesideIt) {
    auto session = open();
    trial::Study first = support::exampleStudy();
    trial::Study again = support::exampleStudy();
    again.name = "under another name";
    trial::Study other = support::exampleStudy();
    other.axes.push_back(*trial::parseAxis("prune.ratio=0,0.5"));
    EXPECT_FALSE(session->findStudy(first).value()) << "to look for it adds nothing";
    ASSERT_TRUE(session->addStudy(first));
    EXPECT_TRUE(session->findStudy(again).value());
    EXPECT_EQ(again.id, first.id);
    ASSERT_TRUE(session->addStudy(again));
    ASSERT_TRUE(session->addStudy(other));
    EXPECT_EQ(first.id, again.id);
    EXPECT_NE(first.id, other.id);
    EXPECT_EQ(session->studies()->size(), 2U);
}

TEST_F(SessionTest, ANewMeasurementStandsBesideTheOldOne) {
    auto session = open();
    trial::Study study = support::exampleStudy();
    ASSERT_TRUE(session->addStudy(study));
    auto result = support::exampleResults()[1];
    ASSERT_TRUE(session->addResult(study.id, result));
    const std::int64_t first = result.id;
    ASSERT_TRUE(session->addResult(study.id, result));
    EXPECT_NE(result.id, first);
    EXPECT_EQ(session->results(study.id)->size(), 2U);
}

TEST_F(SessionTest, IsReadableInSqlByItsMeasurements) {
    fill();
    auto database = Database::open(path(), Database::Access::Read);
    ASSERT_TRUE(database);
    EXPECT_EQ(*(*database)->number("SELECT count(*) FROM measurements WHERE metric = 'latency_ms' AND basis = 'measured'"), 3);
    EXPECT_EQ(*(*database)->number("PRAGMA application_id"), kApplicationId);
    EXPECT_EQ(*(*database)->number("PRAGMA user_version"), static_cast<std::int64_t>(kMigrations.size()));
}

TEST_F(SessionTest, WritesThroughWalOnALocalFilesystem) {
    const auto session = open();
    trial::Study study = support::exampleStudy();
    ASSERT_TRUE(session->addStudy(study));
    EXPECT_TRUE(std::filesystem::exists(path("a.trimtab-wal")));
}

TEST_F(SessionTest, ReadOnlySessionsShowEverythingAndRefuseEveryWrite) {
    const std::int64_t id = fill();
    const auto session = open(Mode::ReadOnly);
    EXPECT_TRUE(session->readOnly());
    EXPECT_EQ(session->results(id)->size(), 5U);
    trial::Study study = support::exampleStudy();
    EXPECT_EQ(session->addStudy(study).error().code, ErrorCode::Refused);
    EXPECT_FALSE(session->setNote(id, "x"));
    EXPECT_FALSE(session->setDocument("k", 1));
}

TEST_F(SessionTest, ASessionInAFolderWithoutWriteRightsOpensForReading) {
    const std::int64_t id = fill();
    ASSERT_EQ(::chmod(m_folder.path().c_str(), 0555), 0);
    const auto session = open(Mode::ReadOnly);
    EXPECT_EQ(session->results(id)->size(), 5U);
    ASSERT_EQ(::chmod(m_folder.path().c_str(), 0755), 0);
}

TEST_F(SessionTest, ARecordingIsReadAsItStandsAndNothingIsMadeBesideIt) {
    const std::int64_t id = fill();
    const std::string bytes = *base::readFile(path(), 10 << 20);
    const auto names = [this] {
        std::vector<std::string> found;
        for (const auto& entry : std::filesystem::directory_iterator(m_folder.path())) found.push_back(entry.path().filename());
        return found;
    };
    const auto before = names();
    {
        const auto session = open(Mode::Recording);
        EXPECT_TRUE(session->readOnly());
        EXPECT_EQ(session->results(id)->size(), 5U);
        EXPECT_EQ(names(), before) << "while it is open";
        trial::Study study = support::exampleStudy();
        trial::TrialResult result = support::exampleResults().front();
        for (const Status& refused : {session->addStudy(study), session->addResult(id, result), session->setNote(id, "x"),
                                      session->setDocument("k", 1)}) {
            ASSERT_FALSE(refused);
            const Error& error = refused.error();
            EXPECT_EQ(error.code, ErrorCode::Refused);
            EXPECT_THAT(error.text(), HasSubstr("reading only"));
        }
        ASSERT_TRUE(session->copyTo(path("copy.trimtab"))) << "it may be copied elsewhere";
        EXPECT_EQ(open(Mode::ReadOnly, "copy.trimtab")->results(id)->size(), 5U);
        std::filesystem::remove(path("copy.trimtab"));
    }
    EXPECT_EQ(names(), before) << "after it was closed";
    EXPECT_EQ(*base::readFile(path(), 10 << 20), bytes);
    ASSERT_EQ(::chmod(path().c_str(), 0444), 0);
    ASSERT_EQ(::chmod(m_folder.path().c_str(), 0555), 0);
    EXPECT_EQ(open(Mode::Recording)->results(id)->size(), 5U);
    ASSERT_EQ(::chmod(m_folder.path().c_str(), 0755), 0);
    EXPECT_EQ(Session::open(path("none"), Mode::Recording).error().code, ErrorCode::NotFound);
}

TEST_F(SessionTest, NotesAndDocumentsAreKept) {
    const std::int64_t id = fill();
    {
        auto session = open();
        ASSERT_TRUE(session->setNote(id, "look at int8"));
        ASSERT_TRUE(session->setDocument("view", {{"page", "results"}}));
        ASSERT_TRUE(session->setDocument("view", {{"page", "sweep"}}));
    }
    auto session = open();
    EXPECT_EQ(*session->note(id), "look at int8");
    EXPECT_EQ((*session->document("view"))["page"], "sweep");
    EXPECT_TRUE(session->document("absent")->is_null());
}

TEST_F(SessionTest, CopiesAreCompleteWhileTheOriginalIsOpenAndNeverOverwrite) {
    const std::int64_t id = fill();
    auto session = open();
    ASSERT_TRUE(session->copyTo(path("copy.trimtab")));
    EXPECT_FALSE(std::filesystem::exists(path("copy.trimtab-wal")));
    EXPECT_EQ(session->copyTo(path("copy.trimtab")).error().code, ErrorCode::Refused);
    const auto copy = open(Mode::ReadOnly, "copy.trimtab");
    EXPECT_EQ(copy->results(id)->size(), 5U);
}

TEST_F(SessionTest, TwoWritersWaitForEachOther) {
    auto first = open();
    auto second = open();
    trial::Study study = support::exampleStudy();
    ASSERT_TRUE(first->addStudy(study));
    auto results = support::exampleResults();
    ASSERT_TRUE(first->addResult(study.id, results[0]));
    ASSERT_TRUE(second->addResult(study.id, results[1]));
    EXPECT_EQ(first->results(study.id)->size(), 2U);
}

TEST_F(SessionTest, RefusesFilesThatAreNoSessionsAndLeavesThemAlone) {
    std::ofstream(path("text")) << std::string(5000, 'x');
    EXPECT_EQ(Session::open(path("text"), Mode::ReadWrite).error().code, ErrorCode::Refused);
    EXPECT_EQ(Session::open(m_folder.path(), Mode::ReadWrite).error().code, ErrorCode::Refused);
    EXPECT_EQ(Session::open(path("none"), Mode::ReadOnly).error().code, ErrorCode::NotFound);
    {
        auto foreign = Database::open(path("foreign"), Database::Access::Create);
        ASSERT_TRUE((*foreign)->execute("CREATE TABLE t (x)"));
    }
    const auto refused = Session::open(path("foreign"), Mode::ReadWrite);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().text(), HasSubstr("not a Trimtab session"));
    EXPECT_EQ(*base::readFile(path("text"), 10000), std::string(5000, 'x'));
}

KeptProfile exampleProfile() {
    KeptProfile kept;
    kept.heading.subject = "int8, fc1 pruned";
    kept.heading.recordedAt = "2026-01-01T00:00:00Z";
    kept.request.model.model = "/models/m.onnx";
    kept.request.seconds = 3;
    kept.answer.batch = 4;
    kept.answer.noTrials = "nobody asked";
    trace::Profile& profile = kept.answer.profile;
    profile.layers.resize(1);
    profile.layers[0].node = "fc1";
    profile.layers[0].medianNs = 900;
    profile.runs = 1;
    profile.runNs = 1000;
    profile.attributed = 0.9;
    profile.overhead = {1.01, {1, 1.02}};
    profile.trace.names = {"run", "fc1"};
    profile.trace.tracks = {"host"};
    profile.trace.spans = {{0, 1000, 0, -1, 0, trace::SpanKind::Run}, {50, 900, 1, 0, 0, trace::SpanKind::Node}};
    return kept;
}

TEST_F(SessionTest, KeepsProfilesOfTrialsAndOfTheModelItself) {
    const std::int64_t study = fill();
    KeptProfile ofModel = exampleProfile(), ofTrial = exampleProfile();
    {
        const auto session = open();
        ofTrial.heading.trial = session->results(study, true)->front().id;
        ASSERT_TRUE(session->addProfile(ofModel));
        ASSERT_TRUE(session->addProfile(ofTrial));
    }
    const auto session = open(Mode::ReadOnly);
    const auto headings = session->profiles();
    ASSERT_TRUE(headings) << headings.error().text();
    ASSERT_EQ(headings->size(), 2U);
    EXPECT_EQ((*headings)[0].trial, 0);
    EXPECT_EQ((*headings)[1].trial, ofTrial.heading.trial);
    EXPECT_EQ((*headings)[1].subject, "int8, fc1 pruned");
    EXPECT_EQ((*headings)[1].recordedAt, "2026-01-01T00:00:00Z");
    EXPECT_EQ((*headings)[1].runNs, 1000);
    const auto back = session->profile(ofTrial.heading.id);
    ASSERT_TRUE(back) << back.error().text();
    EXPECT_EQ(ipc::toJson(back->request), ipc::toJson(ofTrial.request));
    EXPECT_EQ(ipc::toJson(back->answer), ipc::toJson(ofTrial.answer));
    EXPECT_EQ(back->answer.profile.trace, ofTrial.answer.profile.trace);
    EXPECT_EQ(session->profile(99).error().code, ErrorCode::NotFound);
    EXPECT_EQ(session->addProfile(ofModel).error().code, ErrorCode::Refused) << "it is open for reading only";
}

TEST_F(SessionTest, RefusesAProfileOfATrialThatItDoesNotHave) {
    fill();
    KeptProfile profile = exampleProfile();
    profile.heading.trial = 999;
    EXPECT_FALSE(open()->addProfile(profile));
    EXPECT_TRUE(open()->profiles()->empty());
}

TEST_F(SessionTest, ReadsASessionFromBeforeThereWereProfiles) {
    const std::int64_t study = fill();
    {
        auto database = Database::open(path(), Database::Access::Write);
        ASSERT_TRUE((*database)->execute("DROP TABLE profiles; PRAGMA user_version = 1"));
    }
    const auto old = open(Mode::ReadOnly);
    EXPECT_EQ(old->results(study)->size(), support::exampleResults().size());
    EXPECT_TRUE(old->profiles()->empty());
    EXPECT_EQ(old->profile(1).error().code, ErrorCode::NotFound);
    KeptProfile profile = exampleProfile();
    EXPECT_TRUE(open()->addProfile(profile)) << "it is migrated where it can be written";
    EXPECT_EQ(open()->profiles()->size(), 1U);
}

TEST_F(SessionTest, RefusesAProfileThatSomebodyBroke) {
    fill();
    KeptProfile profile = exampleProfile();
    ASSERT_TRUE(open()->addProfile(profile));
    for (const char* change : {"answer = '{'", "answer = '{}'", "request = '[]'", "trace = x'0011'", "trace = NULL"}) {
        ASSERT_TRUE(std::filesystem::copy_file(path(), path("broken.trimtab"), std::filesystem::copy_options::overwrite_existing));
        {
            auto database = Database::open(path("broken.trimtab"), Database::Access::Write);
            (void)(*database)->execute("PRAGMA ignore_check_constraints = 1");
            if (!(*database)->execute(std::string("UPDATE profiles SET ") + change)) continue;  // NOT NULL
        }
        const auto session = open(Mode::ReadOnly, "broken.trimtab");
        EXPECT_EQ(session->profile(profile.heading.id).error().code, ErrorCode::Refused) << change;
    }
}

TEST_F(SessionTest, RefusesANewerVersionByName) {
    fill();
    {
        auto database = Database::open(path(), Database::Access::Write);
        ASSERT_TRUE((*database)->execute("PRAGMA user_version = 999"));
    }
    const auto refused = Session::open(path(), Mode::ReadWrite);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().text(), HasSubstr("newer Trimtab"));
}

TEST_F(SessionTest, RefusesTriggersThatSomebodyPlanted) {
    fill();
    {
        auto database = Database::open(path(), Database::Access::Write);
        ASSERT_TRUE((*database)->execute("CREATE TRIGGER t AFTER INSERT ON trials BEGIN DELETE FROM trials; END"));
    }
    EXPECT_THAT(Session::open(path(), Mode::ReadWrite).error().text(), HasSubstr("triggers"));
}

TEST_F(SessionTest, RefusesTimingsAndScoresThatNoTrialCouldHave) {
    for (const char* vandalism :
         {"UPDATE blocks SET trial_times = x''", "UPDATE blocks SET baseline = x'000000000000f87f'",
          "UPDATE blocks SET trial_times = x'000000000000f0bf'", "UPDATE samples SET weights = x'000000000000f03f'"}) {
        std::filesystem::remove(path());
        const std::int64_t id = fill();
        {
            auto database = Database::open(path(), Database::Access::Write);
            ASSERT_TRUE((*database)->execute(vandalism));
        }
        const auto results = open()->results(id);
        ASSERT_FALSE(results) << vandalism;
        EXPECT_EQ(results.error().code, ErrorCode::Refused);
    }
}

TEST_F(SessionTest, ABaselineWithoutASettingIsMeantUnderTheStudys) {
    auto session = open();
    trial::Study implicit = support::exampleStudy();
    implicit.setting.batch = 16;
    trial::Study stated = implicit;
    stated.baseline.setting = stated.setting;
    ASSERT_TRUE(session->addStudy(implicit));
    ASSERT_TRUE(session->addStudy(stated));
    EXPECT_EQ(implicit.id, stated.id);
}

TEST_F(SessionTest, TruncatedAndScribbledFilesAreRefusedOrReadButNeverCrash) {
    fill();
    const std::string bytes = *base::readFile(path(), 10 << 20);
    for (std::size_t cut = 0; cut < bytes.size(); cut += bytes.size() / 16 + 1) {
        ASSERT_TRUE(base::writeFileAtomically(path("cut"), bytes.substr(0, cut)));
        if (auto session = Session::open(path("cut"), Mode::ReadOnly)) (void)(*session)->results(1);
    }
    for (std::size_t at = 0; at < bytes.size(); at += 97) {
        std::string scribbled = bytes;
        for (std::size_t i = at; i < std::min(at + 40, bytes.size()); ++i) scribbled[i] = static_cast<char>(i * 31);
        ASSERT_TRUE(base::writeFileAtomically(path("scribbled"), scribbled));
        if (auto session = Session::open(path("scribbled"), Mode::ReadOnly)) (void)(*session)->results(1);
    }
}

}  // namespace
}  // namespace trimtab::store
