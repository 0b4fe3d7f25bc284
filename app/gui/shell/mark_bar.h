// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Says above every page what all that is on show must be read with, for as long as that is so: a recording, weights that are random.
#include <QFrame>

class QLabel;

namespace trimtab::gui {

class MarkBar : public QFrame {
    Q_OBJECT
public:
    explicit MarkBar(QWidget* parent = nullptr);

    /// Hidden when empty.
    void setText(const QString& text);

private:
    QLabel* m_text = nullptr;
};

}  // namespace trimtab::gui
