// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// A column that scrolls: as wide as there is room, and as high as its text needs at that width. (A scroll area alone goes by least sizes,
// which wrapped text has no use for: it presses the column together before it scrolls.)
#include <QScrollArea>

namespace trimtab::gui {

class ColumnScroll : public QScrollArea {
    Q_OBJECT
public:
    /// REQUIRES: the column has a layout.
    explicit ColumnScroll(QWidget* column, QWidget* parent = nullptr);

protected:
    void resizeEvent(QResizeEvent* event) override;
    bool eventFilter(QObject* object, QEvent* event) override;

private:
    void fit();
};

}  // namespace trimtab::gui
