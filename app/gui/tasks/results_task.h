// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The results on show: read from a session file, added to while a sweep runs, written as a report. Reading, front and report are worked out
// away from the GUI thread; snapshotChanged() tells of each new immutable snapshot.
#include <memory>
#include <optional>
#include <vector>

#include <QObject>

#include "app/gui/models/profile_snapshot.h"
#include "app/gui/models/study_snapshot.h"
#include "app/gui/tasks/lane.h"
#include "app/tasks/recording.h"
#include "core/store/kept_profile.h"
#include "core/trial/sensitivity.h"

namespace trimtab::gui {

class ResultsTask : public QObject {
    Q_OBJECT
public:
    explicit ResultsTask(QObject* parent = nullptr);

    /// Reads the newest study of the session (or the one named); of a session that holds profiles alone, the newest of them.
    void load(const QString& sessionPath, std::int64_t study = 0);
    /// Shows a study that has just begun; results that the session already holds are read.
    void follow(const QString& sessionPath, const trial::Study& study);
    void add(std::shared_ptr<const trial::TrialResult> result);
    void clear();
    void setAxis(SpeedAxis axis);
    void select(std::int64_t trialId);
    void writeReport(const QString& path, bool dark);
    /// Adds the profile to the session on show. REQUIRES: keepsProfiles().
    void keepProfile(const ProfilePtr& profile);
    /// Reads a profile of the session on show; profileRead() tells of it.
    void readProfile(std::int64_t id);

    const QString& sessionPath() const { return m_sessionPath; }
    /// What the session says of where it was recorded, when it is one of those that ship with the product: it is never written.
    const std::optional<tasks::Recording>& recording() const { return m_recording; }
    SnapshotPtr snapshot() const { return m_snapshot; }
    const std::vector<trial::Study>& studies() const { return m_studies; }
    /// What `trimtab tune` measured for the study; null where the session holds none.
    const std::shared_ptr<const trial::SensitivityTable>& sensitivity() const { return m_sensitivity; }
    /// In the order in which they were kept.
    const std::vector<store::ProfileHeading>& profiles() const { return m_profiles; }
    /// There is a session that can be written.
    bool keepsProfiles() const { return !m_sessionPath.isEmpty() && !m_recording; }
    SpeedAxis axis() const { return m_axis; }
    std::int64_t selected() const { return m_selected; }
    bool loading() const { return m_loading; }
    bool busy() const { return m_lane.busy(); }

signals:
    void busyChanged(bool busy);
    void loaded(const trimtab::trial::Study& study);
    /// A session of profiles without a study; profileRead() follows. `newest`: what was asked for then.
    void loadedProfiles(const trimtab::ipc::ProfileRequest& newest);
    void loadFailed(const QString& path, const trimtab::Error& error);
    void snapshotChanged();
    void selectionChanged();
    void loadingChanged();
    void reportWritten(const QString& path);
    void reportFailed(const QString& message);
    void profilesChanged();
    void profileRead(const trimtab::gui::ProfilePtr& profile);
    void profileFailed(const QString& message);  // it could not be kept, or read

private:
    void takeSession(const std::vector<trial::Study>& studies, const trial::Study& study, std::vector<trial::TrialResult> results);
    void rebuild();
    void setLoading(bool loading);
    void setProfiles(std::vector<store::ProfileHeading> profiles);

    QString m_sessionPath;
    std::optional<tasks::Recording> m_recording;
    trial::Study m_study;
    std::vector<trial::Study> m_studies;
    std::vector<trial::TrialResult> m_results;
    std::shared_ptr<const trial::SensitivityTable> m_sensitivity;
    std::vector<store::ProfileHeading> m_profiles;
    SnapshotPtr m_snapshot;
    SpeedAxis m_axis = SpeedAxis::Latency;
    std::int64_t m_selected = 0;
    bool m_loading = false;
    Lane m_lane;
};

}  // namespace trimtab::gui
