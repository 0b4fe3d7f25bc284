// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// One figure with its name above and what belongs to it below.
#include <QFrame>

class QLabel;

namespace trimtab::gui {

class StatTile : public QFrame {
    Q_OBJECT
public:
    explicit StatTile(const QString& name, QWidget* parent = nullptr);
    void setName(const QString& name);
    void setValue(const QString& value, const QString& detail = {}, const char* detailTone = "");
    QString value() const;
    QString detail() const;

private:
    QLabel* m_name = nullptr;
    QLabel* m_value = nullptr;
    QLabel* m_detail = nullptr;
};

}  // namespace trimtab::gui
