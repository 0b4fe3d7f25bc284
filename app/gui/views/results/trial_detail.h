// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Everything about one trial: how it was run, what it gained and what it cost, what was done, where its time goes; and what to do with it.
#include <QFrame>

#include "app/gui/models/study_snapshot.h"
#include "core/trace/fidelity.h"

class QGridLayout;
class QLabel;
class QPlainTextEdit;
class QPushButton;
class QStackedLayout;

namespace trimtab::gui {

class EmptyState;
class StatTile;
class Theme;
class TimeBars;

class TrialDetail : public QFrame {
    Q_OBJECT
public:
    explicit TrialDetail(const Theme& theme, QWidget* parent = nullptr);

    /// A null snapshot or trial 0 shows what to do instead.
    void show(SnapshotPtr snapshot, std::int64_t trial);
    /// While the sweep runs or the model is not there, the model cannot be exported; the reason stands in the button's tooltip.
    void setExportProblem(const QString& reason);
    /// What is known node by node, or null; and why it cannot be found out now, or nothing.
    void setFidelity(const trace::FidelityProfile* profile, const QString& problem);

signals:
    void exportRequested();
    void reportRequested();
    void copyRequested();
    void layersRequested();
    void fidelityRequested();

private:
    QWidget* makeBody();
    QWidget* makeBadges();
    QGridLayout* makeTiles();
    QWidget* makeTime();
    QWidget* makeFidelity();
    QWidget* makeButtons();
    void showBadges(const trial::TrialResult& result, const tune::ParetoRow* row);
    void showFigures(const trial::TrialResult& result);
    void showReason(const trial::TrialResult& result, const tune::ParetoRow* row);
    QStringList powerLines(const trial::TrialResult& result) const;

    const Theme& m_theme;
    QStackedLayout* m_stack = nullptr;
    EmptyState* m_empty = nullptr;
    QLabel* m_label = nullptr;
    QLabel* m_execution = nullptr;
    QLabel* m_front = nullptr;
    QLabel* m_basis = nullptr;
    QLabel* m_stale = nullptr;
    QLabel* m_reason = nullptr;
    StatTile* m_speedup = nullptr;
    StatTile* m_quality = nullptr;
    StatTile* m_latency = nullptr;
    StatTile* m_size = nullptr;
    QLabel* m_done = nullptr;
    QWidget* m_timeBox = nullptr;
    TimeBars* m_time = nullptr;
    QLabel* m_fidelity = nullptr;
    QPushButton* m_compare = nullptr;
    QLabel* m_environment = nullptr;
    QPlainTextEdit* m_json = nullptr;
    QPushButton* m_export = nullptr;
};

}  // namespace trimtab::gui
