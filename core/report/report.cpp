#include "core/report/report.h"

#include "core/base/file.h"

namespace trimtab::report {

Json toJson(const ReportInput& input) {
    Json results = Json::array();
    for (const trial::TrialResult& result : input.results) results.push_back(trial::toJson(result, true));
    return {{"format", "trimtab-report"},
            {"version", 1},
            {"product", input.version},
            {"study", trial::toJson(input.study)},
            {"pareto", tune::paretoJson(input.results, input.rows)},
            {"trials", std::move(results)},
            {"chosen", input.chosen == 0 ? Json() : Json(input.chosen)},
            {"note", input.note}};
}

Status write(const ReportInput& input, const std::filesystem::path& path) {
    const std::string extension = path.extension().string();
    if (extension == ".html") return base::writeFileAtomically(path, toHtml(input));
    if (extension == ".md") return base::writeFileAtomically(path, toMarkdown(input));
    if (extension == ".csv") return base::writeFileAtomically(path, toCsv(input));
    if (extension == ".json") return base::writeFileAtomically(path, base::dumpJson(toJson(input), 2) + "\n");
    if (extension == ".svg") return base::writeFileAtomically(path, chartSvg(input));
    if (extension == ".png") return chartPng(input, path);
    return fail(ErrorCode::Usage, "a report can be .html, .md, .csv, .json, .svg or .png", path.string());
}

}  // namespace trimtab::report
