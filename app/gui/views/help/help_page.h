// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The guide of resources/help.
#include "app/gui/views/common/page.h"

namespace trimtab::gui {

class HelpPage : public Page {
    Q_OBJECT
public:
    explicit HelpPage(QWidget* parent = nullptr);
};

}  // namespace trimtab::gui
