// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// A read-only table as all pages have it: whole rows, sortable, columns as wide as their content, the given one takes what is left.
#include <QTableView>

namespace trimtab::gui {

class Theme;

class DataTable : public QTableView {
    Q_OBJECT
public:
    DataTable(const Theme& theme, const QString& objectName, int markerColumn = -1, QWidget* parent = nullptr);

    void setStretchColumn(int column);
    /// Widths from header and content (the first hundred rows), within 64 … 320 pixels; the stretch column takes the rest.
    void fitColumns();

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void stretch();
    int m_stretchColumn = 0;
    int m_stretchMinimum = 160;
};

}  // namespace trimtab::gui
