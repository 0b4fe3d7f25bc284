// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tasks/results_task.h"

#include <algorithm>

#include <QCoreApplication>
#include <QFileInfo>

#include "app/gui/models/recordings.h"
#include "app/tasks/report_input.h"
#include "core/base/units.h"
#include "core/report/report.h"
#include "core/store/session.h"

namespace trimtab::gui {

namespace {

const QString kLoadTag = QStringLiteral("results.load");
const QString kFrontTag = QStringLiteral("results.front");
const QString kReportTag = QStringLiteral("results.report");
const QString kProfileTag = QStringLiteral("results.profile");

struct Loaded {
    std::optional<tasks::Recording> recording;
    std::vector<trial::Study> studies;
    trial::Study study;
    std::vector<trial::TrialResult> results;
    std::shared_ptr<const trial::SensitivityTable> sensitivity;
    std::vector<store::ProfileHeading> profiles;
    std::optional<store::KeptProfile> newest;  // of a session that holds no study
};

/// Null where the session holds none that can be read: it can be measured again.
std::shared_ptr<const trial::SensitivityTable> sensitivityOf(store::Session& session, std::int64_t study) {
    const auto document = session.document(trial::sensitivityKey(study));
    if (!document || !document->is_object() || !document->contains("table")) return nullptr;
    auto table = trial::sensitivityTableFromJson((*document)["table"]);
    return table ? std::make_shared<const trial::SensitivityTable>(std::move(*table)) : nullptr;
}

Result<Loaded> readSession(const std::string& path, std::int64_t wanted, store::Mode mode = store::Mode::ReadOnly) {
    TRIMTAB_TRY(const auto session, store::Session::open(path, mode));
    Loaded loaded;
    if (mode == store::Mode::Recording) {
        TRIMTAB_TRY(loaded.recording, tasks::readRecording(path));
        if (wanted == 0) wanted = loaded.recording->study;
    }
    TRIMTAB_TRY(loaded.studies, session->studies());
    TRIMTAB_TRY(loaded.profiles, session->profiles());
    if (wanted == 0 && loaded.studies.empty() && !loaded.profiles.empty()) {
        TRIMTAB_TRY(loaded.newest, session->profile(loaded.profiles.back().id));
        return loaded;
    }
    if (wanted == 0) {
        TRIMTAB_TRY(wanted, tasks::newestStudy(*session));
    }
    TRIMTAB_TRY(loaded.study, session->study(wanted));
    TRIMTAB_TRY(loaded.results, session->results(wanted));
    loaded.sensitivity = sensitivityOf(*session, wanted);
    tasks::markStale(loaded.results);
    return loaded;
}

Result<std::vector<store::ProfileHeading>> addProfile(const ProfileSnapshot& profile, const std::string& path) {
    TRIMTAB_TRY(const auto session, store::Session::open(path, store::Mode::ReadWrite));
    store::KeptProfile kept{{0, profile.trial, profile.subject.toStdString(), base::utcNow(), 0}, profile.request, profile.answer};
    TRIMTAB_REQUIRE(session->addProfile(kept));
    return session->profiles();
}

Result<store::KeptProfile> readProfileOf(const std::string& path, std::int64_t id, store::Mode mode) {
    TRIMTAB_TRY(const auto session, store::Session::open(path, mode));
    return session->profile(id);
}

Status writeReportFile(const std::string& session, std::int64_t study, std::int64_t chosen, bool dark, const std::string& path,
                       store::Mode mode) {
    TRIMTAB_TRY(const auto opened, store::Session::open(session, mode));
    TRIMTAB_TRY(report::ReportInput input, tasks::reportInput(*opened, study, chosen));
    input.dark = dark;
    return report::write(input, path);
}

}  // namespace

ResultsTask::ResultsTask(QObject* parent) : QObject(parent) { connect(&m_lane, &Lane::busyChanged, this, &ResultsTask::busyChanged); }

void ResultsTask::load(const QString& sessionPath, std::int64_t study) {
    const QString absolute = QFileInfo(sessionPath).absoluteFilePath();
    const auto mode = isRecording(absolute, QCoreApplication::applicationDirPath()) ? store::Mode::Recording : store::Mode::ReadOnly;
    setLoading(true);
    m_lane.post(kLoadTag, [this, absolute, study, mode](std::stop_token) -> Lane::Continuation {
        auto read = std::make_shared<Result<Loaded>>(readSession(absolute.toStdString(), study, mode));
        return [this, absolute, read] {
            setLoading(false);
            if (!*read) {
                emit loadFailed(absolute, read->error());
                return;
            }
            if ((*read)->newest) clear();
            m_sessionPath = absolute;
            m_recording = (*read)->recording;
            m_sensitivity = (*read)->sensitivity;
            setProfiles(std::move((*read)->profiles));
            if ((*read)->newest) {
                const ipc::ProfileRequest request = (*read)->newest->request;
                emit loadedProfiles(request);
                emit profileRead(profileSnapshotOf(std::move(*(*read)->newest)));
                return;
            }
            takeSession((*read)->studies, (*read)->study, std::move((*read)->results));
            emit loaded(m_study);
        };
    });
}

void ResultsTask::follow(const QString& sessionPath, const trial::Study& study) {
    m_sessionPath = sessionPath;
    m_recording.reset();
    m_sensitivity.reset();
    setProfiles({});
    takeSession({study}, study, {});
    m_lane.post(kLoadTag, [this, path = sessionPath.toStdString(), study](std::stop_token) -> Lane::Continuation {
        auto read = std::make_shared<Result<Loaded>>(readSession(path, study.id));
        return [this, read] {
            if (!*read) return;  // the sweep itself tells what is wrong with the session
            std::vector<trial::TrialResult> arrived = std::move(m_results);
            m_results = std::move((*read)->results);
            m_studies = std::move((*read)->studies);
            setProfiles(std::move((*read)->profiles));
            for (const auto& result : arrived) add(std::make_shared<const trial::TrialResult>(result));
            rebuild();
        };
    });
}

void ResultsTask::takeSession(const std::vector<trial::Study>& studies, const trial::Study& study,
                              std::vector<trial::TrialResult> results) {
    m_studies = studies;
    m_study = study;
    m_results = std::move(results);
    m_selected = 0;
    emit selectionChanged();
    rebuild();
}

void ResultsTask::add(std::shared_ptr<const trial::TrialResult> result) {
    const bool known = std::any_of(m_results.begin(), m_results.end(), [&](const auto& r) { return r.id == result->id; });
    if (known) return;
    m_results.push_back(*result);
    rebuild();
}

void ResultsTask::clear() {
    m_sessionPath.clear();
    m_recording.reset();
    m_study = {};
    m_studies.clear();
    m_results.clear();
    m_sensitivity.reset();
    setProfiles({});
    m_snapshot.reset();
    m_selected = 0;
    emit selectionChanged();
    emit snapshotChanged();
}

void ResultsTask::setAxis(SpeedAxis axis) {
    if (axis == m_axis) return;
    m_axis = axis;
    if (m_snapshot) rebuild();
}

void ResultsTask::select(std::int64_t trialId) {
    if (trialId == m_selected) return;
    m_selected = trialId;
    emit selectionChanged();
}

void ResultsTask::rebuild() {
    auto next = std::make_shared<StudySnapshot>();
    next->study = m_study;
    next->results = m_results;
    next->axis = m_axis;
    m_lane.post(kFrontTag, [this, next](std::stop_token) -> Lane::Continuation {
        tasks::markStale(next->results);
        if (auto rows = tune::paretoRows(next->results, word(next->axis))) next->rows = std::move(*rows);
        tune::noteStudy(next->rows, next->study, next->results);
        return [this, next] {
            m_snapshot = next;
            emit snapshotChanged();
        };
    });
}

void ResultsTask::writeReport(const QString& path, bool dark) {
    const auto mode = m_recording ? store::Mode::Recording : store::Mode::ReadOnly;
    m_lane.post(kReportTag, [this, path, dark, session = m_sessionPath.toStdString(), study = m_study.id, chosen = m_selected,
                             mode](std::stop_token) -> Lane::Continuation {
        auto status = std::make_shared<Status>(writeReportFile(session, study, chosen, dark, path.toStdString(), mode));
        return [this, path, status] {
            if (*status) {
                emit reportWritten(path);
            } else {
                emit reportFailed(QString::fromStdString(status->error().text()));
            }
        };
    });
}

void ResultsTask::keepProfile(const ProfilePtr& profile) {
    m_lane.post(kProfileTag, [this, profile, path = m_sessionPath](std::stop_token) -> Lane::Continuation {
        auto kept = std::make_shared<Result<std::vector<store::ProfileHeading>>>(addProfile(*profile, path.toStdString()));
        return [this, path, kept] {
            if (!*kept) emit profileFailed(tr("The profile could not be kept. %1").arg(QString::fromStdString(kept->error().text())));
            else if (path == m_sessionPath) setProfiles(std::move(**kept));
        };
    });
}

void ResultsTask::readProfile(std::int64_t id) {
    const auto mode = m_recording ? store::Mode::Recording : store::Mode::ReadOnly;
    m_lane.post(kProfileTag, [this, id, mode, path = m_sessionPath](std::stop_token) -> Lane::Continuation {
        auto read = std::make_shared<Result<store::KeptProfile>>(readProfileOf(path.toStdString(), id, mode));
        const ProfilePtr profile = *read ? profileSnapshotOf(std::move(**read)) : nullptr;
        return [this, path, read, profile] {
            if (path != m_sessionPath) return;
            if (profile) emit profileRead(profile);
            else emit profileFailed(tr("The profile could not be read. %1").arg(QString::fromStdString(read->error().text())));
        };
    });
}

void ResultsTask::setProfiles(std::vector<store::ProfileHeading> profiles) {
    m_profiles = std::move(profiles);
    emit profilesChanged();
}

void ResultsTask::setLoading(bool loading) {
    if (m_loading == loading) return;
    m_loading = loading;
    emit loadingChanged();
}

}  // namespace trimtab::gui
