// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/charts/timeline_view.h"

#include <algorithm>
#include <cmath>

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>
#include <QWheelEvent>

#include "app/gui/models/text.h"
#include "app/gui/theme/metrics.h"
#include "app/gui/theme/theme.h"

namespace trimtab::gui {

namespace {

constexpr int kScaleHeight = 22;
constexpr int kTrackWidth = 64;
constexpr int kBarHeight = 24;
constexpr int kNarrowestName = 28;  // pixels of a bar that has room for some of its name
constexpr std::size_t kMostRows = 10;  // a page has room for no more
constexpr double kClosestNs = 50;
constexpr double kZoomStep = 1.25;
constexpr double kPanStep = 0.15;
constexpr int kDragBegins = 3;

/// 1, 2 or 5 times a power of ten, so that marks stand at least `pixels` apart.
double markStep(const TimeRange& range, int width, double pixels) {
    const double least = range.lengthNs() * pixels / std::max(width, 1);
    const double power = std::pow(10.0, std::floor(std::log10(least)));
    for (const double factor : {1.0, 2.0, 5.0})
        if (factor * power >= least) return factor * power;
    return 10 * power;
}

QColor barColour(const Palette& palette, const trace::Span& span) {
    switch (span.kind) {
        case trace::SpanKind::Run:
        case trace::SpanKind::Phase: return palette.sunken;
        case trace::SpanKind::Copy: return palette.chartFront;
        case trace::SpanKind::Wait:
        case trace::SpanKind::Overhead: return palette.chartEmulated;
        default: return palette.accentSoft;
    }
}

}  // namespace

TimelineView::TimelineView(const Theme& theme, QWidget* parent) : QWidget(parent), m_theme(theme) {
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("What ran when"));
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

QSize TimelineView::sizeHint() const {
    return {640, kScaleHeight + std::max(2, static_cast<int>(m_rows.size())) * (kBarHeight + 2) + kHalfGap};
}

void TimelineView::setTrace(Shown trace) {
    if (trace == m_trace) return;
    m_trace = std::move(trace);
    m_rows = m_trace ? timelineRows(*m_trace) : std::vector<TimelineRow>{};
    m_hidden = m_rows.size() - std::min(m_rows.size(), kMostRows);
    m_rows.resize(m_rows.size() - m_hidden);
    m_whole = m_trace ? wholeRange(*m_trace) : TimeRange{};
    updateGeometry();
    showFirstRun();
}

void TimelineView::setCurrentLayer(std::optional<int> layer) {
    m_layer = layer;
    update();
}

void TimelineView::setRange(TimeRange range) {
    const double length = std::clamp(range.lengthNs(), std::min(kClosestNs, m_whole.lengthNs()), m_whole.lengthNs());
    const double begin = std::clamp(range.beginNs, m_whole.beginNs, m_whole.endNs - length);
    m_range = {begin, begin + length};
    update();
}

void TimelineView::showAll() { setRange(m_whole); }

void TimelineView::showFirstRun() {
    TimeRange range = m_whole;
    if (m_trace) {
        const auto run = std::ranges::find(m_trace->spans, trace::SpanKind::Run, &trace::Span::kind);
        if (run != m_trace->spans.end() && run->durationNs > 0)
            range = {static_cast<double>(run->beginNs), static_cast<double>(run->endNs())};
    }
    setRange(range);
}

QRect TimelineView::plot() const { return rect().adjusted(kTrackWidth, kScaleHeight, 0, 0); }

QRect TimelineView::hiddenRect() const { return {0, 0, kTrackWidth - kGap, kScaleHeight - 4}; }

QRect TimelineView::rowRect(std::size_t row) const {
    return {plot().left(), plot().top() + static_cast<int>(row) * (kBarHeight + 2), plot().width(), kBarHeight};
}

QRect TimelineView::barOf(std::size_t span) const {
    for (std::size_t row = 0; row < m_rows.size(); ++row)
        for (const TimelineBar& bar : visibleBars(*m_trace, m_rows[row], m_range, plot().width()))
            if (bar.span == span) return {plot().left() + bar.left, rowRect(row).top(), bar.right - bar.left, kBarHeight};
    return {};
}

void TimelineView::zoom(double factor, double share) {
    const double length = m_range.lengthNs() / factor;
    const double at = m_range.beginNs + share * m_range.lengthNs();
    setRange({at - share * length, at + (1 - share) * length});
}

void TimelineView::pan(double share) {
    const double by = share * m_range.lengthNs();
    setRange({m_range.beginNs + by, m_range.endNs + by});
}

void TimelineView::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    QFont small = font();
    small.setPointSizeF(8.5);
    painter.setFont(small);
    if (!m_trace || m_rows.empty()) return;
    paintScale(painter);
    if (m_hidden > 0) {
        painter.setPen(m_theme.palette().muted);
        painter.drawText(hiddenRect(), Qt::AlignRight | Qt::AlignVCenter, tr("+ %1").arg(m_hidden));
    }
    for (std::size_t row = 0; row < m_rows.size(); ++row) paintRow(painter, row);
    if (!hasFocus()) return;
    painter.setPen(QPen(m_theme.palette().accent, 1, Qt::DotLine));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(plot().adjusted(0, 0, -1, -1));
}

