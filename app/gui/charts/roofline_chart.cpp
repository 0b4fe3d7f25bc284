// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/charts/roofline_chart.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include "app/gui/models/text.h"
#include "app/gui/theme/metrics.h"
#include "app/gui/theme/theme.h"

namespace trimtab::gui {

namespace {

constexpr int kLeft = 72, kBelow = 36, kAbove = 8, kRight = 24;
constexpr double kSmallestDot = 3, kLargestDot = 14;
constexpr double kReach = 6;  // pixels beside a dot that still mean it

}  // namespace

std::vector<RooflineDot> rooflineDots(const ProfileSnapshot& profile) {
    std::vector<RooflineDot> dots;
    for (std::size_t i = 0; i < profile.profile().layers.size(); ++i) {
        const double time = profile.profile().layers[i].medianNs;
        const explain::RooflinePoint& point = profile.diagnosis.layers[i].roofline;
        if (time <= 0 || point.operations <= 0 || point.bytes <= 0) continue;
        dots.push_back({i, point.intensity(), 1e9 * point.operations / time, profile.profile().shareOf(profile.profile().layers[i])});
    }
    return dots;
}

RooflineChart::RooflineChart(const Theme& theme, QWidget* parent) : QWidget(parent), m_theme(theme) {
    setMouseTracking(true);
    setAccessibleName(tr("Roofline: operations a second against operations a byte"));
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

double RooflineChart::Scale::share(double value) const { return (std::log10(value) - low) / (high - low); }

void RooflineChart::setProfile(ProfilePtr profile) {
    if (profile == m_profile) return;
    m_profile = std::move(profile);
    m_dots = m_profile ? rooflineDots(*m_profile) : std::vector<RooflineDot>{};
    // Small dots are drawn over large ones.
    std::ranges::stable_sort(m_dots, std::greater{}, &RooflineDot::share);
    m_levels.clear();
    std::set<std::string> types{"fp32"};
    for (const RooflineDot& dot : m_dots) types.insert(m_profile->profile().layers[dot.layer].compute);
    for (const std::string& type : types) {
        const auto& peaks = m_profile ? m_profile->profile().ceilings.operationsPerSecond : std::map<std::string, double>{};
        if (const auto peak = peaks.find(type); peak != peaks.end()) m_levels.emplace_back(QString::fromStdString(type), peak->second);
    }
    measure();
    update();
}

/// Whole powers of ten around all dots and roofs.
void RooflineChart::measure() {
    double left = 0.1, right = 100, low = 1e12, high = 1e6;
    for (const RooflineDot& dot : m_dots) {
        left = std::min(left, dot.intensity);
        right = std::max(right, dot.intensity);
        low = std::min(low, dot.reached);
        high = std::max(high, dot.reached);
    }
    for (const auto& [type, peak] : m_levels) high = std::max(high, peak);
    low = std::min(low, high / 1000);
    m_x = {std::floor(std::log10(left)), std::ceil(std::log10(right) + 0.01)};
    m_y = {std::floor(std::log10(low)), std::ceil(std::log10(high) + 0.01)};
}

void RooflineChart::setCurrentLayer(std::optional<int> layer) {
    m_layer = layer;
    update();
}

QRectF RooflineChart::plot() const { return QRectF(rect()).adjusted(kLeft, kAbove, -kRight, -kBelow); }

QPointF RooflineChart::at(double intensity, double reached) const {
    const QRectF area = plot();
    return {area.left() + m_x.share(intensity) * area.width(), area.bottom() - m_y.share(reached) * area.height()};
}

double RooflineChart::radius(const RooflineDot& dot) const {
    return std::clamp(kLargestDot * std::sqrt(dot.share), kSmallestDot, kLargestDot);
}

std::optional<QPoint> RooflineChart::positionOf(std::size_t layer) const {
    const auto dot = std::ranges::find(m_dots, layer, &RooflineDot::layer);
    return dot == m_dots.end() ? std::nullopt : std::optional(at(dot->intensity, dot->reached).toPoint());
}

std::optional<std::size_t> RooflineChart::dotUnder(const QPointF& place) const {
    for (auto dot = m_dots.rbegin(); dot != m_dots.rend(); ++dot) {
        const QPointF away = at(dot->intensity, dot->reached) - place;
        if (std::hypot(away.x(), away.y()) <= std::max(radius(*dot), kReach)) return dot->layer;
    }
    return std::nullopt;
}

void RooflineChart::paintEvent(QPaintEvent*) {
    if (!m_profile) return;
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    QFont small = font();
    small.setPointSizeF(8.5);
    painter.setFont(small);
    paintGrid(painter);
    painter.save();
    painter.setClipRect(plot());
    paintRoofs(painter);
    paintDots(painter);
    painter.restore();
}

void RooflineChart::paintGrid(QPainter& painter) const {
    const Palette& palette = m_theme.palette();
    const QRectF area = plot();
    for (double power = m_x.low; power <= m_x.high; ++power) {
        const double x = at(std::pow(10, power), std::pow(10, m_y.low)).x();
        painter.setPen(QPen(palette.chartGrid, 1));
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()));
        painter.setPen(palette.muted);
        painter.drawText(QRectF(x - 30, area.bottom() + 2, 60, 14), Qt::AlignCenter, QString::number(std::pow(10, power)));
    }
    for (double power = m_y.low; power <= m_y.high; ++power) {
        const double y = at(std::pow(10, m_x.low), std::pow(10, power)).y();
        painter.setPen(QPen(palette.chartGrid, 1));
        painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y));
        painter.setPen(palette.muted);
        painter.drawText(QRectF(0, y - 8, kLeft - 6, 16), Qt::AlignRight | Qt::AlignVCenter,
                         tr("%1/s", "operations a second").arg(countText(std::pow(10, power))));
    }
    painter.drawText(QRectF(area.left(), area.bottom() + 17, area.width(), 16), Qt::AlignCenter, tr("Operations a byte"));
}

