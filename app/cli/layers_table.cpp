#include "app/cli/layers_table.h"

#include <algorithm>

#include <fmt/format.h>

#include "app/cli/table.h"
#include "core/base/units.h"

namespace trimtab::cli {
namespace {

constexpr std::size_t kNameWidth = 44;
constexpr std::size_t kKernelWidth = 48;

std::string orDash(bool known, std::string text) { return known ? std::move(text) : "–"; }
std::string bytesOrDash(std::int64_t bytes) { return orDash(bytes > 0, base::formatBytes(static_cast<double>(bytes))); }

}  // namespace

std::string treatmentText(const trace::LayerRecord& layer) {
    std::string text;
    if (layer.activationBits < 32) {
        text = fmt::format("int{} × int{}", layer.weightBits, layer.activationBits);
    } else if (layer.weightBits < 16) {
        const bool hasWidth = layer.weightFormat == "int" || layer.weightFormat == "fixed";
        text = hasWidth ? fmt::format("{}{}", layer.weightFormat, layer.weightBits) : layer.weightFormat;
    } else {
        text = layer.weightBits == 16 && layer.compute == "fp32" ? "16 bit" : layer.compute;
    }
    if (layer.group > 0) text += fmt::format(" g{}", layer.group);
    if (layer.density < 1) text += fmt::format(", {:.0f} % non-zero", 100 * layer.density);
    return text;
}

std::string layersTable(const std::vector<trace::LayerRecord>& layers) {
    const bool reformats = std::ranges::any_of(layers, [](const auto& layer) { return layer.reformatBytes != 0; });
    std::vector<Column> columns{{"layer"}, {"operator"}, {"weights"}, {"kernel"}, {"operations", Align::Right}, {"bytes", Align::Right}};
    if (reformats) columns.push_back({"reformat", Align::Right});
    columns.insert(columns.end(), {{"time", Align::Right}, {"share", Align::Right}, {"execution"}});
    Table table(std::move(columns));
    for (const auto& layer : layers) {
        std::string execution(trace::name(layer.execution));
        if (!layer.reason.empty()) execution += ": " + printable(layer.reason);
        std::vector<std::string> cells{clipped(printable(layer.node), kNameWidth), printable(layer.op),
                                       orDash(layer.parameters > 0, treatmentText(layer)), clipped(printable(layer.kernel), kKernelWidth),
                                       orDash(layer.operations > 0, base::formatCount(layer.operations)), bytesOrDash(layer.weightBytes)};
        if (reformats) cells.push_back(bytesOrDash(layer.reformatBytes));
        cells.push_back(orDash(layer.medianNs >= 0, base::formatMilliseconds(layer.medianNs / 1e6)));
        cells.push_back(orDash(layer.share >= 0, fmt::format("{:.1f} %", 100 * layer.share)));
        cells.push_back(execution);
        table.add(std::move(cells));
    }
    return table.text();
}

}  // namespace trimtab::cli
