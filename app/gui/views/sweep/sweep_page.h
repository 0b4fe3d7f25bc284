// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What to try: axes with their values, what the combinations come to, how long it will take, and Run.
#include "app/gui/views/common/page.h"
#include "app/gui/views/page_context.h"
#include "core/trial/study.h"

#include <vector>

class QComboBox;
class QLabel;
class QPlainTextEdit;
class QPushButton;
class QSpinBox;
class QStackedLayout;

namespace trimtab::gui {

class AxisRow;
class CalibrationCard;
class EmptyState;
class OwnAxes;
class StatTile;
class VariantsCard;
class Workspace;

class SweepPage : public Page {
    Q_OBJECT
public:
    explicit SweepPage(const PageContext& context, QWidget* parent = nullptr);

signals:
    void openRequested();

private:
    QWidget* makeBody();
    QWidget* makePresets();
    QWidget* makeAxes();
    QWidget* makeBudget();
    QWidget* makeSummary();
    void connectTasks();
    void applyAxes();
    void addAxis(const trial::Axis& axis);
    /// Offered ones first, those of one's own after them.
    std::vector<AxisRow*> allAxes() const;
    void applyBudget();
    void chooseSession();
    void refresh();
    void refreshEngines();
    void refreshGrid();
    void refreshRun();

    PageContext m_context;
    Workspace& m_work;
    QStackedLayout* m_stack = nullptr;
    EmptyState* m_empty = nullptr;
    std::vector<AxisRow*> m_axes;
    OwnAxes* m_ownAxes = nullptr;
    VariantsCard* m_variants = nullptr;
    CalibrationCard* m_calibration = nullptr;
    QComboBox* m_effort = nullptr;
    QSpinBox* m_samples = nullptr;
    StatTile* m_trials = nullptr;
    StatTile* m_duration = nullptr;
    StatTile* m_quality = nullptr;
    QLabel* m_problem = nullptr;
    QLabel* m_skippedTitle = nullptr;
    QPlainTextEdit* m_skipped = nullptr;
    QLabel* m_session = nullptr;
    QPushButton* m_run = nullptr;
    QPushButton* m_cancel = nullptr;
};

}  // namespace trimtab::gui
