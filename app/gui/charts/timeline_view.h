// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// A trace along time: a row for each depth of each track, a bar for each span, the nodes of the chosen layer in the colour of a choice. The
// wheel zooms at the pointer, dragging pans, + and − zoom, the arrow keys pan, Home shows the first run, End all of it. Hovering tells of a
// span, clicking one chooses its layer.
#include <memory>
#include <optional>

#include <QWidget>

#include "app/gui/models/timeline_rows.h"

namespace trimtab::gui {

class Theme;
struct Palette;

class TimelineView : public QWidget {
    Q_OBJECT
public:
    using Shown = std::shared_ptr<const trace::Trace>;

    explicit TimelineView(const Theme& theme, QWidget* parent = nullptr);

    /// Shows its first run, and its first ten rows.
    void setTrace(Shown trace);
    void setCurrentLayer(std::optional<int> layer);
    std::optional<int> currentLayer() const { return m_layer; }
    const TimeRange& range() const { return m_range; }
    /// Kept within the trace, and no closer than a few nanoseconds.
    void setRange(TimeRange range);
    void showFirstRun();
    void showAll();
    /// Where a span's bar stands; an empty rectangle where it is not seen. Tests click there.
    QRect barOf(std::size_t span) const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return {240, 96}; }

signals:
    void layerChosen(int layer);

protected:
    void paintEvent(QPaintEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    QRect plot() const;
    QRect rowRect(std::size_t row) const;
    QRect hiddenRect() const;
    void zoom(double factor, double share);
    void pan(double share);
    std::optional<std::size_t> spanUnder(const QPoint& at) const;
    QString words(const trace::Span& span) const;
    void paintScale(QPainter& painter) const;
    void paintRow(QPainter& painter, std::size_t row) const;

    const Theme& m_theme;
    Shown m_trace;
    std::vector<TimelineRow> m_rows;
    std::size_t m_hidden = 0;  // rows that the trace has beyond these
    TimeRange m_whole, m_range;
    std::optional<int> m_layer;
    std::optional<QPoint> m_pressed;
    TimeRange m_pressedRange;
    bool m_dragged = false;
};

}  // namespace trimtab::gui
