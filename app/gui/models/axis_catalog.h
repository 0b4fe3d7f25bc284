// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The axes that the sweep page offers, each with the values it proposes, and the presets that switch several on at once.
#include <vector>

#include <QString>
#include <QStringList>

#include "core/trial/study.h"

namespace trimtab::gui {

struct AxisOffer {
    QString path;          // "weights.bits"
    QString title;         // "Bits of the weights"
    QString explanation;   // one sentence
    QStringList values;    // as parseAxis() reads them: "32", "0.5", "bf16"
    QStringList labels;    // as people read them: "as is", "50 %", "bf16"
};

/// Axes that belong together, as they stand under one heading.
struct AxisGroup {
    QString title;
    std::vector<AxisOffer> offers;
};

const std::vector<AxisGroup>& axisGroups();
/// An axis that the groups lack, without values of its own: "run.symbols.seq".
AxisOffer ownAxis(const QString& path);

struct SweepPreset {
    QString title;
    QString explanation;
    QStringList axes;  // "weights.bits=32,8,4"
};

const std::vector<SweepPreset>& sweepPresets();

/// The text of one value of an axis, as parseAxis() would read it.
QString axisValueText(const Json& value);
/// Whether one of the axes' values asks for a method that looks at calibration data.
bool wantsCalibration(const std::vector<trial::Axis>& axes);

}  // namespace trimtab::gui
