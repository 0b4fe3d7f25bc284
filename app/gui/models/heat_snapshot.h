// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Layer × option: what each option costs and gains when it is given to that layer alone. A value; immutable once shown.
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include <QString>
#include <QStringList>

#include "core/trial/sensitivity.h"

namespace trimtab::gui {

struct HeatCell {
    static constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

    double loss = kUnknown;     // of the metric against the baseline, positive is worse
    double lossLow = kUnknown;  // its 95 % interval
    double lossHigh = kUnknown;
    double kl = kUnknown;  // nats
    double sqnrDb = kUnknown;
    double gainMs = kUnknown;     // time saved; unknown where nothing executes the option natively
    double gainLowMs = kUnknown;  // its 95 % interval
    double gainHighMs = kUnknown;
    std::int64_t savedBytes = 0;
    bool native = true;
    QString refusal;  // why the layer cannot have the option; then nothing else is known
};

/// What the colours of the map stand for.
enum class HeatFigure { Loss, Time, Bytes };

struct HeatSnapshot {
    QString metric;       // "Top-1 accuracy"
    bool isShare = true;  // losses are written in points
    QStringList layers;
    QStringList options;
    std::vector<HeatCell> cells;  // as many as layers × options, layer by layer

    const HeatCell& at(int layer, int option) const { return cells[static_cast<std::size_t>(layer * options.size() + option)]; }
};

using HeatSnapshotPtr = std::shared_ptr<const HeatSnapshot>;

HeatSnapshotPtr heatSnapshotOf(const trial::SensitivityTable& table);

/// The figure of a cell, turned so that more is better: a negative loss, time saved, bytes saved. Nothing where it is not known.
std::optional<double> heatValue(const HeatCell& cell, HeatFigure figure);
/// Whether the 95 % interval leaves no doubt of the sign; figures without an interval are taken as they are.
bool isSettled(const HeatCell& cell, HeatFigure figure);
/// The largest size of the figure in the table, what the deepest colour stands for; 0 where nothing is known.
double heatRange(const HeatSnapshot& snapshot, HeatFigure figure);

QString heatText(const HeatSnapshot& snapshot, const HeatCell& cell, HeatFigure figure);  // "+1.20 pt", "+0.35 ms", "–"
QString heatToolTip(const HeatSnapshot& snapshot, int layer, int option);                 // everything that is known, in lines
QString heatFigureTitle(const HeatSnapshot& snapshot, HeatFigure figure);                 // "Loss of Top-1 accuracy, more is worse"

}  // namespace trimtab::gui