void TimelineView::paintScale(QPainter& painter) const {
    const Palette& palette = m_theme.palette();
    const QRect area = plot();
    const double step = markStep(m_range, area.width(), 96);
    const double first = std::ceil((m_range.beginNs - m_whole.beginNs) / step) * step + m_whole.beginNs;
    const int marks = static_cast<int>(std::clamp((m_range.endNs - first) / step, -1.0, static_cast<double>(width())));
    for (int mark = 0; mark <= marks; ++mark) {
        const double time = first + mark * step;
        const int x = area.left() + static_cast<int>((time - m_range.beginNs) / m_range.lengthNs() * area.width());
        painter.setPen(QPen(palette.chartGrid, 1));
        painter.drawLine(x, kScaleHeight - 4, x, height());
        painter.setPen(palette.muted);
        const int room = std::min(90, width() - x - kHalfGap);
        painter.drawText(QRect(x + kHalfGap, 0, room, kScaleHeight - 4), Qt::AlignLeft | Qt::AlignVCenter,
                         millisecondsText((time - m_whole.beginNs) / 1e6));
    }
}

void TimelineView::paintRow(QPainter& painter, std::size_t row) const {
    const Palette& palette = m_theme.palette();
    const QRect place = rowRect(row);
    if (m_rows[row].depth == 0) {
        painter.setPen(palette.muted);
        painter.drawText(QRect(0, place.top(), kTrackWidth - kGap, place.height()), Qt::AlignRight | Qt::AlignVCenter,
                         painter.fontMetrics().elidedText(QString::fromStdString(m_trace->tracks[m_rows[row].track]), Qt::ElideRight,
                                                          kTrackWidth - kGap));
    }
    for (const TimelineBar& bar : visibleBars(*m_trace, m_rows[row], m_range, place.width())) {
        const trace::Span& span = m_trace->spans[bar.span];
        const QRect area(place.left() + bar.left, place.top(), bar.right - bar.left, place.height());
        const bool chosen = m_layer && span.layer == *m_layer && !bar.shared;
        painter.fillRect(area, chosen ? palette.accent : bar.shared ? palette.chartEmulated : barColour(palette, span));
        if (area.width() > 3) {
            painter.setPen(palette.border);
            painter.drawLine(area.topLeft(), area.bottomLeft());
        }
        if (bar.shared || area.width() < kNarrowestName) continue;
        painter.setPen(chosen ? palette.onAccent : palette.text);
        painter.drawText(area.adjusted(kHalfGap, 0, -2, 0), Qt::AlignLeft | Qt::AlignVCenter,
                         painter.fontMetrics().elidedText(QString::fromStdString(m_trace->nameOf(span)), Qt::ElideMiddle,
                                                          area.width() - kHalfGap - 2));
    }
}

std::optional<std::size_t> TimelineView::spanUnder(const QPoint& at) const {
    if (!m_trace || !plot().contains(at)) return std::nullopt;
    for (std::size_t row = 0; row < m_rows.size(); ++row) {
        if (!rowRect(row).contains(at)) continue;
        const std::int64_t span = spanAt(*m_trace, m_rows[row], m_range, plot().width(), at.x() - plot().left());
        if (span >= 0) return static_cast<std::size_t>(span);
    }
    return std::nullopt;
}

QString TimelineView::words(const trace::Span& span) const {
    return tr("%1\n%2, from %3 on")
        .arg(QString::fromStdString(m_trace->nameOf(span)), millisecondsText(static_cast<double>(span.durationNs) / 1e6),
             millisecondsText((static_cast<double>(span.beginNs) - m_whole.beginNs) / 1e6));
}

void TimelineView::wheelEvent(QWheelEvent* event) {
    const QPoint turn = event->angleDelta();
    if (std::abs(turn.x()) > std::abs(turn.y())) {
        pan(-turn.x() / 120.0 * kPanStep);
    } else {
        const double share = (event->position().x() - plot().left()) / std::max(1, plot().width());
        zoom(std::pow(kZoomStep, turn.y() / 120.0), std::clamp(share, 0.0, 1.0));
    }
    event->accept();
}

void TimelineView::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton) return;
    m_pressed = event->position().toPoint();
    m_pressedRange = m_range;
    m_dragged = false;
}

void TimelineView::mouseMoveEvent(QMouseEvent* event) {
    const QPoint at = event->position().toPoint();
    if (m_pressed) {
        m_dragged = m_dragged || std::abs(at.x() - m_pressed->x()) > kDragBegins;
        const double by = (m_pressed->x() - at.x()) * m_pressedRange.lengthNs() / std::max(1, plot().width());
        if (m_dragged) setRange({m_pressedRange.beginNs + by, m_pressedRange.endNs + by});
        return;
    }
    if (const auto span = spanUnder(at)) QToolTip::showText(event->globalPosition().toPoint(), words(m_trace->spans[*span]), this);
    else if (m_hidden > 0 && hiddenRect().contains(at))
        QToolTip::showText(event->globalPosition().toPoint(), tr("%1 more lines stand in the saved trace.").arg(m_hidden), this);
    else QToolTip::hideText();
}

void TimelineView::mouseReleaseEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton || !m_pressed) return;
    m_pressed.reset();
    if (m_dragged) return;
    const auto span = spanUnder(event->position().toPoint());
    if (!span || m_trace->spans[*span].layer < 0) return;
    setCurrentLayer(m_trace->spans[*span].layer);
    emit layerChosen(*m_layer);
}

void TimelineView::keyPressEvent(QKeyEvent* event) {
    switch (event->key()) {
        case Qt::Key_Plus:
        case Qt::Key_Equal: return zoom(kZoomStep, 0.5);
        case Qt::Key_Minus: return zoom(1 / kZoomStep, 0.5);
        case Qt::Key_Left: return pan(-kPanStep);
        case Qt::Key_Right: return pan(kPanStep);
        case Qt::Key_Home: return showFirstRun();
        case Qt::Key_End: return showAll();
        default: QWidget::keyPressEvent(event);
    }
}

}  // namespace trimtab::gui
