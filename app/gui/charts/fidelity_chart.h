// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// SQNR along the graph, from the first node to the last: as high as a node is near to the unchanged model. The threshold is a dashed line,
// what lies below it has another colour, treated nodes have a mark at the foot, the first departure a flag. Where there are more nodes than
// pixels each column shows the worst of its nodes. Hovering and the arrow keys tell of a node, clicking chooses it.
#include <memory>
#include <optional>
#include <vector>

#include <QWidget>

#include "core/trace/fidelity.h"

namespace trimtab::gui {

class Theme;

/// One compared node as it is drawn.
struct FidelityMark {
    std::size_t node = 0;   // index into the profile's nodes
    double height = 0;      // share of the plot's height, 0…1
    bool departed = false;  // below the threshold
    bool treated = false;
};

inline constexpr double kChartDecibels = 80;  // the top of the plot; what is better stands there too

std::vector<FidelityMark> fidelityMarks(const trace::FidelityProfile& profile);

class FidelityChart : public QWidget {
    Q_OBJECT
public:
    using Profile = std::shared_ptr<const trace::FidelityProfile>;

    explicit FidelityChart(const Theme& theme, QWidget* parent = nullptr);

    void setProfile(Profile profile);
    /// Highlights a node of the profile.
    void setCurrent(std::optional<std::size_t> node);
    std::optional<std::size_t> current() const { return m_current; }

    /// Where a node's mark stands; nothing when it was not compared. Tests click there.
    std::optional<QPoint> positionOf(std::size_t node) const;

    QSize sizeHint() const override { return {480, 112}; }
    QSize minimumSizeHint() const override { return {200, 88}; }

signals:
    void nodeChosen(int node);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    QRectF plot() const;
    double yOf(double share) const;
    std::optional<std::size_t> markAt(const QPointF& at) const;
    void choose(std::size_t mark);
    void paintScale(QPainter& painter) const;
    void paintMarks(QPainter& painter) const;
    void paintDeparture(QPainter& painter) const;

    const Theme& m_theme;
    Profile m_profile;
    std::vector<FidelityMark> m_marks;
    std::optional<std::size_t> m_current;  // a node
};

}  // namespace trimtab::gui
