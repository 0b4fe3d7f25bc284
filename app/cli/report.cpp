// trimtab report S.trimtab -o FILE
#include <fmt/format.h>

#include "app/cli/command.h"
#include "app/cli/commands.h"
#include "app/cli/session_options.h"
#include "app/tasks/report_input.h"

namespace trimtab::cli {
namespace {

struct ReportOptions {
    SessionOptions session;
    std::string output;
    std::int64_t chosen = 0;
    bool dark = false;
};

Status work(Program& program, const ReportOptions& options) {
    TRIMTAB_TRY(const auto session, openForReading(options.session.path));
    if (options.chosen > 0) TRIMTAB_REQUIRE(trialOf(*session, options.chosen));
    TRIMTAB_TRY(auto input, tasks::reportInput(*session, options.session.study, options.chosen));
    input.dark = options.dark;
    TRIMTAB_REQUIRE(report::write(input, options.output));
    if (program.options.json) {
        program.printJson({{"file", absolutePath(options.output)}, {"study", input.study.id}, {"trials", input.results.size()}});
    } else if (!program.quiet()) {
        fmt::print("{}\n", options.output);
    }
    return {};
}

}  // namespace

void addReport(CLI::App& app, Program& program) {
    auto options = std::make_shared<ReportOptions>();
    CLI::App* command = addCommand(app, program, "report", "A study as HTML, Markdown, CSV or JSON, or its chart as SVG or PNG",
                                   [&program, options] { return work(program, *options); });
    addSessionOptions(*command, options->session);
    command->add_option("-o,--output", options->output, "The file to write: .html, .md, .csv, .json, .svg or .png")->required();
    command->add_option("--trial", options->chosen, "Number of the chosen trial")->check(CLI::PositiveNumber);
    command->add_flag("--dark", options->dark, "Light on dark");
}

}  // namespace trimtab::cli
