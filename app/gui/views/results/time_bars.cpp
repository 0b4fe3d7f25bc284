// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/results/time_bars.h"

#include <algorithm>

#include <QPainter>

#include "app/gui/models/text.h"
#include "app/gui/theme/theme.h"

namespace trimtab::gui {

namespace {

constexpr int kRow = 48;
constexpr int kLine = 16;
constexpr int kBar = 6;

}  // namespace

TimeBars::TimeBars(const Theme& theme, QWidget* parent) : QWidget(parent), m_theme(theme) {
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void TimeBars::setLayers(const std::vector<trace::LayerRecord>& layers, int count) {
    m_rows.clear();
    std::vector<const trace::LayerRecord*> timed;
    for (const auto& layer : layers) {
        if (layer.share >= 0) timed.push_back(&layer);
    }
    std::sort(timed.begin(), timed.end(), [](const auto* a, const auto* b) { return a->share > b->share; });
    Row rest;
    rest.rest = true;
    int others = 0;
    for (std::size_t i = 0; i < timed.size(); ++i) {
        if (static_cast<int>(i) >= count) {
            rest.value += timed[i]->share;
            ++others;
            continue;
        }
        m_rows.push_back(
            {QString::fromStdString(timed[i]->node), treatmentText(*timed[i]), percentText(timed[i]->share), timed[i]->share, false});
    }
    if (others > 0) {
        rest.name = tr("%1 other layers").arg(others);
        rest.share = percentText(rest.value);
        m_rows.push_back(rest);
    }
    updateGeometry();
    update();
}

QSize TimeBars::sizeHint() const { return {280, static_cast<int>(m_rows.size()) * kRow}; }

void TimeBars::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const Palette& palette = m_theme.palette();
    QFont words = font();
    words.setPointSizeF(9);
    QFont small = font();
    small.setPointSizeF(8);
    const QFontMetrics metrics(words);
    const int shareWidth = metrics.horizontalAdvance(QStringLiteral("100.0 %")) + 8;
    for (std::size_t i = 0; i < m_rows.size(); ++i) {
        const Row& row = m_rows[i];
        const QRect area(0, static_cast<int>(i) * kRow, width(), kRow);
        const QRect first(area.left(), area.top() + 2, area.width(), kLine);
        const QRect second = first.translated(0, kLine);
        painter.setFont(words);
        painter.setPen(row.rest ? palette.muted : palette.text);
        painter.drawText(first.adjusted(0, 0, -shareWidth, 0), Qt::AlignLeft | Qt::AlignVCenter,
                         metrics.elidedText(row.name, Qt::ElideMiddle, first.width() - shareWidth));
        painter.drawText(first, Qt::AlignRight | Qt::AlignVCenter, row.share);
        painter.setFont(small);
        painter.setPen(palette.muted);
        painter.drawText(second, Qt::AlignLeft | Qt::AlignVCenter,
                         QFontMetrics(small).elidedText(row.detail, Qt::ElideRight, second.width()));
        const QRectF track(0, area.bottom() - kBar - 6, width(), kBar);
        painter.setPen(Qt::NoPen);
        painter.setBrush(palette.sunken);
        painter.drawRoundedRect(track, kBar / 2.0, kBar / 2.0);
        painter.setBrush(row.rest ? palette.muted : palette.accent);
        const double filled = std::clamp(row.value, 0.0, 1.0) * track.width();
        painter.drawRoundedRect(QRectF(track.left(), track.top(), std::max<double>(kBar, filled), kBar), kBar / 2.0, kBar / 2.0);
    }
}

}  // namespace trimtab::gui
