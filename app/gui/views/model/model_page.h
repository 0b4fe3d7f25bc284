// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The model: what it is in figures, its inputs and outputs, and its layers with what each costs and how long it takes.
#include "app/gui/views/common/page.h"
#include "app/gui/views/page_context.h"

class QComboBox;
class QLabel;
class QLineEdit;
class QProgressBar;
class QPushButton;
class QStackedLayout;

namespace trimtab::gui {

class DataTable;
class EmptyState;
class LayerTableModel;
class ModelTask;
class StatTile;
class TableFilter;

class ModelPage : public Page {
    Q_OBJECT
public:
    explicit ModelPage(const PageContext& context, QWidget* parent = nullptr);
    void focusFilter();

signals:
    void openRequested();

private:
    QWidget* makeBody();
    QWidget* makeTiles();
    QWidget* makeTools();
    void connectTask();
    void refresh();
    /// What can be done without the weights that are missing; mostly empty.
    QString drawable() const;
    void refreshTiles();
    void refreshPorts();
    void refreshLayers();
    void refreshMeasuring();

    PageContext m_context;
    ModelTask& m_model;
    QStackedLayout* m_stack = nullptr;
    EmptyState* m_empty = nullptr;
    StatTile* m_operations = nullptr;
    StatTile* m_parameters = nullptr;
    StatTile* m_bytes = nullptr;
    StatTile* m_layers = nullptr;
    StatTile* m_time = nullptr;
    QLabel* m_ports = nullptr;
    QLabel* m_problems = nullptr;
    QComboBox* m_view = nullptr;
    QLineEdit* m_filter = nullptr;
    QPushButton* m_measure = nullptr;
    QProgressBar* m_progress = nullptr;
    DataTable* m_table = nullptr;
    LayerTableModel* m_fileLayers = nullptr;
    LayerTableModel* m_runLayers = nullptr;
    TableFilter* m_rows = nullptr;
};

}  // namespace trimtab::gui
