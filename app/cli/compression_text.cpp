#include "app/cli/compression_text.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "app/cli/table.h"
#include "core/base/units.h"

namespace trimtab::cli {
namespace {

constexpr std::size_t kNameWidth = 60;

std::string cacheText(const ipc::CacheRow& cache) {
    std::string text = fmt::format("{:<12}{} of keys and values a token instead of {}", "cache", base::formatBytes(cache.perToken),
                                   base::formatBytes(cache.originalPerToken));
    if (cache.fixed > 0) text += fmt::format(", and {} for the ranges of a sequence", base::formatBytes(cache.fixed));
    text += fmt::format(", in {} attentions", cache.attentions);
    return text + (cache.isKnown ? "\n" : ", without those whose heads stay open\n");
}

/// Second order reads a product for each pair of columns: below so many rows a column much of it is chance.
constexpr std::int64_t kRowsOfAColumn = 4;

/// The layer with the fewest rows a column stands for all.
std::string fewRowsText(const ipc::CompressAnswer& answer) {
    const ipc::CompressAnswer::Layer* fewest = nullptr;
    std::int64_t count = 0;
    for (const auto& layer : answer.layers) {
        if (layer.calibrationRows >= kRowsOfAColumn * layer.inputColumns) continue;
        ++count;
        const auto share = [](const auto& of) { return static_cast<double>(of.calibrationRows) / static_cast<double>(of.inputColumns); };
        if (!fewest || share(layer) < share(*fewest)) fewest = &layer;
    }
    if (!fewest) return "";
    return fmt::format("{:<12}{} of {} layers saw fewer than {} rows of calibration data for each input column, and errors are made up for "
                       "less than more data would allow ({}: {} rows for {} columns)\n",
                       "few rows", count, answer.layers.size(), kRowsOfAColumn, printable(fewest->node), fewest->calibrationRows,
                       fewest->inputColumns);
}

/// What shares a scale.
std::string groupText(const ipc::CompressAnswer::Layer& layer) {
    if (layer.bits > 8) return "–";
    if (layer.group > 0) return std::to_string(layer.group);
    return layer.group < 0 ? "tensor" : "channel";
}

}  // namespace

std::string compressionText(const ipc::CompressAnswer& answer, const std::string& file) {
    const double before = static_cast<double>(answer.originalBytes);
    const double after = static_cast<double>(answer.storedBytes);
    std::string text = fmt::format("{:<12}{} ({})\n", "written", file, answer.form);
    text += fmt::format("{:<12}{} instead of {}", "weights", base::formatBytes(after), base::formatBytes(before));
    if (after > 0 && after <= before) text += fmt::format(", {} smaller", base::formatRatio(before / after));
    if (after > before && before > 0) text += fmt::format(", {} larger", base::formatRatio(after / before));
    text += fmt::format("\n{:<12}{}\n", "file", base::formatBytes(static_cast<double>(answer.fileBytes)));
    text += fmt::format("{:<12}outputs of the file differ by {:.2g} of the largest at most\n", "read back", answer.readBackMaxError);
    if (!answer.calibration.empty()) text += fmt::format("{:<12}{}\n", "calibration", printable(answer.calibration));
    text += fewRowsText(answer);
    for (const auto& units : answer.leftAlone)
        text += fmt::format("{:<12}units of {} stay: {}\n", "left alone", printable(units.layer), printable(units.reason));
    return answer.cache ? text + cacheText(*answer.cache) : text;
}

namespace {

/// "17 (45.2×), 3 (8.10×), …"
std::string outliersText(const ipc::ChannelRow& row) {
    std::string text;
    for (const auto& outlier : row.worst)
        text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", outlier.channel, base::formatRatio(outlier.timesMedian));
    if (row.outliers > static_cast<std::int64_t>(row.worst.size()) && !text.empty()) text += ", …";
    return text.empty() ? "–" : text;
}

}  // namespace

std::string channelTable(const ipc::CompressAnswer& answer) {
    Table table({{"input of layer"},
                 {"channels", Align::Right},
                 {"largest", Align::Right},
                 {"of the median", Align::Right},
                 {"outliers", Align::Right},
                 {"kurtosis", Align::Right},
                 {"largest outliers"}});
    for (const auto& row : answer.channels)
        table.add({clipped(printable(row.node), kNameWidth), std::to_string(row.channels), fmt::format("{:.3g}", row.largest),
                   base::formatRatio(row.timesMedian), std::to_string(row.outliers), fmt::format("{:.3g}", row.kurtosis),
                   outliersText(row)});
    return table.text() + "outliers: channels whose largest magnitude exceeds 6 times the median of the channels' largest\n"
                          "largest outliers: channel (counted from 0) and how many times the median its largest magnitude is\n"
                          "kurtosis: of all values, 3 where they are normally distributed\n";
}

std::string compressionTable(const ipc::CompressAnswer& answer) {
    Table table({{"layer"},
                 {"operator"},
                 {"parameters", Align::Right},
                 {"bits", Align::Right},
                 {"format"},
                 {"group", Align::Right},
                 {"non-zero", Align::Right},
                 {"before", Align::Right},
                 {"after", Align::Right},
                 {"SQNR", Align::Right}});
    for (const auto& layer : answer.layers)
        table.add({clipped(printable(layer.node), kNameWidth), printable(layer.op),
                   base::formatCount(static_cast<double>(layer.parameters)), std::to_string(layer.bits), printable(layer.format),
                   groupText(layer), fmt::format("{:.1f} %", 100 * layer.density),
                   base::formatBytes(static_cast<double>(layer.originalBytes)), base::formatBytes(static_cast<double>(layer.storedBytes)),
                   layer.sqnrDb ? fmt::format("{:.1f} dB", *layer.sqnrDb) : "–"});
    return table.text();
}

namespace {

/// Which form saves most, or that none saves time.
std::string formsVerdict(const ipc::CompressAnswer::Layer& layer) {
    const auto smallest = std::ranges::min_element(layer.forms, {}, [](const auto& entry) { return entry.second; });
    const std::string form = printable(smallest->first);
    if (layer.skipsZeros) return form;
    if (layer.op == "Conv") return form + "; bytes only: no kernel for pruned convolutions";
    if (layer.bits < 32) return fmt::format("{}; bytes only: no kernel for pruned weights of {} bits", form, layer.bits);
    return form + "; bytes only: no kernel for this product";
}

}  // namespace

std::string storageFormsTable(const ipc::CompressAnswer& answer) {
    constexpr std::string_view kForms[] = {"dense", "csr", "coo", "bsr", "bitmap", "packed"};
    Table table({{"pruned layer"}, {"dense", Align::Right}, {"csr", Align::Right}, {"coo", Align::Right}, {"bsr", Align::Right},
                 {"bitmap", Align::Right}, {"packed N:M", Align::Right}, {"smallest"}});
    for (const auto& layer : answer.layers) {
        if (layer.forms.empty()) continue;
        std::vector<std::string> cells{clipped(printable(layer.node), kNameWidth)};
        for (const std::string_view form : kForms) {
            // A name is the form, and where that has an extent the extent: "bsr 4x4".
            const auto found = std::ranges::find_if(
                layer.forms, [&](const auto& entry) { return entry.first.substr(0, entry.first.find(' ')) == form; });
            cells.push_back(found == layer.forms.end() ? "–" : base::formatBytes(static_cast<double>(found->second)));
        }
        cells.push_back(formsVerdict(layer));
        table.add(std::move(cells));
    }
    if (table.empty()) return "";
    return table.text() +
           "The file holds the dense form. Of fp32 matrix products the CPU engine runs the form that it measures to be fastest when a plan "
           "is made; where a row says \"bytes only\", every engine multiplies the zeros.\n";
}

}  // namespace trimtab::cli
