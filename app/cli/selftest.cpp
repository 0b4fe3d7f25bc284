// trimtab selftest
#include <fmt/format.h>

#include "app/cli/command.h"
#include "app/cli/commands.h"

namespace trimtab::cli {
namespace {

Status work(Program& program, const std::string& engine) {
    TRIMTAB_TRY(const Json answer, program.callWorker("selftest", {{"engine", engine}}));
    const Json failed = answer.value("failed", Json::array());
    if (program.options.json) {
        program.printJson(answer);
    } else {
        for (const Json& check : failed) fmt::print("failed: {}: {}\n", check.value("name", ""), check.value("reason", ""));
        fmt::print("engine {}: {} checks passed, {} failed\n", engine, answer.value("passed", 0), failed.size());
    }
    if (!failed.empty()) return fail(ErrorCode::Failed, "the engine " + engine + " does not agree with the reference");
    return {};
}

}  // namespace

void addSelftest(CLI::App& app, Program& program) {
    auto engine = std::make_shared<std::string>("cpu");
    CLI::App* command = addCommand(app, program, "selftest", "Check an engine against the reference",
                                   [&program, engine] { return work(program, *engine); });
    command->add_option("--engine", *engine, "cpu (default) or reference")->check(CLI::IsMember({"cpu", "reference"}));
}

}  // namespace trimtab::cli
