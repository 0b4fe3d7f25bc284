// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Asks for the extents that the model file leaves open, once; they are remembered for this model.
#include <cstdint>
#include <map>
#include <string>

#include <QFrame>

class QHBoxLayout;
class QSpinBox;

namespace trimtab::gui {

class ModelTask;

class SymbolForm : public QFrame {
    Q_OBJECT
public:
    explicit SymbolForm(ModelTask& model, QWidget* parent = nullptr);

private:
    void rebuild();
    void apply();

    ModelTask& m_model;
    QHBoxLayout* m_fields = nullptr;
    std::map<std::string, QSpinBox*> m_boxes;
    std::map<std::string, std::int64_t> m_shown;  // what the boxes were filled with; typed values outlive news that change nothing
};

}  // namespace trimtab::gui
