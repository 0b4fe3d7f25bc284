// One HTML file with everything inside: no scripts, no links out; light and dark by the reader's preference.
#include <fmt/format.h>

#include "core/base/units.h"
#include "core/report/content.h"

namespace trimtab::report {
namespace {

std::string escaped(const std::string& text) {
    std::string result;
    for (const char c : text) {
        switch (c) {
            case '&': result += "&amp;"; break;
            case '<': result += "&lt;"; break;
            case '>': result += "&gt;"; break;
            case '"': result += "&quot;"; break;
            default: result += c;
        }
    }
    return result;
}

constexpr std::string_view kStyle = R"css(
:root{color-scheme:light dark;--paper:#fff;--ink:#1c2128;--quiet:#636d7a;--line:#e3e6ea;--soft:#f6f7f8;--accent:#0d70a6;--warn:#a8660f}
@media(prefers-color-scheme:dark){:root{--paper:#191c21;--ink:#e8edf2;--quiet:#9ea8b5;--line:#333840;
--soft:#20242a;--accent:#52b8ed;--warn:#edab52}}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.55 system-ui,"Segoe UI","DejaVu Sans",sans-serif}
main{max-width:1080px;margin:0 auto;padding:40px 32px 80px}
h1{font-size:28px;margin:0 0 4px}h2{font-size:19px;margin:40px 0 12px}
.lead{color:var(--quiet);font-size:17px;margin:0 0 28px}
dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 20px;margin:0}dt{color:var(--quiet)}dd{margin:0;overflow-wrap:anywhere}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th{text-align:left;color:var(--quiet);font-weight:500;border-bottom:2px solid var(--line);padding:6px 10px;white-space:nowrap}
td{border-bottom:1px solid var(--line);padding:6px 10px;vertical-align:top}td.n,th.n{text-align:right;white-space:nowrap}
td small{display:block;color:var(--quiet)}tr.front td:first-child{box-shadow:inset 3px 0 var(--accent)}tr.chosen{background:var(--soft)}
.emulated{color:var(--warn)}pre{background:var(--soft);padding:12px 14px;border-radius:6px;overflow-x:auto}
figure{margin:0}figure svg{max-width:100%;height:auto;border:1px solid var(--line);border-radius:8px}
)css";

std::string list(const std::vector<std::pair<std::string, std::string>>& pairs) {
    std::string html = "<dl>";
    for (const auto& [key, value] : pairs) html += fmt::format("<dt>{}</dt><dd>{}</dd>", escaped(key), escaped(value));
    return html + "</dl>\n";
}

std::string numberCell(const std::string& value, const std::string& below) {
    return fmt::format("<td class=n>{}{}</td>", value.empty() ? "–" : escaped(value),
                       below.empty() ? "" : "<small>" + escaped(below) + "</small>");
}

std::string table(const Content& content) {
    std::string html =
        "<div class=scroll><table><tr><th>#</th><th>Configuration</th><th>Execution</th><th class=n>Score</th>"
        "<th class=n>Against baseline</th>"
        "<th class=n>Latency</th><th class=n>Speed-up</th><th class=n>Weights</th><th>Mark</th></tr>\n";
    for (const TableRow& row : content.table) {
        html += fmt::format("<tr class=\"{}{}\"><td class=n>{}</td><td>{}</td><td class={}>{}</td>", row.onFront ? "front " : "",
                            row.chosen ? "chosen" : "", row.trial, escaped(row.label), row.execution, row.execution);
        html += numberCell(row.accuracy, row.accuracyInterval) + numberCell(row.difference, "") + numberCell(row.latency, "") +
                numberCell(row.speedup, row.speedupInterval) + numberCell(row.size, "") +
                fmt::format("<td>{}</td></tr>\n", escaped(row.mark));
    }
    return html + "</table></div>\n";
}

std::string layers(const std::vector<trace::LayerRecord>& records) {
    std::string html =
        "<div class=scroll><table><tr><th>Layer</th><th>Kernel</th><th>Products</th><th class=n>Weight bits</th>"
        "<th class=n>Density</th><th class=n>Weights</th><th class=n>Time</th><th class=n>Share</th></tr>\n";
    for (const trace::LayerRecord& record : records) {
        const bool timed = record.medianNs >= 0;
        html += fmt::format("<tr><td>{}<small>{}</small></td><td>{}{}</td><td>{}</td>", escaped(record.node), escaped(record.op),
                            escaped(record.kernel), record.reason.empty() ? "" : "<small>" + escaped(record.reason) + "</small>",
                            escaped(record.compute));
        html += fmt::format("<td class=n>{}</td><td class=n>{:.0f} %</td><td class=n>{}</td>",
                            record.parameters > 0 ? std::to_string(record.weightBits) : "–", 100 * record.density,
                            record.weightBytes > 0 ? base::formatBytes(static_cast<double>(record.weightBytes)) : "–");
        html += fmt::format("<td class=n>{}</td><td class=n>{}</td></tr>\n", timed ? base::formatMilliseconds(record.medianNs / 1e6) : "–",
                            timed && record.share >= 0 ? fmt::format("{:.1f} %", 100 * record.share) : "–");
    }
    return html + "</table></div>\n";
}

}  // namespace

std::string toHtml(const ReportInput& input) {
    const Content content = contentOf(input);
    std::string svg = chartSvg(input);
    if (const auto start = svg.find("<svg"); start != std::string::npos)
        svg.erase(0, start);  // the XML declaration has no place inside HTML
    std::string html =
        "<!doctype html>\n<html lang=en><head><meta charset=utf-8>"
        "<meta name=viewport content=\"width=device-width,initial-scale=1\"><title>" +
        escaped(content.title) + " · Trimtab</title><style>" + std::string(kStyle) + "</style></head><body><main>\n";
    html += "<h1>" + escaped(content.title) + "</h1>\n<p class=lead>" + escaped(content.question) + "</p>\n";
    if (!content.note.empty()) html += "<p>" + escaped(content.note) + "</p>\n";
    html += "<figure>" + svg + "</figure>\n";
    if (!content.chosen.empty()) html += "<h2>The chosen point</h2>\n" + list(content.chosen);
    html += "<h2>Every configuration</h2>\n" + table(content);
    if (!content.chosenLayers.empty()) html += "<h2>The chosen point, layer by layer</h2>\n" + layers(content.chosenLayers);
    html += "<h2>Where and how it was measured</h2>\n" + list(content.facts);
    html += "<h2>What the marks mean</h2>\n" + list(content.marks);
    html += "<h2>How to repeat it</h2>\n<pre>";
    for (const std::string& command : content.repeat) html += escaped(command) + "\n";
    return html + "</pre>\n</main></body></html>\n";
}

}  // namespace trimtab::report
