#include "app/cli/compression_text.h"

#include <fmt/format.h>

#include "app/cli/table.h"
#include "core/base/units.h"

namespace trimtab::cli {

std::string compressionText(const ipc::CompressAnswer& answer, const std::string& file) {
    const double before = static_cast<double>(answer.originalBytes);
    const double after = static_cast<double>(answer.storedBytes);
    std::string text = fmt::format("{:<12}{} ({})\n", "written", file, answer.form);
    text += fmt::format("{:<12}{} instead of {}", "weights", base::formatBytes(after), base::formatBytes(before));
    if (after > 0) text += fmt::format(", {} smaller", base::formatRatio(before / after));
    text += fmt::format("\n{:<12}{}\n", "file", base::formatBytes(static_cast<double>(answer.fileBytes)));
    text += fmt::format("{:<12}outputs of the file differ by {:.2g} of the largest at most\n", "read back", answer.readBackMaxError);
    return text;
}

std::string compressionTable(const ipc::CompressAnswer& answer) {
    constexpr std::size_t kNameWidth = 60;
    Table table({{"layer"},
                 {"operator"},
                 {"parameters", Align::Right},
                 {"bits", Align::Right},
                 {"group", Align::Right},
                 {"non-zero", Align::Right},
                 {"before", Align::Right},
                 {"after", Align::Right},
                 {"SQNR", Align::Right}});
    for (const auto& layer : answer.layers)
        table.add({clipped(printable(layer.node), kNameWidth), printable(layer.op),
                   base::formatCount(static_cast<double>(layer.parameters)), std::to_string(layer.bits),
                   layer.group > 0 ? std::to_string(layer.group) : "–", fmt::format("{:.1f} %", 100 * layer.density),
                   base::formatBytes(static_cast<double>(layer.originalBytes)), base::formatBytes(static_cast<double>(layer.storedBytes)),
                   layer.sqnrDb >= 0 ? fmt::format("{:.1f} dB", layer.sqnrDb) : "–"});
    return table.text();
}

}  // namespace trimtab::cli
