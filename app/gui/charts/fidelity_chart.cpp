// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/charts/fidelity_chart.h"

#include <algorithm>
#include <cmath>

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include "app/gui/models/fidelity_text.h"
#include "app/gui/theme/theme.h"

namespace trimtab::gui {

namespace {

constexpr int kScaleWidth = 52;
constexpr int kAbove = 18;  // for the flag's words
constexpr int kBelow = 12;  // for the marks of treated nodes
constexpr int kTreatedMark = 4;

QFont smallFont(const QFont& font) {
    QFont small = font;
    small.setPointSizeF(8.5);
    return small;
}

double heightOf(double decibels) { return std::clamp(decibels / kChartDecibels, 0.0, 1.0); }

}  // namespace

std::vector<FidelityMark> fidelityMarks(const trace::FidelityProfile& profile) {
    std::vector<FidelityMark> marks;
    for (std::size_t i = 0; i < profile.nodes.size(); ++i) {
        const trace::NodeFidelity& node = profile.nodes[i];
        if (node.skipped.empty()) marks.push_back({i, heightOf(node.sqnrDb), node.sqnrDb < profile.thresholdDb, node.isTreated});
    }
    return marks;
}

FidelityChart::FidelityChart(const Theme& theme, QWidget* parent) : QWidget(parent), m_theme(theme) {
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("SQNR along the graph"));
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void FidelityChart::setProfile(Profile profile) {
    if (profile == m_profile) return;
    m_profile = std::move(profile);
    m_marks = m_profile ? fidelityMarks(*m_profile) : std::vector<FidelityMark>{};
    m_current.reset();
    update();
}

void FidelityChart::setCurrent(std::optional<std::size_t> node) {
    m_current = node;
    update();
}

QRectF FidelityChart::plot() const { return QRectF(rect()).adjusted(kScaleWidth, kAbove, -4, -kBelow); }
double FidelityChart::yOf(double share) const { return plot().bottom() - share * plot().height(); }

std::optional<QPoint> FidelityChart::positionOf(std::size_t node) const {
    for (std::size_t i = 0; i < m_marks.size(); ++i) {
        if (m_marks[i].node != node) continue;
        const double x = plot().left() + (static_cast<double>(i) + 0.5) * plot().width() / static_cast<double>(m_marks.size());
        return QPointF(x, yOf(m_marks[i].height / 2)).toPoint();
    }
    return std::nullopt;
}

std::optional<std::size_t> FidelityChart::markAt(const QPointF& at) const {
    const QRectF area = plot();
    if (m_marks.empty() || at.x() < area.left() || at.x() >= area.right()) return std::nullopt;
    const double count = static_cast<double>(m_marks.size());
    const auto first = static_cast<std::size_t>((at.x() - area.left()) * count / area.width());
    // Of the nodes beneath one pixel the worst is meant, for it is what is drawn.
    const auto end = std::max(first + 1, static_cast<std::size_t>((at.x() + 1 - area.left()) * count / area.width()));
    std::size_t worst = std::min(first, m_marks.size() - 1);
    for (std::size_t i = worst; i < std::min(end, m_marks.size()); ++i)
        if (m_marks[i].height < m_marks[worst].height) worst = i;
    return worst;
}

void FidelityChart::paintEvent(QPaintEvent*) {
    if (!m_profile) return;
    QPainter painter(this);
    painter.setFont(smallFont(font()));
    paintScale(painter);
    paintMarks(painter);
    paintDeparture(painter);
    if (hasFocus()) {
        painter.setPen(QPen(m_theme.palette().accent, 1, Qt::DotLine));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(plot().adjusted(-1, -1, 1, 1));
    }
}

void FidelityChart::paintScale(QPainter& painter) const {
    const Palette& palette = m_theme.palette();
    const QRectF area = plot();
    for (const double decibels : {0.0, 40.0, 80.0}) {
        const double y = yOf(heightOf(decibels));
        painter.setPen(QPen(palette.chartGrid, 1));
        painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y));
        painter.setPen(palette.muted);
        painter.drawText(QRectF(0, y - 8, kScaleWidth - 6, 16), Qt::AlignRight | Qt::AlignVCenter, tr("%1 dB").arg(decibels));
    }
}

