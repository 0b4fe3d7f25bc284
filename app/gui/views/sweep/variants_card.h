// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Other files of the model that is open, measured as they are beside what is made of it.
#include <vector>

#include <QFrame>

#include "core/trial/study.h"

class QVBoxLayout;

namespace trimtab::gui {

class FilePrompt;

class VariantsCard : public QFrame {
    Q_OBJECT
public:
    /// `files` outlives the card.
    explicit VariantsCard(FilePrompt& files, QWidget* parent = nullptr);

    void show(const std::vector<trial::Variant>& variants);

signals:
    void changed(const std::vector<trimtab::trial::Variant>& variants);

private:
    void choose(bool folder);
    void add(const QString& path);
    void remove(const std::string& name);
    QWidget* makeRow(const trial::Variant& variant);

    FilePrompt& m_files;
    std::vector<trial::Variant> m_shown;
    QVBoxLayout* m_list = nullptr;
};

}  // namespace trimtab::gui
