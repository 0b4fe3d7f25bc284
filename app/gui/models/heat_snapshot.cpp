// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/models/heat_snapshot.h"

#include <algorithm>
#include <cmath>

#include <QCoreApplication>

#include "app/gui/models/text.h"

namespace trimtab::gui {

namespace {

const QString kNone = QStringLiteral("–");

QString tr(const char* text) { return QCoreApplication::translate("HeatMap", text); }

QString lossNumber(const HeatSnapshot& snapshot, double loss) {
    return snapshot.isShare ? tr("%1 pt").arg(signedNumber(loss * 100, 2)) : signedNumber(loss, std::abs(loss) < 0.1 ? 5 : 3);
}

QString signedBytes(double bytes) { return (bytes < 0 ? QStringLiteral("−") : QStringLiteral("+")) + bytesText(std::abs(bytes)); }

}  // namespace

HeatSnapshotPtr heatSnapshotOf(const trial::SensitivityTable& table) {
    auto snapshot = std::make_shared<HeatSnapshot>();
    snapshot->metric = metricTitle(table.metric);
    snapshot->isShare = metricIsShare(table.metric);
    for (const trial::SensitivityUnit& unit : table.units) snapshot->layers << QString::fromStdString(unit.name);
    for (const trial::SensitivityOption& option : table.options) snapshot->options << QString::fromStdString(option.name);
    for (std::size_t i = 0; i < table.cells.size(); ++i) {
        const trial::SensitivityCell& from = table.cells[i];
        HeatCell& cell = snapshot->cells.emplace_back();
        cell.refusal = QString::fromStdString(from.refusal);
        cell.native = from.execution == trace::Execution::Native;
        if (from.refused()) continue;
        cell.loss = from.loss.value;
        cell.lossLow = from.loss.interval.low;
        cell.lossHigh = from.loss.interval.high;
        cell.kl = from.kl;
        cell.sqnrDb = from.sqnrDb;
        if (cell.native && from.gainNs) {
            cell.gainMs = from.gainNs->value * 1e-6;
            cell.gainLowMs = from.gainNs->interval.low * 1e-6;
            cell.gainHighMs = from.gainNs->interval.high * 1e-6;
        }
        cell.savedBytes = table.units[i / table.options.size()].weightBytes - from.storedBytes;
    }
    return snapshot;
}

std::optional<double> heatValue(const HeatCell& cell, HeatFigure figure) {
    if (!cell.refusal.isEmpty()) return std::nullopt;
    const double value = figure == HeatFigure::Loss   ? -cell.loss
                         : figure == HeatFigure::Time ? cell.gainMs
                                                      : static_cast<double>(cell.savedBytes);
    return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

bool isSettled(const HeatCell& cell, HeatFigure figure) {
    if (figure == HeatFigure::Bytes) return true;
    const double low = figure == HeatFigure::Loss ? cell.lossLow : cell.gainLowMs;
    const double high = figure == HeatFigure::Loss ? cell.lossHigh : cell.gainHighMs;
    return std::isnan(low) || std::isnan(high) || low > 0 || high < 0;
}

double heatRange(const HeatSnapshot& snapshot, HeatFigure figure) {
    double range = 0;
    for (const HeatCell& cell : snapshot.cells)
        if (const auto value = heatValue(cell, figure); value && isSettled(cell, figure)) range = std::max(range, std::abs(*value));
    return range;
}

QString heatText(const HeatSnapshot& snapshot, const HeatCell& cell, HeatFigure figure) {
    const auto value = heatValue(cell, figure);
    if (!value) return kNone;
    if (figure == HeatFigure::Loss) return lossNumber(snapshot, cell.loss);
    return figure == HeatFigure::Time ? tr("%1 ms").arg(signedNumber(*value, std::abs(*value) < 1 ? 3 : 2)) : signedBytes(*value);
}

QString heatToolTip(const HeatSnapshot& snapshot, int layer, int option) {
    const HeatCell& cell = snapshot.at(layer, option);
    QStringList lines{tr("%1: %2").arg(snapshot.layers[layer], snapshot.options[option])};
    if (!cell.refusal.isEmpty()) return (lines << tr("not possible: %1").arg(cell.refusal)).join('\n');
    if (std::isfinite(cell.loss)) {
        QString text = tr("loss of %1: %2").arg(snapshot.metric, lossNumber(snapshot, cell.loss));
        if (std::isfinite(cell.lossLow) && std::isfinite(cell.lossHigh))
            text += tr(" (95 %: %1 … %2)").arg(lossNumber(snapshot, cell.lossLow), lossNumber(snapshot, cell.lossHigh));
        lines << text;
        if (!isSettled(cell, HeatFigure::Loss)) lines << tr("not to be told from no change");
    }
    if (std::isfinite(cell.kl)) lines << tr("KL divergence: %1 nats").arg(cell.kl, 0, 'g', 3);
    if (std::isfinite(cell.sqnrDb)) lines << tr("SQNR: %1 dB").arg(cell.sqnrDb, 0, 'f', 1);
    if (!cell.native) lines << tr("time saved: not known, nothing here executes it natively (emulated)");
    else if (std::isfinite(cell.gainMs))
        lines << tr("time saved: %1").arg(heatText(snapshot, cell, HeatFigure::Time)) +
                     (isSettled(cell, HeatFigure::Time) ? QString() : tr(", not to be told from none"));
    lines << tr("bytes saved: %1").arg(signedBytes(static_cast<double>(cell.savedBytes)));
    return lines.join('\n');
}

QString heatFigureTitle(const HeatSnapshot& snapshot, HeatFigure figure) {
    switch (figure) {
        case HeatFigure::Time: return tr("Time saved");
        case HeatFigure::Bytes: return tr("Bytes saved");
        case HeatFigure::Loss: break;
    }
    return tr("Loss of %1, more is worse").arg(snapshot.metric);
}

}  // namespace trimtab::gui
