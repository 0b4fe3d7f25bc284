// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What a search for the best mix came to, in words.
#include <QString>

#include "core/tune/mixed_search.h"

namespace trimtab::gui {

/// The best mix with its gain and price, and the best single recipe beside it; or why there is none.
QString mixSentence(const tune::MixOutcome& outcome);
/// How many units of layers the best mix gives each option: "4 × int8 × int8, 1 as it is"; empty where no mix is the best.
QString mixParts(const trial::SensitivityTable& table, const tune::MixOutcome& outcome);

}  // namespace trimtab::gui
