#include "app/cli/fidelity_table.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "app/cli/table.h"

namespace trimtab::cli {
namespace {

constexpr std::size_t kNameWidth = 60;
constexpr int kBarWidth = 20;

std::string decibels(double value) { return value >= trace::kMostDecibels ? "equal" : fmt::format("{:.1f} dB", value); }

std::string share(double value) { return std::isfinite(value) ? fmt::format("{:.2g}", value) : "not finite"; }

/// Full at 60 dB and above, empty at 0 and below.
std::string bar(double value) {
    const int filled = std::clamp(static_cast<int>(std::lround(value / 60 * kBarWidth)), 0, kBarWidth);
    std::string text;
    for (int i = 0; i < kBarWidth; ++i) text += i < filled ? "█" : "·";
    return text;
}

std::string mark(std::size_t index, const std::optional<std::size_t>& departure, const std::optional<std::size_t>& noise) {
    if (index == departure && index == noise) return "◀ departs here, most error";
    if (index == departure) return "◀ departs here";
    return index == noise ? "◀ most error" : "";
}

std::string summary(const trace::FidelityProfile& profile) {
    std::string text = fmt::format("compared    {} of {} nodes on {} samples ({})\n", profile.comparedNodes(), profile.nodes.size(),
                                   profile.samples, printable(profile.inputs));
    const auto departure = profile.firstDeparture();
    if (!departure) {
        text += fmt::format("departs     nowhere: every node stays at {:g} dB or more\n", profile.thresholdDb);
    } else {
        const auto& node = profile.nodes[*departure];
        text += fmt::format("departs     at {} ({}): {}, below {:g} dB; what it reads stands at {}\n", printable(node.node),
                            printable(node.op), decibels(node.sqnrDb), profile.thresholdDb, decibels(node.inputSqnrDb));
    }
    if (const auto most = profile.mostNoise()) {
        const auto& node = profile.nodes[*most];
        text += fmt::format("most error  is made by {} ({}): {} in, {} out\n", printable(node.node), printable(node.op),
                            decibels(node.inputSqnrDb), decibels(node.sqnrDb));
    }
    std::map<std::string, int> reasons;
    for (const auto& node : profile.nodes)
        if (!node.skipped.empty()) ++reasons[node.skipped];
    for (const auto& [reason, count] : reasons)
        text += fmt::format("left out    {} {}: {}\n", count, count == 1 ? "node" : "nodes", printable(reason));
    return text;
}

}  // namespace

std::string fidelityTable(const trace::FidelityProfile& profile) {
    Table table({{"node"},
                 {"operator"},
                 {"treated"},
                 {"SQNR", Align::Right},
                 {"cosine", Align::Right},
                 {"largest error", Align::Right},
                 {"0 … 60 dB"},
                 {""}});
    const auto departure = profile.firstDeparture(), noise = profile.mostNoise();
    for (std::size_t i = 0; i < profile.nodes.size(); ++i) {
        const auto& node = profile.nodes[i];
        if (!node.skipped.empty()) continue;
        table.add({clipped(printable(node.node), kNameWidth), printable(node.op), node.isTreated ? "yes" : "", decibels(node.sqnrDb),
                   fmt::format("{:.5f}", node.cosine), share(node.maxError), bar(node.sqnrDb), mark(i, departure, noise)});
    }
    return (table.empty() ? std::string() : table.text() + "\n") + summary(profile);
}

}  // namespace trimtab::cli
