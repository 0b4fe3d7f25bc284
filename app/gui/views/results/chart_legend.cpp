// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/results/chart_legend.h"

#include <QPainter>

#include "app/gui/theme/theme.h"

namespace trimtab::gui {

namespace {

constexpr int kHeight = 24;
constexpr int kMark = 20;
constexpr int kApart = 16;

}  // namespace

ChartLegend::ChartLegend(const Theme& theme, QWidget* parent) : QWidget(parent), m_theme(theme) {
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
    setToolTip(tr("Bars through a point are 95 % intervals. Emulated points have a real quality and no speed."));
}

QSize ChartLegend::sizeHint() const { return {420, kHeight}; }

void ChartLegend::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const Palette& p = m_theme.palette();
    QFont small = font();
    small.setPointSizeF(8.5);
    painter.setFont(small);
    int x = 0;
    const QStringList names{tr("native"), tr("emulated"), tr("baseline"), tr("front")};
    for (int i = 0; i < names.size(); ++i) {
        const QPointF at(x + 8, height() / 2.0);
        if (i == 0) {
            painter.setPen(Qt::NoPen);
            painter.setBrush(p.chartNative);
            painter.drawEllipse(at, 5, 5);
        } else if (i == 1) {
            painter.setPen(QPen(p.chartEmulated, 1.8));
            painter.setBrush(p.surface);
            painter.drawEllipse(at, 5, 5);
        } else if (i == 2) {
            painter.setPen(Qt::NoPen);
            painter.setBrush(p.chartBaseline);
            painter.drawPolygon(QPolygonF({at + QPointF(0, -6), at + QPointF(6, 0), at + QPointF(0, 6), at + QPointF(-6, 0)}));
        } else {
            painter.setPen(QPen(p.chartFront, 2));
            painter.drawLine(at + QPointF(-8, 0), at + QPointF(8, 0));
        }
        painter.setPen(p.muted);
        const int width = painter.fontMetrics().horizontalAdvance(names[i]);
        painter.drawText(QRect(x + kMark, 0, width + 2, height()), Qt::AlignLeft | Qt::AlignVCenter, names[i]);
        x += kMark + width + kApart;
    }
}

}  // namespace trimtab::gui
