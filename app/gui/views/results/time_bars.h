// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The layers that take most of the time, as bars: the short answer to where the time goes.
#include <vector>

#include <QWidget>

#include "core/trace/layer_record.h"

namespace trimtab::gui {

class Theme;

class TimeBars : public QWidget {
    Q_OBJECT
public:
    explicit TimeBars(const Theme& theme, QWidget* parent = nullptr);
    /// Keeps the slowest `count`; the rest stand together in a last row.
    void setLayers(const std::vector<trace::LayerRecord>& layers, int count = 6);
    bool isEmpty() const { return m_rows.empty(); }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return {120, sizeHint().height()}; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    struct Row {
        QString name, detail, share;
        double value = 0;
        bool rest = false;
    };
    const Theme& m_theme;
    std::vector<Row> m_rows;
};

}  // namespace trimtab::gui
