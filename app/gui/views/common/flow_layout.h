// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Lays widgets in rows, as words in a paragraph.
#include <QLayout>
#include <QList>
#include <QWidget>

namespace trimtab::gui {

class FlowLayout : public QLayout {
public:
    explicit FlowLayout(int gap, QWidget* parent = nullptr);
    ~FlowLayout() override;

    void addItem(QLayoutItem* item) override;
    int count() const override { return static_cast<int>(m_items.size()); }
    QLayoutItem* itemAt(int index) const override;
    QLayoutItem* takeAt(int index) override;
    Qt::Orientations expandingDirections() const override { return {}; }
    int heightForWidth(int width) const override;
    QSize sizeHint() const override { return minimumSize(); }
    QSize minimumSize() const override;
    void setGeometry(const QRect& rect) override;

private:
    /// Height that `rect`'s width needs; moves the items only when `place`.
    int arrange(const QRect& rect, bool place) const;

    QList<QLayoutItem*> m_items;
    int m_gap;
};

/// A widget that is as high as its flow needs at the width it has. The layouts around it need not know of height for width, which
/// scroll areas reckon at the smallest width.
class FlowBox : public QWidget {
public:
    explicit FlowBox(int gap, QWidget* parent = nullptr);
    void add(QWidget* widget);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void fit();
    FlowLayout* m_flow;
};

}  // namespace trimtab::gui
