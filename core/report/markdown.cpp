#include <fmt/format.h>

#include "core/report/content.h"

namespace trimtab::report {
namespace {

std::string cell(const std::string& text) {
    std::string result;
    for (const char c : text) result += c == '|' ? "\\|" : c == '\n' ? " " : std::string(1, c);
    return result.empty() ? "–" : result;
}

std::string with(const std::string& value, const std::string& interval) { return interval.empty() ? value : value + " (" + interval + ")"; }

std::string list(const std::vector<std::pair<std::string, std::string>>& pairs) {
    std::string text;
    for (const auto& [key, value] : pairs) text += fmt::format("- **{}**: {}\n", key, value);
    return text;
}

}  // namespace

std::string toMarkdown(const ReportInput& input) {
    const Content content = contentOf(input);
    std::string text = "# " + content.title + "\n\n" + content.question + "\n\n";
    if (!content.note.empty()) text += content.note + "\n\n";
    if (!content.chosen.empty()) text += "## The chosen point\n\n" + list(content.chosen) + "\n";
    text +=
        "## Every configuration\n\n| # | configuration | execution | score | against baseline | latency | speed-up | weights | mark |\n"
        "|---:|---|---|---:|---:|---:|---:|---:|---|\n";
    for (const TableRow& row : content.table)
        text += fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} | {} |\n", row.trial, cell(row.label), row.execution,
                            cell(with(row.accuracy, row.accuracyInterval)), cell(row.difference), cell(row.latency),
                            cell(with(row.speedup, row.speedupInterval)), cell(row.size), cell(row.mark));
    text += "\n## Where and how it was measured\n\n" + list(content.facts) + "\n## What the marks mean\n\n" + list(content.marks) +
            "\n## How to repeat it\n\n```sh\n";
    for (const std::string& command : content.repeat) text += command + "\n";
    return text + "```\n";
}

}  // namespace trimtab::report
