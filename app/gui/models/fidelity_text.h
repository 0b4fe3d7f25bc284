// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// A fidelity profile in words.
#include <QString>

#include "core/trace/fidelity.h"

namespace trimtab::gui {

QString decibelsText(double decibels);                               // "38.2 dB", "equal" where nothing differs
QString departureText(const trace::FidelityProfile& profile);        // where the model first departs, and from what it gets there
QString mostNoiseText(const trace::FidelityProfile& profile);        // where most of the error is made; empty where none is
QString comparedText(const trace::FidelityProfile& profile);         // how many nodes, on what
QString nodeText(const trace::NodeFidelity& node);                   // all about one node, a line each

}  // namespace trimtab::gui
