// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/charts/heat_map.h"

#include <algorithm>
#include <cmath>

#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>
#include <QToolTip>

#include "app/gui/theme/metrics.h"
#include "app/gui/theme/theme.h"

namespace trimtab::gui {

namespace {

constexpr int kHeadHeight = 28;
constexpr int kLegendHeight = 32;
constexpr int kNarrowestCell = 64;
constexpr int kWidestCell = 132;  // where wider ones would not all be seen at once
constexpr int kNarrowestHeading = 96;
constexpr double kHeadingShare = 0.4;  // of the width, at most
constexpr double kDeepest = 0.8;       // of the colour itself, so that text stays legible on it
constexpr int kCorner = 7;

QFont smallFont(const QFont& font) {
    QFont small = font;
    small.setPointSizeF(8.5);
    return small;
}

QColor mix(const QColor& a, const QColor& b, double share) {
    const auto blend = [share](int x, int y) { return static_cast<int>(std::lround(x + (y - x) * share)); };
    return {blend(a.red(), b.red()), blend(a.green(), b.green()), blend(a.blue(), b.blue())};
}

/// Relative luminance (WCAG 2.1).
double luminance(const QColor& colour) {
    const auto linear = [](double c) { return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4); };
    return 0.2126 * linear(colour.redF()) + 0.7152 * linear(colour.greenF()) + 0.0722 * linear(colour.blueF());
}

double contrast(const QColor& a, const QColor& b) {
    const double x = luminance(a) + 0.05, y = luminance(b) + 0.05;
    return std::max(x, y) / std::min(x, y);
}

QColor legibleOn(const QColor& ground, const Palette& palette) {
    return contrast(ground, palette.text) >= contrast(ground, palette.surface) ? palette.text : palette.surface;
}

}  // namespace

QColor heatColour(const Palette& palette, double share) {
    return mix(palette.surface, share < 0 ? palette.bad : palette.good, std::min(1.0, std::abs(share)) * kDeepest);
}

HeatMap::HeatMap(const Theme& theme, QWidget* parent) : QAbstractScrollArea(parent), m_theme(theme) {
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::StrongFocus);
    setMinimumSize(240, 140);
    setAccessibleName(tr("Loss and gain of each option for each layer"));
    connect(&theme, &Theme::changed, viewport(), qOverload<>(&QWidget::update));
}

void HeatMap::setSnapshot(HeatSnapshotPtr snapshot) {
    m_snapshot = std::move(snapshot);
    if (m_current && (m_current->layer >= layers() || m_current->option >= options())) m_current.reset();
    measure();
    viewport()->update();
}

void HeatMap::setFigure(HeatFigure figure) {
    m_figure = figure;
    measure();
    viewport()->update();
}

void HeatMap::measure() {
    m_range = m_snapshot ? heatRange(*m_snapshot, m_figure) : 0;
    const QFontMetrics metrics(smallFont(font()));
    m_headingWidth = kNarrowestHeading;
    m_cellWidth = kNarrowestCell;
    for (int i = 0; i < layers(); ++i)
        m_headingWidth = std::max(m_headingWidth, metrics.horizontalAdvance(m_snapshot->layers[i]) + kWideGap);
    m_headingWidth = std::min(m_headingWidth, std::max(kNarrowestHeading, static_cast<int>(viewport()->width() * kHeadingShare)));
    for (int i = 0; i < options(); ++i) m_cellWidth = std::max(m_cellWidth, metrics.horizontalAdvance(m_snapshot->options[i]) + kWideGap);
    if (m_snapshot)
        for (const HeatCell& cell : m_snapshot->cells)
            m_cellWidth = std::max(m_cellWidth, metrics.horizontalAdvance(heatText(*m_snapshot, cell, m_figure)) + kWideGap);
    if (options() > 0) m_cellWidth = std::min(m_cellWidth, std::max(kWidestCell, (viewport()->width() - m_headingWidth) / options()));
    const QRect area = body();
    verticalScrollBar()->setRange(0, std::max(0, layers() * kRowHeight - area.height()));
    verticalScrollBar()->setPageStep(std::max(1, area.height()));
    verticalScrollBar()->setSingleStep(kRowHeight);
    horizontalScrollBar()->setRange(0, std::max(0, options() * m_cellWidth - area.width()));
    horizontalScrollBar()->setPageStep(std::max(1, area.width()));
    horizontalScrollBar()->setSingleStep(m_cellWidth);
}

