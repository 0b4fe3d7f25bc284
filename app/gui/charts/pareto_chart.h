// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The Pareto chart: filled markers are native, hollow ones emulated, the diamond is the baseline; bars through points are 95 % intervals,
// the line is the front. Trials without a speed stand in a labelled strip of their own. Hovering tells of a point, clicking chooses it.
#include <QChartView>

#include "app/gui/charts/pareto_points.h"
#include "app/gui/theme/palette.h"

class QCategoryAxis;
class QLineSeries;
class QScatterSeries;

namespace trimtab::gui {

class ParetoChart : public QChartView {
    Q_OBJECT
public:
    explicit ParetoChart(QWidget* parent = nullptr);

    void setColours(const Palette& palette);
    void setSnapshot(SnapshotPtr snapshot);
    void setSelected(std::int64_t trialId);
    void setNearFront(bool near);

    const ChartPlan& plan() const { return m_plan; }
    /// Where a trial's marker stands, in the view's coordinates; nothing when it is not drawn. Tests click there.
    std::optional<QPoint> positionOf(std::int64_t trialId) const;

signals:
    void trialClicked(std::int64_t trialId);
    void backgroundClicked();

protected:
    void drawBackground(QPainter* painter, const QRectF& area) override;
    void drawForeground(QPainter* painter, const QRectF& area) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;

private:
    void rebuild();
    void rebuildAxes();
    void paintStrip(QPainter& painter) const;
    void paintIntervals(QPainter& painter) const;
    void paintMarker(QPainter& painter, const ChartPoint& point) const;
    QPointF toScene(double x, double y) const;
    const ChartPoint* nearest(const QPointF& viewPosition) const;
    QString toolTipFor(std::int64_t trialId) const;

    SnapshotPtr m_snapshot;
    ChartPlan m_plan;
    Palette m_palette;
    std::int64_t m_selected = 0;
    std::int64_t m_hovered = 0;
    bool m_nearFront = false;
    QCategoryAxis* m_xAxis = nullptr;
    QCategoryAxis* m_yAxis = nullptr;
    QLineSeries* m_front = nullptr;
    QScatterSeries* m_points = nullptr;  // carries positions and ranges; the markers are painted over it
};

}  // namespace trimtab::gui
