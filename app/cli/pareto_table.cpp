#include "app/cli/pareto_table.h"

#include <algorithm>
#include <limits>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/cli/accuracy_text.h"
#include "app/cli/table.h"
#include "core/base/units.h"

namespace trimtab::cli {
namespace {

constexpr std::size_t kLabelWidth = 52;

struct Line {
    const tune::ParetoRow* row;
    const trial::TrialResult* result;
};

double latency(const Line& line) { return line.result->speed ? line.result->speed->medianMs : std::numeric_limits<double>::infinity(); }

std::vector<Line> ordered(const std::vector<trial::TrialResult>& results, const std::vector<tune::ParetoRow>& rows) {
    std::vector<Line> lines;
    for (const auto& row : rows) {
        const auto result = std::find_if(results.begin(), results.end(), [&](const auto& candidate) { return candidate.id == row.trial; });
        if (result != results.end()) lines.push_back({&row, &*result});
    }
    std::stable_sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) {
        if (a.row->onFront != b.row->onFront) return a.row->onFront;
        return latency(a) < latency(b);
    });
    return lines;
}

std::string speedupText(const trial::Speed& speed) {
    const auto& ratio = speed.speedup;
    return fmt::format("{:.2f}× ({:.2f} … {:.2f})", ratio.value, ratio.interval.low, ratio.interval.high);
}

std::string accuracyTitle(const std::vector<trial::TrialResult>& results) {
    for (const auto& result : results)
        if (result.accuracy)
            return result.accuracy->title() + (result.accuracy->higherIsBetter ? " (higher is better)" : " (lower is better)");
    return "accuracy";
}

/// Batch, threads or engine are varied: latencies and speed-ups then tell two things.
bool variesSetting(const std::vector<trial::TrialResult>& results) {
    return std::ranges::any_of(results, [&](const auto& result) { return result.trial.setting != results.front().trial.setting; });
}

}  // namespace

std::string paretoTable(const std::vector<trial::TrialResult>& results, const std::vector<tune::ParetoRow>& rows) {
    Table table({{"trial", Align::Right},
                 {"front"},
                 {"what was done"},
                 {"latency", Align::Right},
                 {"speed-up, 95 %"},
                 {accuracyTitle(results)},
                 {"size", Align::Right},
                 {"execution"},
                 {"not on the front because"}});
    std::map<std::string, std::vector<std::string>> notes;
    for (const Line& line : ordered(results, rows)) {
        const trial::TrialResult& result = *line.result;
        const std::string label = line.row->label + (result.isBaseline ? " (baseline)" : "");
        table.add({std::to_string(result.id), line.row->onFront ? "●" : "", clipped(printable(label), kLabelWidth),
                   result.speed ? base::formatMilliseconds(result.speed->medianMs) : "–", result.speed ? speedupText(*result.speed) : "–",
                   result.accuracy ? valueText(*result.accuracy) : "–",
                   result.sizeBytes > 0 ? base::formatBytes(static_cast<double>(result.sizeBytes)) : "–",
                   std::string(trace::name(result.execution)), printable(line.row->leftOutBecause)});
        if (!line.row->calibration.empty()) notes[line.row->calibration].push_back(std::to_string(result.id));
    }
    std::string below;
    for (const auto& [note, trials] : notes) below += fmt::format("{}: {}\n", printable(note), fmt::join(trials, ", "));
    return table.text() + below +
           (variesSetting(results)
                ? "speed-up: of one sample, against the baseline at its own batch, threads and engine and the same inputs\n"
                : "");
}

}  // namespace trimtab::cli
