// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Layer × option as a map: a row a layer, a column an option, red where it costs, green where it gains, uncoloured where the interval
// leaves it open. A corner marks emulated cells, a stroke refused ones. Headings stay in place while the map scrolls; text that does not
// fit is shortened and told in full when pointed at. Arrow keys, Home, End and the page keys move the chosen cell.
#include <optional>

#include <QAbstractScrollArea>

#include "app/gui/models/heat_snapshot.h"

namespace trimtab::gui {

class Theme;
struct Palette;

struct HeatPlace {
    int layer = 0;
    int option = 0;
    bool operator==(const HeatPlace&) const = default;
};

class HeatMap : public QAbstractScrollArea {
    Q_OBJECT
public:
    explicit HeatMap(const Theme& theme, QWidget* parent = nullptr);

    void setSnapshot(HeatSnapshotPtr snapshot);
    const HeatSnapshotPtr& snapshot() const { return m_snapshot; }
    void setFigure(HeatFigure figure);
    HeatFigure figure() const { return m_figure; }
    /// Scrolls there. REQUIRES: inside the snapshot.
    void setCurrent(HeatPlace place);
    std::optional<HeatPlace> current() const { return m_current; }

    /// In the viewport's coordinates. REQUIRES: inside the snapshot.
    QRect cellRect(HeatPlace place) const;
    std::optional<HeatPlace> placeAt(const QPoint& at) const;
    /// What stands at a point in words: a cell, a heading in full, the legend; empty elsewhere.
    QString toolTipAt(const QPoint& at) const;

    QSize sizeHint() const override { return {640, 360}; }

signals:
    void placeChosen(int layer, int option);

protected:
    bool viewportEvent(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    int layers() const { return m_snapshot ? static_cast<int>(m_snapshot->layers.size()) : 0; }
    int options() const { return m_snapshot ? static_cast<int>(m_snapshot->options.size()) : 0; }
    QRect body() const;  // where cells are seen
    void measure();
    void choose(HeatPlace place);
    QColor fill(const HeatCell& cell) const;
    void paintCell(QPainter& painter, HeatPlace place) const;
    void paintHeadings(QPainter& painter) const;
    void paintLegend(QPainter& painter) const;

    const Theme& m_theme;
    HeatSnapshotPtr m_snapshot;
    HeatFigure m_figure = HeatFigure::Loss;
    std::optional<HeatPlace> m_current;
    double m_range = 0;
    int m_headingWidth = 0;
    int m_cellWidth = 0;
};

/// How the map colours a value: −1 all it costs, 0 nothing, 1 all it gains.
QColor heatColour(const Palette& palette, double share);

}  // namespace trimtab::gui
