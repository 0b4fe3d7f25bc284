// trimtab pareto S.trimtab
#include <fmt/format.h>

#include "app/cli/command.h"
#include "app/cli/commands.h"
#include "app/cli/pareto_table.h"
#include "app/cli/session_options.h"

namespace trimtab::cli {
namespace {

struct ParetoOptions {
    SessionOptions session;
    std::string x = "latency_ms";
    std::string y = "accuracy";
};

Status work(Program& program, const ParetoOptions& options) {
    TRIMTAB_TRY(const auto session, openForReading(options.session.path));
    TRIMTAB_TRY(const std::int64_t study, studyOf(*session, options.session));
    TRIMTAB_TRY(const auto results, resultsOf(*session, study));
    TRIMTAB_TRY(auto rows, tune::paretoRows(results, options.x));
    TRIMTAB_TRY(const trial::Study described, session->study(study));
    tune::noteStudy(rows, described, results);
    if (program.options.json) {
        program.printJson(tune::paretoJson(results, rows));
    } else {
        fmt::print("{}", paretoTable(results, rows));
    }
    return {};
}

}  // namespace

void addPareto(CLI::App& app, Program& program) {
    auto options = std::make_shared<ParetoOptions>();
    CLI::App* command = addCommand(app, program, "pareto", "The trials of a session, those on the front first",
                                   [&program, options] { return work(program, *options); });
    addSessionOptions(*command, options->session);
    command->add_option("--x", options->x, "latency_ms (default), throughput_sps or size_bytes")
        ->check(CLI::IsMember({"latency_ms", "throughput_sps", "size_bytes"}));
    command->add_option("--y", options->y, "accuracy")->check(CLI::IsMember({"accuracy"}));
}

}  // namespace trimtab::cli
