#pragma once
// A study as a document: HTML (one file, everything inside), Markdown, CSV, JSON; its chart as SVG and PNG (cairo and pango, no Qt).
#include <filesystem>
#include <string>
#include <vector>

#include "core/trial/study.h"
#include "core/trial/trial.h"
#include "core/tune/pareto.h"

namespace trimtab::report {

struct ReportInput {
    trial::Study study;
    std::vector<trial::TrialResult> results;
    std::vector<tune::ParetoRow> rows;  // same order as results
    std::int64_t chosen = 0;            // trial id; 0: none
    std::string note;
    std::string sessionPath;
    std::string version;                // of the product
    bool dark = false;
};

/// By the extension of `path`: html, md, csv, json, svg, png. Usage for others, naming these. Written atomically.
Status write(const ReportInput& input, const std::filesystem::path& path);

std::string toHtml(const ReportInput& input);
std::string toMarkdown(const ReportInput& input);
std::string toCsv(const ReportInput& input);
Json toJson(const ReportInput& input);
/// width × height in pixels.
std::string chartSvg(const ReportInput& input, int width = 960, int height = 600);
Status chartPng(const ReportInput& input, const std::filesystem::path& path, int width = 960, int height = 600, double scale = 2.0);

}  // namespace trimtab::report
