// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/models/text.h"

#include <cmath>
#include <map>

#include <QCoreApplication>

#include "core/base/metric.h"
#include "core/base/units.h"

namespace trimtab::gui {

namespace {

QString tr(const char* text) { return QCoreApplication::translate("Text", text); }

QString number(double value) {
    const double size = std::abs(value);
    if (size != 0 && (size < 0.01 || size >= 100000)) return QString::number(value, 'g', 3);
    return QString::number(value, 'f', size < 1 ? 4 : size < 100 ? 3 : 1);
}

/// Methods by the names of their papers.
QString methodTitle(const std::string& method) {
    static const std::map<std::string, const char*, std::less<>> titles{
        {"magnitude", "magnitude"}, {"wanda", "Wanda"}, {"sparsegpt", "SparseGPT"}, {"random", "chance"}, {"rtn", "rounding"},
        {"mse", "MSE clipping"}, {"hqq", "HQQ"}, {"gptq", "GPTQ"}, {"awq", "AWQ"}, {"smoothquant", "SmoothQuant"}};
    QStringList names;
    for (const QString& step : QString::fromStdString(method).split(QLatin1Char('+'))) {
        const auto known = titles.find(step.toStdString());
        names << (known == titles.end() ? step : QString::fromUtf8(known->second));
    }
    return names.join(tr(", then "));
}

QString pruneSentence(const recipe::PruneSpec& prune) {
    if (recipe::removesUnits(prune))
        return tr("%1 of the %2 removed, by %3")
                   .arg(percentText(prune.ratio, 0), QString::fromStdString(prune.pattern), methodTitle(prune.method)) +
               (prune.reconstruct ? tr(", what reads them fitted anew") : QString());
    QString text = prune.scope == "global" ? tr("%1 of all weights set to zero").arg(percentText(prune.ratio, 0))
                                           : tr("%1 of each layer's weights set to zero").arg(percentText(prune.ratio, 0));
    if (const auto kept = recipe::keptOfEvery(prune)) text += tr(", %1 of every %2 kept").arg(kept->first).arg(kept->second);
    else if (prune.pattern != "unstructured") text += tr(" in whole %1").arg(QString::fromStdString(prune.pattern));
    return text + tr(", by %1").arg(methodTitle(prune.method)) + (prune.scope == "global" ? tr(" over the whole model") : QString());
}

QString activationSentence(const recipe::ActivationSpec& activations) {
    const QString rounded = tr("activations rounded to %1 bits").arg(activations.bits);
    if (activations.mode == "static")
        return rounded + tr(", on ranges taken from calibration (%1)").arg(QString::fromStdString(activations.calibrator));
    if (activations.granularity == "group") return rounded + tr(" as they appear, each group of a token's columns by itself");
    return rounded + (activations.granularity == "token" ? tr(" as they appear, each token by itself") : tr(" as they appear"));
}

QString settingsSentence(const recipe::Settings& s) {
    QStringList parts;
    if (s.prune && s.prune->ratio > 0) parts << pruneSentence(*s.prune);
    if (s.weights && s.weights->bits < 32) {
        QString text = s.weights->bits == 16 ? tr("weights stored as %1").arg(QString::fromStdString(s.weights->format))
                       : s.weights->format != "int"
                           ? tr("weights rounded to %1 bits of %2").arg(s.weights->bits).arg(QString::fromStdString(s.weights->format))
                           : tr("weights rounded to %1 bits").arg(s.weights->bits);
        if (s.weights->bits <= 8) {
            text += s.weights->group > 0 ? tr(", %1 columns share a scale").arg(s.weights->group)
                    : s.weights->group < 0 ? tr(", one scale for each tensor") : tr(", one scale for each output channel");
            if (s.weights->scheme == "asymmetric") text += tr(", with zero points");
            if (s.weights->method != "rtn") text += tr(", by %1").arg(methodTitle(s.weights->method));
        }
        parts << text;
    }
    if (s.activations && s.activations->bits < 32) parts << activationSentence(*s.activations);
    if (s.kvCache) parts << tr("keys and values kept in %1 bits").arg(s.kvCache->bits);
    if (s.compute) parts << tr("products formed in %1").arg(QString::fromStdString(std::string(graph::name(*s.compute))));
    return parts.join(QStringLiteral("; "));
}

QString matchText(const recipe::NodeMatch& match) {
    QStringList parts;
    if (match.name) parts << tr("named %1").arg(QString::fromStdString(*match.name));
    if (match.op) parts << tr("of type %1").arg(QString::fromStdString(*match.op));
    if (match.block) parts << tr("in blocks %1 to %2").arg(match.block->first).arg(match.block->second);
    return parts.join(tr(" and "));
}

QString sentence(QString text) {
    if (!text.isEmpty()) text[0] = text[0].toUpper();
    return text;
}

}  // namespace

QString percentText(double share, int decimals) { return QString::number(share * 100, 'f', decimals) + QStringLiteral(" %"); }
QString bytesText(double bytes) { return QString::fromStdString(base::formatBytes(bytes)); }
QString countText(double count) { return QString::fromStdString(base::formatCount(count)); }
QString millisecondsText(double value) { return QString::fromStdString(base::formatMilliseconds(value)); }

QString durationText(double seconds) {
    const int whole = static_cast<int>(std::ceil(std::max(0.0, seconds)));
    if (whole < 60) return tr("%1 s").arg(whole);
    if (whole < 3600) return tr("%1 min %2 s").arg(whole / 60).arg(whole % 60);
    return tr("%1 h %2 min").arg(whole / 3600).arg(whole % 3600 / 60);
}

QString signedNumber(double value, int decimals) {
    const QString digits = QString::number(std::abs(value), 'f', decimals);
    if (digits.toDouble() == 0) return digits;
    return (value < 0 ? QStringLiteral("−") : QStringLiteral("+")) + digits;
}

bool metricIsShare(const std::string& metric) { return base::metricIsShare(metric) || metric == "next_token" || metric == "accuracy"; }

QString metricTitle(const std::string& metric) {
    static const std::map<std::string, const char*, std::less<>> titles{
        {"top1", QT_TRANSLATE_NOOP("Text", "Top-1 accuracy")},
        {"accuracy", QT_TRANSLATE_NOOP("Text", "Top-1 accuracy")},
        {"top5", QT_TRANSLATE_NOOP("Text", "Top-5 accuracy")},
        {"agreement", QT_TRANSLATE_NOOP("Text", "Fidelity (agreement)")},
        {"next_token", QT_TRANSLATE_NOOP("Text", "Next-token accuracy")},
        {"next_token_accuracy", QT_TRANSLATE_NOOP("Text", "Next-token accuracy")},
        {"perplexity", QT_TRANSLATE_NOOP("Text", "Perplexity")},
        {"rmse", QT_TRANSLATE_NOOP("Text", "RMSE")},
        {"relative_l2", QT_TRANSLATE_NOOP("Text", "Relative error (L2)")},
        {"frame_accuracy", QT_TRANSLATE_NOOP("Text", "Frame accuracy")},
        {"f1", QT_TRANSLATE_NOOP("Text", "F1")},
        {"iou", QT_TRANSLATE_NOOP("Text", "Mean IoU")},
        {"dice", QT_TRANSLATE_NOOP("Text", "Dice")},
        {"mean_average_precision", QT_TRANSLATE_NOOP("Text", "Mean average precision")},
        {"auc", QT_TRANSLATE_NOOP("Text", "AUC")},
        {"ndcg", QT_TRANSLATE_NOOP("Text", "NDCG at 10")},
        {"wer", QT_TRANSLATE_NOOP("Text", "Word error rate")},
        {"cer", QT_TRANSLATE_NOOP("Text", "Character error rate")},
        {"acc", QT_TRANSLATE_NOOP("Text", "Multiple choice accuracy")},
        {"acc_norm", QT_TRANSLATE_NOOP("Text", "Multiple choice accuracy by bytes")},
        {"exact_match", QT_TRANSLATE_NOOP("Text", "Exact match")},
        {"bleu", QT_TRANSLATE_NOOP("Text", "BLEU")},
        {"chrf", QT_TRANSLATE_NOOP("Text", "chrF2")},
        {"sqnr_db", QT_TRANSLATE_NOOP("Text", "Fidelity (SQNR, dB)")},
        {"cosine", QT_TRANSLATE_NOOP("Text", "Fidelity (cosine)")},
        {"kl", QT_TRANSLATE_NOOP("Text", "Fidelity (KL divergence)")},
    };
    if (metric.empty()) return tr("Score");
    const auto found = titles.find(base::currentMetricName(metric));
    return found == titles.end() ? QString::fromStdString(metric) : tr(found->second);
}

QString metricText(const std::string& metric, double value) { return metricIsShare(metric) ? percentText(value, 2) : number(value); }

QString metricIntervalText(const trial::Accuracy& accuracy) {
    const base::Interval& i = accuracy.interval;
    const QString windows =
        accuracy.windows ? tr(", window %1, stride %2").arg(accuracy.windows->window).arg(accuracy.windows->stride) : QString();
    if (!metricIsShare(accuracy.metric)) return QStringLiteral("%1 … %2").arg(number(i.low), number(i.high)) + windows;
    return QStringLiteral("%1 … %2 %").arg(i.low * 100, 0, 'f', 1).arg(i.high * 100, 0, 'f', 1) + windows;
}

QString metricDifferenceText(const std::string& metric, const base::Estimate& d) {
    if (metricIsShare(metric)) {
        return tr("%1 pt (%2 … %3)")
            .arg(signedNumber(d.value * 100, 2), signedNumber(d.interval.low * 100, 2), signedNumber(d.interval.high * 100, 2));
    }
    return QStringLiteral("%1 (%2 … %3)").arg(signedNumber(d.value, 3), signedNumber(d.interval.low, 3), signedNumber(d.interval.high, 3));
}

QString axisTitle(SpeedAxis axis) {
    switch (axis) {
        case SpeedAxis::Throughput: return tr("Throughput, samples a second");
        case SpeedAxis::Size: return tr("Size of the weights");
        case SpeedAxis::Latency: break;
    }
    return tr("Latency of one run");
}

QString axisText(SpeedAxis axis, double value) {
    if (axis == SpeedAxis::Latency) return millisecondsText(value);
    if (axis == SpeedAxis::Size) return bytesText(value);
    return tr("%1 / s").arg(countText(value));
}

QString speedupText(const base::Estimate& s) {
    if (!std::isfinite(s.interval.high)) return tr("%1× (no interval from one block)").arg(s.value, 0, 'f', 2);
    return QStringLiteral("%1× (%2 … %3)").arg(s.value, 0, 'f', 2).arg(s.interval.low, 0, 'f', 2).arg(s.interval.high, 0, 'f', 2);
}

QString executionTitle(const trial::TrialResult& result) {
    if (result.state == trial::State::Failed) return tr("Failed");
    return result.execution == trace::Execution::Emulated ? tr("Emulated") : tr("Native");
}

QStringList recipeSentences(const recipe::Recipe& recipe, const recipe::RunSetting& setting) {
    QStringList sentences;
    if (const QString base = settingsSentence(recipe.base); !base.isEmpty()) sentences = base.split(QStringLiteral("; "));
    for (QString& text : sentences) text = sentence(text) + '.';
    if (recipe.cancelsTransposes) sentences << tr("Transposes that undo one another leave the graph.");
    if (recipe.isIdentity()) sentences << tr("Nothing: the model as it is stored.");
    for (const recipe::Rule& rule : recipe.rules) {
        const QString what = settingsSentence(rule.settings);
        sentences << tr("Layers %1: %2.").arg(matchText(rule.match), what.isEmpty() ? tr("as they are") : what);
    }
    QStringList run;
    if (setting.batch > 0) run << tr("batch %1").arg(setting.batch);
    if (setting.prompt > 0) run << tr("a prompt of %1 tokens").arg(setting.prompt);
    if (setting.generate > 0) run << tr("%1 tokens generated behind it").arg(setting.generate);
    if (setting.threads > 0) run << tr("%1 threads").arg(setting.threads);
    for (const auto& [name, extent] : setting.symbols) run << QStringLiteral("%1 = %2").arg(QString::fromStdString(name)).arg(extent);
    if (!run.isEmpty()) sentences << tr("Run with %1.").arg(run.join(QStringLiteral(", ")));
    return sentences;
}

QString treatmentText(const trace::LayerRecord& layer) {
    QStringList parts;
    if (layer.weightBits == 16) {
        parts << tr("16-bit weights");
    } else if (layer.weightBits < 16) {
        const QString format = QString::fromStdString(layer.weightFormat);
        const bool sayBits = layer.weightFormat == "int" || layer.weightFormat == "fixed";  // the others' names hold them
        const QString codes = sayBits ? format + QString::number(layer.weightBits) : format;
        parts << (layer.group > 0 ? tr("%1, groups of %2").arg(codes).arg(layer.group) : tr("%1 weights").arg(codes));
    }
    if (layer.activationBits < 32) parts << tr("int%1 activations").arg(layer.activationBits);
    if (layer.density < 0.9995) parts << tr("%1 zeros").arg(percentText(1 - layer.density, 0));
    if (layer.compute != "fp32") parts << tr("%1 products").arg(QString::fromStdString(layer.compute));
    return parts.isEmpty() ? tr("as it was") : parts.join(QStringLiteral(" · "));
}

QStringList emulationReasons(const trial::TrialResult& result) {
    QStringList reasons;
    for (const trace::LayerRecord& layer : result.layers) {
        const QString reason = QString::fromStdString(layer.reason);
        if (layer.execution == trace::Execution::Emulated && !reason.isEmpty() && !reasons.contains(reason)) reasons << reason;
    }
    return reasons;
}

}  // namespace trimtab::gui
