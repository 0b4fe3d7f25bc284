#include "app/cli/timing_figure.h"

namespace trimtab::cli {

TimingFigure figureOf(std::span<const double> timings, std::span<const double> byBlock) {
    TimingFigure figure;
    figure.n = timings.size();
    if (timings.empty()) return figure;
    figure.median = base::median(timings);
    figure.interval = base::quantileInterval(byBlock, 0.5);
    if (const auto p95 = base::percentile95(timings)) figure.p95 = p95->value;
    return figure;
}

Json toJson(const TimingFigure& figure) {
    Json json{{"median", nullptr}, {"p95", nullptr}, {"n", figure.n}, {"ci", nullptr}};
    if (figure.n > 0) json["median"] = figure.median;
    if (figure.p95) json["p95"] = *figure.p95;
    if (figure.interval) json["ci"] = {figure.interval->low, figure.interval->high};
    return json;
}

}  // namespace trimtab::cli
