#pragma once
// The command line of a sweep, and the study it describes.
#include <string>
#include <vector>

#include "app/cli/model_options.h"
#include "core/trial/study.h"

namespace trimtab::cli {

struct SweepOptions {
    std::string subject;  // STUDY.json or the model; empty with --resume
    ModelOptions model;   // engine, shapes, batch, links
    std::string data;
    std::string metric;
    std::vector<std::string> axes;
    std::vector<std::string> variants;  // PATH or NAME=PATH
    std::string baseline;  // recipe file, or empty
    std::string session;
    std::string name;
    std::string question;
    double seconds = 0;
    int processes = 0;
    std::int64_t samples = 0;
    std::int64_t evaluationBatch = 0;
    std::int64_t prompt = 0, generate = 0;  // tokens
    bool resume = false;
    bool refresh = false;

    bool resumesOnly() const { return subject.empty(); }
};

void addSweepOptions(CLI::App& command, SweepOptions& options);

/// Usage where the words do not go together.
Status checkOptions(const SweepOptions& options);

/// From STUDY.json (whose relative paths are taken from its own folder) or from the options; options that are given win over the file's.
/// A metric program in the file is Refused: only the command line may name one.
Result<trial::Study> studyOf(const SweepOptions& options, const CommonOptions& common);

bool isProgramMetric(const std::string& metric);
/// Usage for a word that is no metric, and for one that wants a dataset where there is none or the reverse.
Status checkMetric(const std::string& metric, bool hasData);

}  // namespace trimtab::cli