QRect HeatMap::body() const { return viewport()->rect().adjusted(m_headingWidth, kHeadHeight, 0, -kLegendHeight); }

QRect HeatMap::cellRect(HeatPlace place) const {
    const QPoint origin = body().topLeft() - QPoint(horizontalScrollBar()->value(), verticalScrollBar()->value());
    return {origin.x() + place.option * m_cellWidth, origin.y() + place.layer * kRowHeight, m_cellWidth, kRowHeight};
}

std::optional<HeatPlace> HeatMap::placeAt(const QPoint& at) const {
    if (!body().contains(at)) return std::nullopt;
    const QPoint inside = at - body().topLeft() + QPoint(horizontalScrollBar()->value(), verticalScrollBar()->value());
    const HeatPlace place{inside.y() / kRowHeight, inside.x() / m_cellWidth};
    return place.layer < layers() && place.option < options() ? std::optional(place) : std::nullopt;
}

QString HeatMap::toolTipAt(const QPoint& at) const {
    if (const auto place = placeAt(at)) return heatToolTip(*m_snapshot, place->layer, place->option);
    const QPoint inside = at - body().topLeft() + QPoint(horizontalScrollBar()->value(), verticalScrollBar()->value());
    const bool besideRows = at.x() < m_headingWidth && at.y() >= body().top() && at.y() <= body().bottom();
    if (besideRows && inside.y() / kRowHeight < layers()) return m_snapshot->layers[inside.y() / kRowHeight];
    if (at.y() < kHeadHeight && at.x() >= m_headingWidth && inside.x() / m_cellWidth < options())
        return m_snapshot->options[inside.x() / m_cellWidth];
    if (m_snapshot && at.y() > body().bottom())
        return tr(
            "Each option was given to one layer alone. Cells without colour cannot be told from no change; a corner marks what nothing "
            "here executes natively.");
    return {};
}

QColor HeatMap::fill(const HeatCell& cell) const {
    const auto value = heatValue(cell, m_figure);
    if (!value || m_range <= 0 || !isSettled(cell, m_figure)) return m_theme.palette().surface;
    return heatColour(m_theme.palette(), *value / m_range);
}

void HeatMap::paintEvent(QPaintEvent*) {
    QPainter painter(viewport());
    painter.setRenderHint(QPainter::Antialiasing);
    painter.fillRect(viewport()->rect(), m_theme.palette().surface);
    painter.setFont(smallFont(font()));
    if (!m_snapshot || m_snapshot->cells.empty()) return;
    painter.save();
    painter.setClipRect(body());
    const int first = verticalScrollBar()->value() / kRowHeight;
    const int last = std::min(layers() - 1, (verticalScrollBar()->value() + body().height()) / kRowHeight);
    for (int layer = first; layer <= last; ++layer)
        for (int option = 0; option < options(); ++option) paintCell(painter, {layer, option});
    painter.restore();
    paintHeadings(painter);
    paintLegend(painter);
}

