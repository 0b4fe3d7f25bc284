// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/charts/pareto_chart.h"

#include <cmath>
#include <limits>
#include <map>

#include <QCategoryAxis>
#include <QChart>
#include <QGraphicsLayout>
#include <QLineSeries>
#include <QMouseEvent>
#include <QScatterSeries>
#include <QToolTip>

#include "app/gui/models/text.h"

namespace trimtab::gui {

namespace {

constexpr double kReach = 14;         // how far from a marker a click still means it
constexpr double kMarkerRadius = 5.5;
constexpr double kBesideStrip = 0.94;  // of the plot's width
constexpr double kNowhere = std::numeric_limits<double>::infinity();

void clearCategories(QCategoryAxis& axis) {
    for (const QString& label : axis.categoriesLabels()) axis.remove(label);
}

/// Both axes run over shares of the plot, to which the plan has brought all figures. Ticks from `beyond` on get no label: the strip's own
/// name stands there.
void setTicks(QCategoryAxis& axis, const report::ChartAxis& scale, double high, double beyond) {
    clearCategories(axis);
    axis.setStartValue(0);
    std::map<double, QString> labels;  // a category axis wants them in rising order
    for (const auto& tick : scale.ticks) labels[scale.position(tick.value)] = QString::fromStdString(tick.label);
    for (const auto& [position, label] : labels) {
        if (position < beyond) axis.append(label, position);
    }
    axis.setRange(0, high);
}

}  // namespace

ParetoChart::ParetoChart(QWidget* parent) : QChartView(parent), m_palette(lightPalette()) {
    QChart* chart = this->chart();
    chart->legend()->hide();
    chart->setMargins(QMargins(0, 0, 8, 0));
    chart->layout()->setContentsMargins(0, 0, 0, 0);
    chart->setBackgroundRoundness(0);
    chart->setBackgroundVisible(false);
    m_front = new QLineSeries;
    m_points = new QScatterSeries;
    m_points->setMarkerSize(1);
    m_xAxis = new QCategoryAxis;
    m_yAxis = new QCategoryAxis;
    chart->addAxis(m_xAxis, Qt::AlignBottom);
    chart->addAxis(m_yAxis, Qt::AlignLeft);
    for (QCategoryAxis* axis : {m_xAxis, m_yAxis}) {
        axis->setLabelsPosition(QCategoryAxis::AxisLabelsPositionOnValue);
        axis->setTruncateLabels(false);
    }
    for (QXYSeries* series : {static_cast<QXYSeries*>(m_front), static_cast<QXYSeries*>(m_points)}) {
        chart->addSeries(series);
        series->attachAxis(m_xAxis);
        series->attachAxis(m_yAxis);
    }
    setRenderHint(QPainter::Antialiasing);
    setFrameShape(QFrame::NoFrame);
    setMouseTracking(true);
    setMinimumSize(320, 200);
    setFocusPolicy(Qt::StrongFocus);
    setColours(m_palette);
}

void ParetoChart::setColours(const Palette& palette) {
    m_palette = palette;
    setBackgroundBrush(palette.surface);
    QFont small = font();
    small.setPointSizeF(8.5);
    QFont title = font();
    title.setPointSizeF(9);
    for (QCategoryAxis* axis : {m_xAxis, m_yAxis}) {
        axis->setLabelsColor(palette.muted);
        axis->setLabelsFont(small);
        axis->setTitleFont(title);
        axis->setTitleBrush(palette.muted);
        axis->setGridLinePen(QPen(palette.chartGrid, 1));
        axis->setLinePen(QPen(palette.border, 1));
    }
    m_front->setPen(QPen(palette.chartFront, 2));
    m_points->setColor(Qt::transparent);
    m_points->setBorderColor(Qt::transparent);
    viewport()->update();
}

void ParetoChart::setSnapshot(SnapshotPtr snapshot) {
    m_snapshot = std::move(snapshot);
    rebuild();
}

void ParetoChart::setSelected(std::int64_t trialId) {
    m_selected = trialId;
    viewport()->update();
}

void ParetoChart::setNearFront(bool near) {
    m_nearFront = near;
    rebuild();
}

void ParetoChart::rebuild() {
    m_plan = m_snapshot ? planChart(*m_snapshot, m_nearFront) : ChartPlan{};
    rebuildAxes();
    QList<QPointF> front, points;
    for (const std::size_t i : m_plan.front) front << QPointF(m_plan.points[i].x, m_plan.points[i].y);
    for (const ChartPoint& point : m_plan.points) points << QPointF(point.x, point.y);
    m_front->replace(front);
    m_points->replace(points);
    viewport()->update();
}

void ParetoChart::rebuildAxes() {
    const bool strip = m_plan.stripHigh > m_plan.stripLow;
    setTicks(*m_xAxis, m_plan.x, m_plan.width, strip ? kBesideStrip : kNowhere);
    setTicks(*m_yAxis, m_plan.y, 1, kNowhere);
    m_xAxis->setTitleText(m_plan.xTitle);
    m_yAxis->setTitleText(m_plan.yTitle);
}

QPointF ParetoChart::toScene(double x, double y) const { return chart()->mapToScene(chart()->mapToPosition(QPointF(x, y), m_points)); }

std::optional<QPoint> ParetoChart::positionOf(std::int64_t trialId) const {
    for (const ChartPoint& point : m_plan.points) {
        if (point.trial == trialId) return mapFromScene(toScene(point.x, point.y));
    }
    return std::nullopt;
}

void ParetoChart::drawBackground(QPainter* painter, const QRectF& area) {
    QChartView::drawBackground(painter, area);
    paintStrip(*painter);
}

void ParetoChart::paintStrip(QPainter& painter) const {
    if (m_plan.stripHigh <= m_plan.stripLow) return;
    const QRectF strip(toScene(m_plan.stripLow, 1), toScene(m_plan.stripHigh, 0));
    painter.fillRect(strip, m_palette.chartBand);
    painter.setPen(QPen(m_palette.border, 1, Qt::DashLine));
    painter.drawLine(strip.topLeft(), strip.bottomLeft());
}

void ParetoChart::drawForeground(QPainter* painter, const QRectF& area) {
    QChartView::drawForeground(painter, area);
    if (m_plan.points.empty()) return;
    painter->setRenderHint(QPainter::Antialiasing);
    paintIntervals(*painter);
    // Special points last, so that they lie on top.
    for (const ChartPoint& point : m_plan.points) {
        if (!point.onFront && point.marker != Marker::Baseline) paintMarker(*painter, point);
    }
    for (const ChartPoint& point : m_plan.points) {
        if (point.onFront || point.marker == Marker::Baseline) paintMarker(*painter, point);
    }
    QFont small = font();
    small.setPointSizeF(8);
    painter->setFont(small);
    painter->setPen(m_palette.muted);
    if (m_plan.leftOut > 0) {
        painter->drawText(chart()->plotArea().adjusted(8, 0, -8, -6), Qt::AlignLeft | Qt::AlignBottom,
                          tr("%1 more points below").arg(m_plan.leftOut));
    }
    if (m_plan.stripHigh > m_plan.stripLow) {
        const QRectF strip(toScene(m_plan.stripLow, 1), toScene(m_plan.stripHigh, 0));
        const bool speed = m_snapshot && m_snapshot->axis != SpeedAxis::Size;
        painter->drawText(QRectF(strip.left(), chart()->plotArea().bottom() + 6, strip.width(), 40),
                          Qt::AlignHCenter | Qt::AlignTop | Qt::TextWordWrap, speed ? tr("emulated:\nno speed") : tr("no size"));
    }
}

void ParetoChart::paintIntervals(QPainter& painter) const {
    painter.save();
    painter.setClipRect(QRectF(toScene(0, 1), toScene(m_plan.width, 0)));
    for (const ChartPoint& point : m_plan.points) {
        QColor colour = point.marker == Marker::Baseline ? m_palette.chartBaseline
                      : point.marker == Marker::Emulated ? m_palette.chartEmulated
                                                         : m_palette.chartNative;
        colour.setAlphaF(point.trial == m_selected || point.trial == m_hovered ? 1.0f : 0.38f);
        painter.setPen(QPen(colour, 1.4));
        if (point.yInterval) painter.drawLine(toScene(point.x, point.yInterval->low), toScene(point.x, point.yInterval->high));
        if (point.xInterval) painter.drawLine(toScene(point.xInterval->low, point.y), toScene(point.xInterval->high, point.y));
    }
    painter.restore();
}

void ParetoChart::paintMarker(QPainter& painter, const ChartPoint& point) const {
    const QPointF at = toScene(point.x, point.y);
    const bool marked = point.trial == m_selected || point.trial == m_hovered;
    if (marked) {
        painter.setPen(QPen(m_palette.accent, 2));
        painter.setBrush(m_palette.accentSoft);
        painter.drawEllipse(at, kMarkerRadius + 5, kMarkerRadius + 5);
    }
    if (point.marker == Marker::Baseline) {
        const double r = kMarkerRadius + 2;
        painter.setPen(QPen(m_palette.surface, 1.5));
        painter.setBrush(m_palette.chartBaseline);
        painter.drawPolygon(QPolygonF({at + QPointF(0, -r), at + QPointF(r, 0), at + QPointF(0, r), at + QPointF(-r, 0)}));
        return;
    }
    if (point.marker == Marker::Emulated) {
        painter.setPen(QPen(m_palette.chartEmulated, 1.8));
        painter.setBrush(m_palette.surface);
    } else {
        painter.setPen(QPen(point.onFront ? m_palette.chartFront : m_palette.surface, point.onFront ? 2.2 : 1.2));
        painter.setBrush(m_palette.chartNative);
    }
    painter.drawEllipse(at, kMarkerRadius, kMarkerRadius);
}

const ChartPoint* ParetoChart::nearest(const QPointF& viewPosition) const {
    const ChartPoint* best = nullptr;
    double bestDistance = kReach;
    for (const ChartPoint& point : m_plan.points) {
        const QPointF away = QPointF(mapFromScene(toScene(point.x, point.y))) - viewPosition;
        const double distance = std::hypot(away.x(), away.y());
        if (distance <= bestDistance) {
            bestDistance = distance;
            best = &point;
        }
    }
    return best;
}

void ParetoChart::mouseMoveEvent(QMouseEvent* event) {
    const ChartPoint* point = nearest(event->position());
    const std::int64_t hovered = point ? point->trial : 0;
    setCursor(point ? Qt::PointingHandCursor : Qt::ArrowCursor);
    if (hovered != m_hovered) {
        m_hovered = hovered;
        if (hovered != 0) {
            QToolTip::showText(event->globalPosition().toPoint(), toolTipFor(hovered), this);
        } else {
            QToolTip::hideText();
        }
        viewport()->update();
    }
    QChartView::mouseMoveEvent(event);
}

void ParetoChart::mouseReleaseEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton) {
        if (const ChartPoint* point = nearest(event->position())) {
            emit trialClicked(point->trial);
        } else {
            emit backgroundClicked();
        }
    }
    QChartView::mouseReleaseEvent(event);
}