void FidelityChart::paintMarks(QPainter& painter) const {
    const Palette& palette = m_theme.palette();
    const QRectF area = plot();
    const double count = static_cast<double>(m_marks.size());
    painter.setPen(Qt::NoPen);
    const int columns = static_cast<int>(area.width());
    const double step = std::max(1.0, area.width() / std::max(1.0, count));
    const double gap = step > 4 ? 1 : 0;
    for (double x = 0; x + 0.5 < columns && !m_marks.empty(); x += step) {
        const auto mark = markAt(QPointF(area.left() + x + 0.25, 0));
        if (!mark) continue;
        const FidelityMark& drawn = m_marks[*mark];
        const bool chosen = drawn.node == m_current;
        const double top = std::min(yOf(drawn.height), area.bottom() - 1);  // what is worst still shows
        painter.fillRect(QRectF(area.left() + x, top, step - gap, area.bottom() - top), chosen           ? palette.text
                                                                                        : drawn.departed ? palette.chartFront
                                                                                                         : palette.chartNative);
        if (drawn.treated)
            painter.fillRect(QRectF(area.left() + x, area.bottom() + 3, std::max(2.0, step - gap), kTreatedMark), palette.muted);
    }
    const double threshold = yOf(heightOf(m_profile->thresholdDb));
    painter.setPen(QPen(palette.text, 1, Qt::DashLine));
    painter.drawLine(QPointF(area.left(), threshold), QPointF(area.right(), threshold));
}

void FidelityChart::paintDeparture(QPainter& painter) const {
    const auto first = m_profile->firstDeparture();
    const auto at = first ? positionOf(*first) : std::nullopt;
    if (!at) return;
    const Palette& palette = m_theme.palette();
    const QRectF area = plot();
    painter.setPen(QPen(palette.chartFront, 1.5));
    painter.drawLine(QPointF(at->x(), 4), QPointF(at->x(), area.bottom()));
    painter.setPen(palette.text);
    const bool leftHalf = at->x() < area.center().x();
    const double room = leftHalf ? width() - at->x() - 8 : at->x() - 8;
    const QString words = painter.fontMetrics().elidedText(tr("departs: %1").arg(QString::fromStdString(m_profile->nodes[*first].node)),
                                                           Qt::ElideMiddle, static_cast<int>(room));
    const QRectF box = leftHalf ? QRectF(at->x() + 5, 0, room, kAbove - 2) : QRectF(3, 0, room, kAbove - 2);
    painter.drawText(box, (leftHalf ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter, words);
}

void FidelityChart::choose(std::size_t mark) {
    m_current = m_marks[mark].node;
    update();
    emit nodeChosen(static_cast<int>(*m_current));
}

void FidelityChart::mouseMoveEvent(QMouseEvent* event) {
    const auto mark = markAt(event->position());
    setCursor(mark ? Qt::PointingHandCursor : Qt::ArrowCursor);
    if (mark) QToolTip::showText(event->globalPosition().toPoint(), nodeText(m_profile->nodes[m_marks[*mark].node]), this);
    else QToolTip::hideText();
}

void FidelityChart::mouseReleaseEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton) return;
    if (const auto mark = markAt(event->position())) choose(*mark);
}

void FidelityChart::keyPressEvent(QKeyEvent* event) {
    const int step = event->key() == Qt::Key_Left ? -1 : event->key() == Qt::Key_Right ? 1 : 0;
    if (m_marks.empty() || (step == 0 && event->key() != Qt::Key_Home && event->key() != Qt::Key_End)) return QWidget::keyPressEvent(event);
    const auto found = std::ranges::find_if(m_marks, [this](const FidelityMark& mark) { return mark.node == m_current; });
    const int last = static_cast<int>(m_marks.size()) - 1;
    int next = found == m_marks.end() ? 0 : static_cast<int>(found - m_marks.begin()) + step;
    if (event->key() == Qt::Key_Home) next = 0;
    if (event->key() == Qt::Key_End) next = last;
    choose(static_cast<std::size_t>(std::clamp(next, 0, last)));
}

}  // namespace trimtab::gui
