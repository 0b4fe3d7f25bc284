// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Item data roles that the tables' models and delegates share.
#include <Qt>

namespace trimtab::gui {

enum Role {
    SortRole = Qt::UserRole + 1,  // the figure itself; text where the column is text
    BarRole,                      // share of the column's largest, 0…1; absent: no bar
    TrialIdRole,
    MarkerRole,                   // int of trial Marker
};

/// How a trial stands in chart and table.
enum class Marker { Native, Emulated, Baseline, Failed };

}  // namespace trimtab::gui
