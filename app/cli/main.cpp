// trimtab: the same work as the window's, without a display. Wiring only; each command stands in a file of its own.
#include <csignal>
#include <cstdio>
#include <system_error>

#include <fmt/format.h>

#include "app/cli/command.h"
#include "app/cli/commands.h"
#include "app/cli/interrupts.h"
#include "app/cli/table.h"
#include "core/base/log.h"

namespace {

constexpr int kUsageStatus = 2;

void addCommands(CLI::App& app, trimtab::cli::Program& program) {
    namespace cli = trimtab::cli;
    cli::addInfo(app, program);
    cli::addRun(app, program);
    cli::addBench(app, program);
    cli::addProfile(app, program);
    cli::addEval(app, program);
    cli::addGenerate(app, program);
    cli::addCompress(app, program);
    cli::addSensitivity(app, program);
    cli::addSweep(app, program);
    cli::addTune(app, program);
    cli::addPareto(app, program);
    cli::addCompare(app, program);
    cli::addReport(app, program);
    cli::addExport(app, program);
    cli::addConformance(app, program);
    cli::addDevices(app, program);
    cli::addSelftest(app, program);
    cli::addSession(app, program);
}

/// Nothing below throws on purpose; what a library throws all the same (no memory, most likely) ends in a message.
trimtab::Status act(trimtab::cli::Program& program) {
    try {
        return program.action();
    } catch (const std::system_error& error) {
        if (error.code() == std::errc::broken_pipe) return {};  // whoever read the output has seen enough
        return trimtab::fail(trimtab::ErrorCode::Io, error.what());
    } catch (const std::exception& error) {
        return trimtab::fail(trimtab::ErrorCode::Failed, std::string("unexpected: ") + error.what());
    }
}

int perform(trimtab::cli::Program& program) {
    const trimtab::Status done = act(program);
    if (done) return 0;
    fmt::print(stderr, "trimtab: {}\n", trimtab::cli::printable(done.error().text()));
    return trimtab::base::exitStatus(done.error().code);
}

}  // namespace

int main(int count, char** words) {
    ::signal(SIGPIPE, SIG_IGN);  // a closed pipe must not end the program between two commits
    CLI::App app("Compress neural networks, run every configuration, and see speed against accuracy.", "trimtab");
    app.set_version_flag("--version", TRIMTAB_VERSION);
    app.require_subcommand(1);
    trimtab::cli::Program program;
    addCommands(app, program);
    try {
        app.parse(count, words);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : kUsageStatus;
    }
    trimtab::base::initLogging("trimtab", program.options.verbosity);
    const trimtab::cli::Interrupts interrupts(program.stop);
    return perform(program);
}
