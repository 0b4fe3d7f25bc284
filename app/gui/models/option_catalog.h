// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The options that the sensitivity page offers for a layer, in the command line's words.
#include <vector>

#include <QString>

#include "core/trial/sensitivity.h"

namespace trimtab::gui {

struct OptionOffer {
    QString text;         // as trial::parseOption() reads it: "weights.bits=4,weights.group=32"
    QString label;        // as people read it: "int4, groups of 32"
    QString explanation;  // one sentence
};

/// Options that belong together, as they stand behind one title.
struct OptionGroup {
    QString title;
    std::vector<OptionOffer> offers;
};

const std::vector<OptionGroup>& optionGroups();

}  // namespace trimtab::gui
