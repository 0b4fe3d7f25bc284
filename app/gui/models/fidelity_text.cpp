// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/models/fidelity_text.h"

#include <cmath>

#include <QCoreApplication>
#include <QStringList>

namespace trimtab::gui {

namespace {

QString tr(const char* text) { return QCoreApplication::translate("FidelityText", text); }
QString words(const std::string& text) { return QString::fromStdString(text); }

}  // namespace

QString decibelsText(double decibels) {
    if (decibels >= trace::kMostDecibels) return tr("equal");
    const QString digits = QString::number(std::abs(decibels), 'f', 1);
    return (decibels < 0 ? QStringLiteral("−") : QString()) + digits + QStringLiteral(" dB");
}

QString departureText(const trace::FidelityProfile& profile) {
    const auto first = profile.firstDeparture();
    if (!first) return tr("It departs nowhere: every node stays at %1 dB or more.").arg(profile.thresholdDb);
    const trace::NodeFidelity& node = profile.nodes[*first];
    return tr("It first departs at %1 (%2): %3, below %4 dB; what this node reads stands at %5.")
        .arg(words(node.node), words(node.op), decibelsText(node.sqnrDb))
        .arg(profile.thresholdDb)
        .arg(decibelsText(node.inputSqnrDb));
}

QString mostNoiseText(const trace::FidelityProfile& profile) {
    const auto most = profile.mostNoise();
    if (!most) return {};
    const trace::NodeFidelity& node = profile.nodes[*most];
    return tr("Most of the error is made by %1 (%2): %3 in, %4 out.")
        .arg(words(node.node), words(node.op), decibelsText(node.inputSqnrDb), decibelsText(node.sqnrDb));
}

QString comparedText(const trace::FidelityProfile& profile) {
    return tr("%1 of %2 nodes compared on %3 samples (%4)")
        .arg(profile.comparedNodes())
        .arg(profile.nodes.size())
        .arg(profile.samples)
        .arg(words(profile.inputs));
}

QString nodeText(const trace::NodeFidelity& node) {
    QStringList lines{QStringLiteral("%1 (%2)").arg(words(node.node), words(node.op))};
    if (node.origins.size() > 1) {
        QStringList origins;
        for (const std::string& origin : node.origins) origins << words(origin);
        lines << tr("made from: %1").arg(origins.join(QStringLiteral(", ")));
    }
    if (!node.skipped.empty()) return (lines << tr("not compared: %1").arg(words(node.skipped))).join('\n');
    lines << tr("SQNR: %1, of what it reads: %2").arg(decibelsText(node.sqnrDb), decibelsText(node.inputSqnrDb));
    lines << tr("cosine: %1").arg(node.cosine, 0, 'f', 6);
    lines << (node.isTreated ? tr("treated by the recipe") : tr("not treated: it hands on what it gets"));
    return lines.join('\n');
}

}  // namespace trimtab::gui
