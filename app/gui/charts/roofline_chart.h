// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The roofline of a profile: operations a byte along, operations a second upwards, both logarithmic. The roofs are what was measured here:
// bandwidth as slopes, products of each type that is used as levels. A dot a layer, as large as its share of the time. Hovering tells of a
// layer, clicking chooses it. Layers without operations have no place here.
#include <optional>
#include <vector>

#include <QWidget>

#include "app/gui/models/profile_snapshot.h"

namespace trimtab::gui {

class Theme;

/// A layer as it is drawn; both figures are positive.
struct RooflineDot {
    std::size_t layer = 0;
    double intensity = 0;   // operations a byte
    double reached = 0;     // operations a second
    double share = 0;       // of the run's time
};

std::vector<RooflineDot> rooflineDots(const ProfileSnapshot& profile);

class RooflineChart : public QWidget {
    Q_OBJECT
public:
    explicit RooflineChart(const Theme& theme, QWidget* parent = nullptr);

    void setProfile(ProfilePtr profile);
    void setCurrentLayer(std::optional<int> layer);
    std::optional<int> currentLayer() const { return m_layer; }
    /// Where a layer's dot stands; nothing when it has none. Tests click there.
    std::optional<QPoint> positionOf(std::size_t layer) const;

    QSize sizeHint() const override { return {420, 280}; }
    QSize minimumSizeHint() const override { return {260, 180}; }

signals:
    void layerChosen(int layer);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;

private:
    struct Scale {  // powers of ten
        double low = 0, high = 1;
        double share(double value) const;
    };
    void measure();
    QRectF plot() const;
    QPointF at(double intensity, double reached) const;
    double radius(const RooflineDot& dot) const;
    std::optional<std::size_t> dotUnder(const QPointF& place) const;
    void paintGrid(QPainter& painter) const;
    void paintRoofs(QPainter& painter) const;
    void paintSlope(QPainter& painter, double bytesPerSecond, const QString& name, Qt::Alignment side) const;
    void paintDots(QPainter& painter) const;
    void paintDot(QPainter& painter, const RooflineDot& dot, bool chosen) const;

    const Theme& m_theme;
    ProfilePtr m_profile;
    std::vector<RooflineDot> m_dots;
    std::vector<std::pair<QString, double>> m_levels;  // peaks of the types that layers use
    Scale m_x, m_y;
    std::optional<int> m_layer;
};

}  // namespace trimtab::gui