void ParetoChart::leaveEvent(QEvent* event) {
    m_hovered = 0;
    viewport()->update();
    QChartView::leaveEvent(event);
}

QString ParetoChart::toolTipFor(std::int64_t trialId) const {
    const trial::TrialResult* result = m_snapshot ? m_snapshot->result(trialId) : nullptr;
    if (!result) return {};
    const auto line = [](const QString& name, const QString& value) {
        return QStringLiteral("<tr><td>%1&nbsp;&nbsp;</td><td><b>%2</b></td></tr>").arg(name.toHtmlEscaped(), value.toHtmlEscaped());
    };
    QString text = QStringLiteral("<b>%1</b> · %2<table>").arg(QString::fromStdString(result->trial.label).toHtmlEscaped(),
                                                               result->isBaseline ? tr("baseline") : executionTitle(*result));
    if (result->accuracy) {
        text += line(metricTitle(result->accuracy->metric), metricText(result->accuracy->metric, result->accuracy->value));
    }
    if (result->speed) {
        text += line(tr("Latency"), millisecondsText(result->speed->medianMs));
        text += line(tr("Speed-up"), speedupText(result->speed->speedup));
    } else {
        text += line(tr("Speed"), tr("none: emulated"));
    }
    text += line(tr("Size"), bytesText(static_cast<double>(result->sizeBytes)));
    return text + QStringLiteral("</table>");
}

}  // namespace trimtab::gui
