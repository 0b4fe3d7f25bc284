// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/results/time_bars.h"

#include <algorithm>

#include <QPainter>

#include "app/gui/models/text.h"
#include "app/gui/theme/theme.h"

namespace trimtab::gui {

namespace {

constexpr int kRow = 32;
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
        m_rows.push_back({QString::fromStdString(timed[i]->node), treatmentText(*timed[i]), percentText(timed[i]->share), timed[i]->share, false});
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
    QFont small = font();
    small.setPointSizeF(9);
    painter.setFont(small);
    const QFontMetrics metrics(small);
    double largest = 0;
    for (const Row& row : m_rows) largest = std::max(largest, row.value);
    for (std::size_t i = 0; i < m_rows.size(); ++i) {
        const Row& row = m_rows[i];
        const QRect area(0, static_cast<int>(i) * kRow, width(), kRow);
        const int shareWidth = metrics.horizontalAdvance(QStringLiteral("100.0 %")) + 4;
        const QRect words = area.adjusted(0, 2, -shareWidth, -kBar - 6);
        const int detailWidth = std::min(words.width() / 2, metrics.horizontalAdvance(row.detail));
        painter.setPen(row.rest ? palette.muted : palette.text);
        painter.drawText(words.adjusted(0, 0, -detailWidth - 8, 0), Qt::AlignLeft | Qt::AlignVCenter, metrics.elidedText(row.name, Qt::ElideMiddle, words.width() - detailWidth - 8));
        painter.drawText(area.adjusted(0, 2, 0, -kBar - 6), Qt::AlignRight | Qt::AlignVCenter, row.share);
        painter.setPen(palette.muted);
        painter.drawText(words, Qt::AlignRight | Qt::AlignVCenter, metrics.elidedText(row.detail, Qt::ElideRight, detailWidth));
        const QRectF track(0, area.bottom() - kBar - 2, width(), kBar);
        painter.setPen(Qt::NoPen);
        painter.setBrush(palette.sunken);
        painter.drawRoundedRect(track, kBar / 2.0, kBar / 2.0);
        painter.setBrush(row.rest ? palette.muted : palette.accent);
        const double share = largest > 0 ? std::clamp(row.value, 0.0, 1.0) : 0;
        painter.drawRoundedRect(QRectF(track.left(), track.top(), std::max<double>(kBar, share * track.width()), kBar), kBar / 2.0, kBar / 2.0);
    }
}

}  // namespace trimtab::gui
