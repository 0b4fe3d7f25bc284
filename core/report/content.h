#pragma once
// The words and figures of a report, once for every form: question, machine, table of trials, chosen point, marks, how to repeat.
#include <string>
#include <utility>
#include <vector>

#include "core/report/report.h"

namespace trimtab::report {

struct TableRow {
    std::int64_t trial = 0;
    std::string label;
    std::string execution;  // "native", "emulated", "failed"
    std::string accuracy, accuracyInterval;
    std::string difference;  // against the baseline, with its interval
    std::string latency, speedup, speedupInterval;
    std::string size;
    std::string mark;        // "front", "baseline", or why it is not on the front
    bool onFront = false;
    bool chosen = false;
};

struct Content {
    std::string title;
    std::string question;
    std::string metric;                                         // "top1", with its direction in words
    std::vector<std::pair<std::string, std::string>> facts;     // model, data, baseline, engine, processor, system, versions, when
    std::vector<TableRow> table;
    std::vector<std::pair<std::string, std::string>> chosen;    // what was done and gained, empty when no point was chosen
    std::vector<trace::LayerRecord> chosenLayers;
    std::vector<std::pair<std::string, std::string>> marks;     // word → meaning
    std::vector<std::string> repeat;                            // commands
    std::string note;
};

Content contentOf(const ReportInput& input);

/// "94.1 %" for shares, four significant digits otherwise.
std::string formatScore(const std::string& metric, double value);

}  // namespace trimtab::report
