// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/models/mix_text.h"

#include <QCoreApplication>
#include <QStringList>

#include "app/gui/models/text.h"

namespace trimtab::gui {

namespace {

QString tr(const char* text) { return QCoreApplication::translate("Mix", text); }

QString capital(QString text) {
    if (!text.isEmpty()) text[0] = text[0].toUpper();
    return text;
}

QString labelOf(const tune::MixCandidate& candidate) { return QString::fromStdString(candidate.result.trial.label); }

/// "1.83× (1.79 … 1.87), top-1 accuracy −0.40 pt (−0.90 … +0.10), 1.2 MB".
QString figures(const trial::TrialResult& result) {
    QStringList parts;
    parts << (result.speed ? speedupText(result.speed->speedup) : tr("no speed of its own (emulated)"));
    if (result.accuracy && result.accuracyDifference)
        parts << QStringLiteral("%1 %2").arg(metricTitle(result.accuracy->metric),
                                             metricDifferenceText(result.accuracy->metric, *result.accuracyDifference));
    parts << bytesText(static_cast<double>(result.sizeBytes));
    return parts.join(QStringLiteral(", "));
}

/// How the mix stands to the best single recipe.
QString overUniform(const base::Estimate& over) {
    const bool told = over.interval.low > 1 || over.interval.high < 1;
    return told ? tr("the mix runs %1 as fast as that").arg(speedupText(over))
                : tr("the mix runs %1 as fast, which cannot be told from it").arg(speedupText(over));
}

}  // namespace

QString mixSentence(const tune::MixOutcome& outcome) {
    if (!outcome.best) return tr("Nothing that was measured lies inside the limit for certain.");
    const tune::MixCandidate& best = outcome.candidates[*outcome.best];
    if (best.result.isBaseline) return tr("Nothing that was measured inside the limit beats the model as it is.");
    if (!best.mix) return tr("No mix beats one option under every layer: %1 comes to %2.").arg(labelOf(best), figures(best.result));
    const QString found = tr("%1 is the best inside the limit: %2").arg(capital(labelOf(best)), figures(best.result));
    if (!outcome.bestUniform) return found + tr("; no single recipe is inside it.");
    const tune::MixCandidate& uniform = outcome.candidates[*outcome.bestUniform];
    if (uniform.result.isBaseline) return found + tr("; no option under every layer beats the model as it is there.");
    const QString beside = tr("the best single recipe, %1, comes to %2").arg(labelOf(uniform), figures(uniform.result));
    const bool timed = best.result.speed && uniform.result.speed;
    return found + QStringLiteral("; ") + beside + (timed ? QStringLiteral("; ") + overUniform(outcome.overUniform) : QString()) + '.';
}

QString mixParts(const trial::SensitivityTable& table, const tune::MixOutcome& outcome) {
    if (!outcome.best || !outcome.candidates[*outcome.best].mix) return {};
    const tune::Mix& mix = *outcome.candidates[*outcome.best].mix;
    std::vector<int> counts(table.options.size() + 1, 0);
    for (const auto& option : mix.options) ++counts[option.value_or(table.options.size())];
    QStringList parts;
    for (std::size_t i = 0; i < table.options.size(); ++i)
        if (counts[i] > 0) parts << tr("%1 of %2").arg(counts[i]).arg(QString::fromStdString(table.options[i].name));
    if (counts.back() > 0) parts << tr("%1 as it is").arg(counts.back());
    return tr("Its layers: %1").arg(parts.join(QStringLiteral(" · ")));
}

}  // namespace trimtab::gui
