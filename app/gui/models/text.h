// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Figures and recipes in words, as the tables, the tooltips and the detail pane say them.
#include <QString>
#include <QStringList>

#include "app/gui/models/study_snapshot.h"

namespace trimtab::gui {

QString metricTitle(const std::string& metric);                 // "Top-1 accuracy"
bool metricIsShare(const std::string& metric);                  // shown as a percentage
QString metricText(const std::string& metric, double value);    // "97.25 %", "12.41"
QString metricIntervalText(const trial::Accuracy& accuracy);    // "96.1 … 98.0 %"
QString metricDifferenceText(const std::string& metric, const base::Estimate& difference);  // "−0.40 pt (−0.90 … +0.10)"
QString axisTitle(SpeedAxis axis);                              // "Latency of one run, ms"
QString axisText(SpeedAxis axis, double value);
QString speedupText(const base::Estimate& speedup);             // "1.83× (1.79 … 1.87)"
QString signedNumber(double value, int decimals);               // with a true minus sign; none where it rounds to zero
QString executionTitle(const trial::TrialResult& result);       // "Native", "Emulated", "Failed"
QString bytesText(double bytes);
QString countText(double count);
QString millisecondsText(double value);
QString percentText(double share, int decimals = 1);
QString durationText(double seconds);                           // "1 min 20 s"

/// What was done to the model, a sentence an entry.
QStringList recipeSentences(const recipe::Recipe& recipe, const recipe::RunSetting& setting);
/// What was done to one layer: "int4, groups of 32 · 50 % zeros", "as it was".
QString treatmentText(const trace::LayerRecord& layer);
/// Reasons why layers of an emulated trial are emulated, each once.
QStringList emulationReasons(const trial::TrialResult& result);

}  // namespace trimtab::gui
