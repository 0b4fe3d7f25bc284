// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Where the time of a run goes, and what bounds each layer: the model as it is stored, or the configuration that is chosen on the Results
// page. An open session keeps each, and shows it again. Figures of the run on top, the trace along time, the layers as a table beside the roofline. A layer that is chosen in one of them
// is chosen in all.
#include <optional>

#include "app/gui/tasks/profile_task.h"
#include "app/gui/views/common/page.h"
#include "app/gui/views/page_context.h"

class QComboBox;
class QLabel;
class QMenu;
class QProgressBar;
class QPushButton;
class QSortFilterProxyModel;
class QStackedLayout;

namespace trimtab::trial {
struct TrialResult;
}

namespace trimtab::gui {

class AdviceCard;
class DataTable;
class DiagnosisTableModel;
class EmptyState;
class RooflineChart;
class StatTile;
class TimelineView;

class ProfilePage : public Page {
    Q_OBJECT
public:
    explicit ProfilePage(const PageContext& context, QWidget* parent = nullptr);

signals:
    void openRequested();

private:
    QWidget* makeProgress();
    QWidget* makeResult();
    QWidget* makeTiles();
    QWidget* makeTimeline();
    QWidget* makeLayers();
    void connectTasks();
    void refresh();
    void refreshSubjects();
    void refreshEmpty();
    void refreshKept();
    void show(const ProfileSnapshot& profile);
    void chooseLayer(std::optional<int> layer);
    void begin();
    void press();
    void saveTrace();
    void saveRecipe(std::size_t piece);
    /// The trial that may be profiled instead of the model as it is stored; null where none is chosen or it failed.
    const trial::TrialResult* chosenTrial() const;
    /// Why nothing can be profiled now; empty when it can.
    QString problem() const;

    PageContext m_context;
    ProfileTask& m_task;
    QComboBox* m_subject = nullptr;
    std::int64_t m_offered = 0;  // the trial among the subjects; 0: none
    QPushButton* m_begin = nullptr;
    QPushButton* m_save = nullptr;
    QPushButton* m_kept = nullptr;
    QMenu* m_keptMenu = nullptr;  // the session's profiles, the newest first
    QStackedLayout* m_stack = nullptr;
    EmptyState* m_empty = nullptr;
    QLabel* m_progressText = nullptr;
    QProgressBar* m_progress = nullptr;
    QLabel* m_failure = nullptr;
    QLabel* m_marks = nullptr;
    StatTile* m_run = nullptr;
    StatTile* m_attributed = nullptr;
    StatTile* m_bound = nullptr;
    StatTile* m_ceilings = nullptr;
    StatTile* m_energy = nullptr;
    TimelineView* m_timeline = nullptr;
    DataTable* m_table = nullptr;
    DiagnosisTableModel* m_model = nullptr;
    QSortFilterProxyModel* m_sorted = nullptr;
    RooflineChart* m_roofline = nullptr;
    QLabel* m_layer = nullptr;
    AdviceCard* m_advice = nullptr;
    ProfilePtr m_shown;
};

}  // namespace trimtab::gui
