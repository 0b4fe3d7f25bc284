#include "app/cli/sensitivity_options.h"

#include <cmath>
#include <set>

#include <fmt/format.h>

#include "app/cli/command.h"
#include "app/cli/table.h"
#include "core/base/units.h"

namespace trimtab::cli {
namespace {

constexpr std::size_t kNameWidth = 44;
using trial::SensitivityCell;

std::string lossText(const SensitivityCell& cell) {
    if (cell.refused()) return "refused";
    const auto& ends = cell.loss.interval;
    const char* sure = ends.low > 0 ? "" : ends.high < 0 ? " better" : " ?";
    return fmt::format("{:+.2g}{}", cell.loss.value + 0.0, sure);  // +0 for both zeros
}

std::string gainText(const SensitivityCell& cell) {
    if (cell.refused()) return "refused";
    if (cell.execution == trace::Execution::Emulated) return "emulated";
    if (!cell.gainNs) return "–";
    const auto& ends = cell.gainNs->interval;
    return fmt::format("{:+.1f} µs{}", cell.gainNs->value / 1e3, ends.low > 0 || ends.high < 0 ? "" : " ?");
}

std::string gridText(const trial::SensitivityTable& table, std::string (*cellText)(const SensitivityCell&)) {
    std::vector<Column> columns{{"layers"}, {"parameters", Align::Right}};
    for (const auto& option : table.options) columns.push_back({option.name, Align::Right});
    Table grid(std::move(columns));
    for (std::size_t unit = 0; unit < table.units.size(); ++unit) {
        std::vector<std::string> cells{clipped(printable(table.units[unit].name), kNameWidth),
                                       base::formatCount(static_cast<double>(table.units[unit].parameters))};
        for (std::size_t option = 0; option < table.options.size(); ++option) cells.push_back(cellText(table.cell(unit, option)));
        grid.add(std::move(cells));
    }
    return grid.text();
}

std::string refusalsText(const trial::SensitivityTable& table) {
    std::set<std::string> reasons;
    for (const SensitivityCell& cell : table.cells)
        if (cell.refused()) reasons.insert(cell.refusal);
    std::string text;
    for (const std::string& reason : reasons) text += "refused: " + printable(reason) + "\n";
    return text;
}

}  // namespace

void addSensitivityOptions(CLI::App& command, SensitivityOptions& options) {
    command
        .add_option("--option", options.options,
                    "One way to treat a layer, such as weights.bits=4,weights.group=32; may be given several times (default: bf16, "
                    "int8 × int8, int8, int4 in groups of 32, half of the weights pruned)")
        ->allow_extra_args(false);
    command.add_option("--samples", options.samples, "Score N samples only, drawn by --seed")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 40));
    command.add_option("--evaluation-batch", options.batch, "Samples in one run while scoring")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 20));
    command.add_option("--seconds-per-cell", options.seconds, "Time of timing for each layer and option; 0: none")
        ->check(realBetween(0, 60));
}

Result<ipc::SensitivityRequest> sensitivityRequestOf(const ModelOptions& model, const SensitivityOptions& options, const std::string& data,
                                                     const std::string& metric, const CommonOptions& common) {
    ipc::SensitivityRequest request;
    TRIMTAB_TRY(request.model, modelRequestOf(model, common));
    if (!data.empty()) request.data = absolutePath(data);
    if (request.model.calibration.path.empty()) request.model.calibration.path = request.data;
    request.metric = metric;
    request.batch = options.batch;
    request.samples = options.samples;
    request.secondsPerCell = options.seconds;
    for (const std::string& text : options.options) {
        auto option = trial::parseOption(text);
        if (!option) return fail(ErrorCode::Usage, "--option " + text + ": " + option.error().text());
        request.options.push_back(std::move(*option));
    }
    if (request.options.empty()) request.options = trial::usualOptions();
    return request;
}

std::string sensitivityText(const trial::SensitivityTable& table) {
    std::string text = fmt::format("{} {:.4g} over {} samples as the model is\n\n",
                                   base::metricTitle(table.metric, table.windows), table.baseline, table.samples);
    text += fmt::format("loss of each sample's score, on average{} (? – its 95 % interval holds 0)\n",
                        table.metric == "perplexity" ? ", nats" : "");
    text += gridText(table, lossText);
    text += fmt::format("\ntime saved in a run of {} sample{} (? – its 95 % interval holds 0)\n", table.batch, table.batch == 1 ? "" : "s");
    text += gridText(table, gainText);
    text += refusalsText(table);
    const double cells = static_cast<double>(table.cells.size());
    text += fmt::format("\n{} cells for the work of {:.1f} runs of the whole model over the samples ({:.2f} a cell)\n", table.cells.size(),
                        table.wholeRuns, cells > 0 ? table.wholeRuns / cells : 0);
    return text;
}

}  // namespace trimtab::cli
