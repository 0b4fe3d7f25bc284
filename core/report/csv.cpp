#include <cmath>

#include <fmt/format.h>

#include "core/report/report.h"

namespace trimtab::report {
namespace {

// RFC 4180; a leading =, +, - or @ of a text is set off by a quote, so that no spreadsheet takes it for a formula.
std::string text(const std::string& value) {
    std::string safe = !value.empty() && std::string_view("=+-@").find(value[0]) != std::string_view::npos ? "'" + value : value;
    if (safe.find_first_of(",\"\r\n") == std::string::npos) return safe;
    std::string quoted = "\"";
    for (const char c : safe) quoted += c == '"' ? "\"\"" : std::string(1, c);
    return quoted + "\"";
}

std::string number(double value) { return std::isfinite(value) ? fmt::format("{:.9g}", value) : std::string(); }

std::string markOf(const trial::TrialResult& result, const tune::ParetoRow& row) {
    std::string mark = row.leftOutBecause;
    if (result.isBaseline) mark = result.stale ? "baseline, stale" : "baseline";
    return row.weights.empty() || row.weights == mark ? mark : mark + ", " + row.weights;
}

}  // namespace

std::string toCsv(const ReportInput& input) {
    std::string csv =
        "trial,label,engine,execution,basis,state,on_front,mark,metric,score,score_low,score_high,difference,difference_low,"
        "difference_high,latency_ms,latency_low,latency_high,throughput_sps,speedup,speedup_low,speedup_high,size_bytes,recipe,"
        "window,stride,joules,joules_low,joules_high\r\n";
    for (std::size_t i = 0; i < input.results.size() && i < input.rows.size(); ++i) {
        const trial::TrialResult& result = input.results[i];
        csv +=
            fmt::format("{},{},{},{},{},{},{},{}", result.id, text(result.trial.label), text(result.trial.setting.engine),
                        trace::name(result.execution), trial::name(result.basis), trial::name(result.state), input.rows[i].onFront ? 1 : 0,
                        text(markOf(result, input.rows[i])));
        if (result.accuracy)
            csv += fmt::format(",{},{},{},{}", text(result.accuracy->metric), number(result.accuracy->value),
                               number(result.accuracy->interval.low), number(result.accuracy->interval.high));
        else csv += ",,,,";
        if (result.accuracyDifference)
            csv += fmt::format(",{},{},{}", number(result.accuracyDifference->value), number(result.accuracyDifference->interval.low),
                               number(result.accuracyDifference->interval.high));
        else csv += ",,,";
        if (result.speed) {
            const trial::Speed& speed = *result.speed;
            csv += fmt::format(",{},{},{},{},{},{},{}", number(speed.medianMs), number(speed.medianInterval.low),
                               number(speed.medianInterval.high), number(speed.throughput()), number(speed.speedup.value),
                               number(speed.speedup.interval.low), number(speed.speedup.interval.high));
        } else {
            csv += ",,,,,,,";
        }
        csv += fmt::format(",{},{}", result.sizeBytes, text(recipe::canonical(result.trial.recipe)));
        const bool isOverText = result.accuracy && result.accuracy->windows;
        csv += isOverText ? fmt::format(",{},{}", result.accuracy->windows->window, result.accuracy->windows->stride) : ",,";
        const auto joules = result.speed ? trial::joulesOf(*result.speed, result.trial.setting) : std::nullopt;
        csv += joules ? fmt::format(",{},{},{}\r\n", number(joules->value), number(joules->interval.low), number(joules->interval.high))
                      : ",,,\r\n";
    }
    return csv;
}

}  // namespace trimtab::report
