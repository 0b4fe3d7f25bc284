// trimtab selftest
#include <fmt/format.h>

#include "app/cli/command.h"
#include "app/cli/commands.h"
#include "app/cli/model_options.h"

namespace trimtab::cli {
namespace {

struct SelftestOptions {
    std::string engine = "cpu";
    std::string device;
};

Status work(Program& program, const SelftestOptions& options) {
    const std::string& engine = options.engine;
    TRIMTAB_TRY(const Json answer, program.callWorker("selftest", {{"engine", engine}, {"device", options.device}}));
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
    auto options = std::make_shared<SelftestOptions>();
    CLI::App* command = addCommand(app, program, "selftest", "Check an engine against the reference",
                                   [&program, options] { return work(program, *options); });
    addEngine(*command, options->engine, options->device);
}

}  // namespace trimtab::cli
