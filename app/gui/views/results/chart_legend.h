// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What the marks of the Pareto chart mean, in one line.
#include <QWidget>

namespace trimtab::gui {

class Theme;

class ChartLegend : public QWidget {
    Q_OBJECT
public:
    explicit ChartLegend(const Theme& theme, QWidget* parent = nullptr);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return {120, sizeHint().height()}; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    const Theme& m_theme;
};

}  // namespace trimtab::gui
