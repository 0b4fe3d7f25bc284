// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Which options are tried on each layer: those offered as chips to switch on, and a field for any other in the command line's words.
#include <vector>

#include <QFrame>

#include "core/trial/sensitivity.h"

class QLabel;
class QLineEdit;
class QPushButton;
class QVBoxLayout;

namespace trimtab::gui {

class FlowBox;
struct OptionOffer;

/// Chips are named "option.<text>", or "option.<name>" where they were added; the field "sensitivity.option", what is wrong with it
/// "sensitivity.optionProblem".
class OptionsEditor : public QFrame {
    Q_OBJECT
public:
    explicit OptionsEditor(QWidget* parent = nullptr);

    /// Those that are switched on, in the order of the chips.
    std::vector<trial::SensitivityOption> options() const;
    /// Switches on exactly these; those without a chip get one. Nothing is emitted.
    void setOptions(const std::vector<trial::SensitivityOption>& options);

signals:
    void changed();

private:
    struct Entry {
        QPushButton* chip = nullptr;
        trial::SensitivityOption option;
    };
    QWidget* makeRow(const QString& title, FlowBox* chips);
    void makeField(QVBoxLayout* layout);
    Entry& addChip(FlowBox* chips, const QString& name, const QString& label, const trial::SensitivityOption& option);
    /// Its chip, which is made among one's own where there is none.
    Entry& entryOf(const trial::SensitivityOption& option);
    void add();

    std::vector<Entry> m_entries;
    FlowBox* m_own = nullptr;
    QWidget* m_ownRow = nullptr;
    QLineEdit* m_field = nullptr;
    QLabel* m_problem = nullptr;
};

}  // namespace trimtab::gui
