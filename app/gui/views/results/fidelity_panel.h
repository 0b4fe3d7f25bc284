// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The fidelity of the chosen trial node by node: where it first departs and where the error is made, in words, along the graph, and as a
// table. Binds to a value; knows no worker.
#include <memory>

#include <QWidget>

#include "core/trace/fidelity.h"

class QLabel;
class QProgressBar;
class QStackedLayout;

namespace trimtab::gui {

class DataTable;
class EmptyState;
class FidelityChart;
class FidelityTableModel;
class TableFilter;
class Theme;

/// What is known of one trial.
struct FidelityView {
    enum class State { Impossible, Asked, Running, Failed, Known };  // Asked: it can be compared once the button is pressed
    State state = State::Impossible;
    QString reason;                                         // of Impossible and Failed
    std::shared_ptr<const trace::FidelityProfile> profile;  // of Known
};

class FidelityPanel : public QWidget {
    Q_OBJECT
public:
    explicit FidelityPanel(const Theme& theme, QWidget* parent = nullptr);

    void show(const FidelityView& view);
    void showProgress(double share, const QString& what);
    void setWords(const QString& filter);

signals:
    void compareRequested();
    void cancelRequested();

private:
    QWidget* makeProgress();
    QWidget* makeResult(const Theme& theme);
    void chooseInTable(int node);
    void chooseInChart();

    QStackedLayout* m_stack = nullptr;
    EmptyState* m_empty = nullptr;
    QLabel* m_progressText = nullptr;
    QProgressBar* m_progress = nullptr;
    QLabel* m_departure = nullptr;
    QLabel* m_noise = nullptr;
    QLabel* m_compared = nullptr;
    FidelityChart* m_chart = nullptr;
    DataTable* m_table = nullptr;
    FidelityTableModel* m_nodes = nullptr;
    TableFilter* m_rows = nullptr;
};

}  // namespace trimtab::gui
