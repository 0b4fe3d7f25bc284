// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The style sheet of the application in the colours of a palette. Widgets opt in by dynamic properties:
// "role" (title, heading, muted, value, badge…), "kind" of a button (primary, quiet, chip, danger), "card" of a frame.
#include <QString>

#include "app/gui/theme/palette.h"

namespace trimtab::gui {

QString styleSheetFor(const Palette& palette);

}  // namespace trimtab::gui