void HeatMap::paintCell(QPainter& painter, HeatPlace place) const {
    const Palette& palette = m_theme.palette();
    const HeatCell& cell = m_snapshot->at(place.layer, place.option);
    const QRect area = cellRect(place).adjusted(1, 1, -1, -1);
    const QColor ground = fill(cell);
    painter.setPen(QPen(palette.chartGrid, 1));
    painter.setBrush(ground);
    painter.drawRect(area);
    if (!cell.refusal.isEmpty()) {
        painter.setPen(QPen(palette.border, 1));
        painter.drawLine(area.bottomLeft(), area.topRight());
    } else {
        painter.setPen(isSettled(cell, m_figure) && heatValue(cell, m_figure) ? legibleOn(ground, palette) : palette.muted);
        painter.drawText(area.adjusted(4, 0, -4, 0), Qt::AlignCenter,
                         painter.fontMetrics().elidedText(heatText(*m_snapshot, cell, m_figure), Qt::ElideRight, area.width() - 8));
    }
    if (!cell.native && cell.refusal.isEmpty()) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(palette.chartEmulated);
        painter.drawPolygon(
            QPolygon({area.topRight() + QPoint(1, 0), area.topRight() - QPoint(kCorner - 1, 0), area.topRight() + QPoint(1, kCorner)}));
    }
    if (m_current != place) return;
    painter.setPen(QPen(hasFocus() ? palette.accent : palette.text, 2));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(area.adjusted(1, 1, -1, -1));
}

void HeatMap::paintHeadings(QPainter& painter) const {
    const Palette& palette = m_theme.palette();
    const QFontMetrics metrics = painter.fontMetrics();
    painter.save();
    painter.setClipRect(QRect(0, body().top(), m_headingWidth, body().height()));
    for (int layer = 0; layer < layers(); ++layer) {
        const QRect row = cellRect({layer, 0});
        if (row.bottom() < body().top() || row.top() > body().bottom()) continue;
        painter.setPen(m_current && m_current->layer == layer ? palette.accent : palette.text);
        painter.drawText(QRect(0, row.top(), m_headingWidth - kGap, kRowHeight), Qt::AlignLeft | Qt::AlignVCenter,
                         metrics.elidedText(m_snapshot->layers[layer], Qt::ElideMiddle, m_headingWidth - kGap));
    }
    painter.setClipRect(QRect(m_headingWidth, 0, body().width(), kHeadHeight));
    for (int option = 0; option < options(); ++option) {
        const QRect column = cellRect({0, option});
        painter.setPen(m_current && m_current->option == option ? palette.accent : palette.muted);
        painter.drawText(QRect(column.left() + 4, 0, m_cellWidth - 8, kHeadHeight), Qt::AlignCenter,
                         metrics.elidedText(m_snapshot->options[option], Qt::ElideMiddle, m_cellWidth - 8));
    }
    painter.restore();
}

void HeatMap::paintLegend(QPainter& painter) const {
    const Palette& palette = m_theme.palette();
    const QFontMetrics metrics = painter.fontMetrics();
    const QRect band(0, viewport()->height() - kLegendHeight, viewport()->width(), kLegendHeight);
    HeatCell end;
    const auto endText = [&](double value) {
        end.loss = -value;
        end.gainMs = value;
        end.savedBytes = static_cast<std::int64_t>(value);
        return heatText(*m_snapshot, end, m_figure);
    };
    const QString low = endText(-m_range), high = endText(m_range), emulated = tr("emulated");
    const int barWidth = std::clamp(band.width() / 5, 48, 160);
    int right = band.right() - metrics.horizontalAdvance(emulated);
    painter.setPen(palette.muted);
    painter.drawText(QRect(right, band.top(), band.right() - right + 1, band.height()), Qt::AlignLeft | Qt::AlignVCenter, emulated);
    painter.setBrush(palette.chartEmulated);
    painter.setPen(Qt::NoPen);
    right -= kCorner + 5;
    painter.drawPolygon(QPolygon({QPoint(right, band.center().y() - 3), QPoint(right + kCorner, band.center().y() - 3),
                                  QPoint(right + kCorner, band.center().y() + kCorner - 3)}));
    right -= kWideGap;
    const int highWidth = metrics.horizontalAdvance(high), lowWidth = metrics.horizontalAdvance(low);
    painter.setPen(palette.muted);
    painter.drawText(QRect(right - highWidth, band.top(), highWidth + 1, band.height()), Qt::AlignRight | Qt::AlignVCenter, high);
    const QRect bar(right - highWidth - kGap - barWidth, band.center().y() - 5, barWidth, 10);
    for (int x = 0; x < bar.width(); ++x)
        painter.fillRect(QRect(bar.left() + x, bar.top(), 1, bar.height()),
                         heatColour(palette, 2.0 * x / std::max(1, bar.width() - 1) - 1));
    painter.setPen(QPen(palette.border, 1));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(bar);
    painter.setPen(palette.muted);
    painter.drawText(QRect(bar.left() - kGap - lowWidth, band.top(), lowWidth + 1, band.height()), Qt::AlignRight | Qt::AlignVCenter, low);
    const int room = bar.left() - 2 * kGap - lowWidth;
    painter.drawText(QRect(0, band.top(), std::max(0, room), band.height()), Qt::AlignLeft | Qt::AlignVCenter,
                     metrics.elidedText(heatFigureTitle(*m_snapshot, m_figure), Qt::ElideRight, std::max(0, room)));
}

