// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Small pieces that every page is made of. Their look comes from the style sheet by the "role", "tone" and "card" properties.
#include <QFrame>
#include <QLabel>
#include <QPushButton>

namespace trimtab::gui {

/// role: title, heading, muted, small, value, badge, or nothing. The text is plain and wraps unless it is a badge or a value.
QLabel* makeLabel(const QString& text, const char* role = "");
/// tone: good, warning, bad, accent, or nothing.
void setTone(QWidget* widget, const char* tone);
QFrame* makeCard();
/// kind: primary, quiet, chip, or nothing.
QPushButton* makeButton(const QString& objectName, const QString& text, const char* kind = "");

}  // namespace trimtab::gui
