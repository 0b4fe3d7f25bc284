// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What to do next: pieces of advice with what each should give, a button that tries one here, and one that saves its recipe. Options that
// give nothing stand below with the reason. Binds to values; knows no task.
#include <QFrame>

#include "app/gui/tasks/profile_task.h"

class QVBoxLayout;

namespace trimtab::gui {

/// Buttons are named "advice.<n>.try" and "advice.<n>.save", counted from 0.
class AdviceCard : public QWidget {
    Q_OBJECT
public:
    explicit AdviceCard(QWidget* parent = nullptr);

    void setProfile(ProfilePtr profile);
    void setTried(std::size_t piece, const ProfileTask::Tried& tried);

signals:
    void tryRequested(int piece);
    void saveRequested(int piece);

private:
    void addPiece(std::size_t piece);
    void addNote(const QString& text);

    ProfilePtr m_profile;
    QWidget* m_list = nullptr;
    QVBoxLayout* m_rows = nullptr;
};

}  // namespace trimtab::gui