bool HeatMap::viewportEvent(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        QToolTip::showText(help->globalPos(), toolTipAt(help->pos()), this);
        return true;
    }
    return QAbstractScrollArea::viewportEvent(event);
}

void HeatMap::resizeEvent(QResizeEvent* event) {
    QAbstractScrollArea::resizeEvent(event);
    measure();
}

void HeatMap::setCurrent(HeatPlace place) {
    m_current = place;
    const QRect cell = cellRect(place), area = body();
    if (cell.top() < area.top()) verticalScrollBar()->setValue(verticalScrollBar()->value() + cell.top() - area.top());
    if (cell.bottom() > area.bottom()) verticalScrollBar()->setValue(verticalScrollBar()->value() + cell.bottom() - area.bottom());
    if (cell.left() < area.left()) horizontalScrollBar()->setValue(horizontalScrollBar()->value() + cell.left() - area.left());
    if (cell.right() > area.right()) horizontalScrollBar()->setValue(horizontalScrollBar()->value() + cell.right() - area.right());
    viewport()->update();
}

void HeatMap::choose(HeatPlace place) {
    setCurrent(place);
    emit placeChosen(place.layer, place.option);
}

void HeatMap::mouseReleaseEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton) return;
    if (const auto place = placeAt(event->position().toPoint())) choose(*place);
}

void HeatMap::keyPressEvent(QKeyEvent* event) {
    if (layers() == 0 || options() == 0) return QAbstractScrollArea::keyPressEvent(event);
    const int page = std::max(1, body().height() / kRowHeight - 1);
    HeatPlace place = m_current.value_or(HeatPlace{});
    switch (event->key()) {
        case Qt::Key_Left:
            --place.option;
            break;
        case Qt::Key_Right:
            ++place.option;
            break;
        case Qt::Key_Up:
            --place.layer;
            break;
        case Qt::Key_Down:
            ++place.layer;
            break;
        case Qt::Key_PageUp:
            place.layer -= page;
            break;
        case Qt::Key_PageDown:
            place.layer += page;
            break;
        case Qt::Key_Home:
            place = event->modifiers().testFlag(Qt::ControlModifier) ? HeatPlace{} : HeatPlace{place.layer, 0};
            break;
        case Qt::Key_End:
            place = {event->modifiers().testFlag(Qt::ControlModifier) ? layers() - 1 : place.layer, options() - 1};
            break;
        default:
            return QAbstractScrollArea::keyPressEvent(event);
    }
    if (!m_current) place = {};
    choose({std::clamp(place.layer, 0, layers() - 1), std::clamp(place.option, 0, options() - 1)});
}

}  // namespace trimtab::gui