void RooflineChart::paintSlope(QPainter& painter, double bytesPerSecond, const QString& name, Qt::Alignment side) const {
    if (bytesPerSecond <= 0) return;
    double peak = 0;
    for (const auto& [type, level] : m_levels) peak = std::max(peak, level);
    const double left = std::pow(10, m_x.low), right = peak > 0 ? peak / bytesPerSecond : std::pow(10, m_x.high);
    const QPointF begin = at(left, left * bytesPerSecond), end = at(right, right * bytesPerSecond);
    painter.drawLine(begin, end);
    if (right <= left) return;
    const bool isBelow = side == Qt::AlignLeft;
    // In the middle, or as far up as a name on its left needs to stand whole.
    const double whole = plot().left() + painter.fontMetrics().horizontalAdvance(name) + 2 * kHalfGap;
    const double way = isBelow ? 0.5 : std::clamp((whole - begin.x()) / (end.x() - begin.x()), 0.5, 1.0);
    const QPointF foot = begin + way * (end - begin);
    const QRectF box(foot.x() + (isBelow ? kHalfGap : -180 - kHalfGap), foot.y() - (isBelow ? 0 : 16), 180, 16);
    painter.drawText(box, side | Qt::AlignVCenter, name);
}

void RooflineChart::paintRoofs(QPainter& painter) const {
    const Palette& palette = m_theme.palette();
    const trace::Ceilings& ceilings = m_profile->profile().ceilings;
    painter.setPen(QPen(palette.muted, 1.5));
    paintSlope(painter, ceilings.memoryBytesPerSecond, tr("memory %1/s").arg(bytesText(ceilings.memoryBytesPerSecond)), Qt::AlignLeft);
    painter.setPen(QPen(palette.muted, 1, Qt::DashLine));
    paintSlope(painter, ceilings.cacheBytesPerSecond, tr("cache %1/s").arg(bytesText(ceilings.cacheBytesPerSecond)), Qt::AlignRight);
    const double fastest = std::max(ceilings.memoryBytesPerSecond, ceilings.cacheBytesPerSecond);
    for (const auto& [type, peak] : m_levels) {
        const double from = fastest > 0 ? peak / fastest : std::pow(10, m_x.low);
        painter.setPen(QPen(palette.muted, 1.5));
        painter.drawLine(at(std::max(from, std::pow(10, m_x.low)), peak), at(std::pow(10, m_x.high), peak));
        const QPointF end = at(std::pow(10, m_x.high), peak);
        painter.drawText(QRectF(end.x() - 184, end.y() + 1, 180, 16), Qt::AlignRight | Qt::AlignVCenter,
                         tr("%1 %2/s").arg(type, countText(peak)));
    }
}

void RooflineChart::paintDots(QPainter& painter) const {
    const auto isChosen = [this](const RooflineDot& dot) { return m_layer && static_cast<std::size_t>(*m_layer) == dot.layer; };
    for (const RooflineDot& dot : m_dots)
        if (!isChosen(dot)) paintDot(painter, dot, false);
    for (const RooflineDot& dot : m_dots)
        if (isChosen(dot)) paintDot(painter, dot, true);
}

void RooflineChart::paintDot(QPainter& painter, const RooflineDot& dot, bool chosen) const {
    const Palette& palette = m_theme.palette();
    const bool emulated = m_profile->profile().layers[dot.layer].execution == trace::Execution::Emulated;
    QColor fill = chosen ? palette.chartFront : palette.chartNative;
    fill.setAlphaF(chosen ? 1.0F : 0.55F);
    painter.setPen(QPen(chosen ? palette.text : palette.chartNative, 1));
    painter.setBrush(emulated && !chosen ? QBrush(Qt::NoBrush) : QBrush(fill));
    painter.drawEllipse(at(dot.intensity, dot.reached), radius(dot), radius(dot));
}

void RooflineChart::mouseMoveEvent(QMouseEvent* event) {
    const auto layer = dotUnder(event->position());
    setCursor(layer ? Qt::PointingHandCursor : Qt::ArrowCursor);
    if (!layer) return QToolTip::hideText();
    const trace::LayerRecord& record = m_profile->profile().layers[*layer];
    QToolTip::showText(event->globalPosition().toPoint(),
                       QString::fromStdString(record.node + "\n" + m_profile->diagnosis.layers[*layer].evidence), this);
}

void RooflineChart::mouseReleaseEvent(QMouseEvent* event) {
    const auto layer = event->button() == Qt::LeftButton ? dotUnder(event->position()) : std::nullopt;
    if (!layer) return;
    setCurrentLayer(static_cast<int>(*layer));
    emit layerChosen(static_cast<int>(*layer));
}

}  // namespace trimtab::gui
