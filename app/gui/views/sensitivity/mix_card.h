// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// "Find the best mix": one limit, what is to be made small, and what the last search came to. Binds to values; knows no task.
#include <QFrame>

#include "core/tune/mixed_search.h"

class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QPushButton;

namespace trimtab::gui {

/// The limit is named "mix.limit" with its value "mix.value", what is made small "mix.minimize", the chip for the last layer "mix.last".
class MixCard : public QFrame {
    Q_OBJECT
public:
    explicit MixCard(QWidget* parent = nullptr);

    /// Values proposed for limits are shares of what the table says of the model.
    void setTable(const trial::SensitivityTable& table);
    tune::MixGoal goal() const;
    /// While a search runs the form rests and Cancel stands in place of the button; a problem stands in its tooltip and below.
    void setState(bool running, const QString& problem);
    /// What is known of the last search; an empty sentence shows nothing. `parts` may be empty.
    void setOutcome(const QString& sentence, const QString& parts, bool canShow);

signals:
    void wanted(const trimtab::tune::MixGoal& goal);
    void cancelled();
    void showRequested();

private:
    QWidget* makeForm();
    QWidget* makeOutcome();
    void offerLimit();
    void offerMinimize();

    QComboBox* m_limit = nullptr;
    QDoubleSpinBox* m_value = nullptr;
    QComboBox* m_minimize = nullptr;
    QPushButton* m_last = nullptr;
    QPushButton* m_find = nullptr;
    QPushButton* m_cancel = nullptr;
    QLabel* m_note = nullptr;
    QWidget* m_form = nullptr;
    QWidget* m_outcome = nullptr;
    QLabel* m_sentence = nullptr;
    QLabel* m_parts = nullptr;
    QPushButton* m_show = nullptr;
    bool m_isShare = true;       // of the table's metric
    double m_milliseconds = 0;   // of all stretches, untreated
    double m_bytes = 0;          // of all weights
};

}  // namespace trimtab::gui
