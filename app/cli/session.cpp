// trimtab session copy S.trimtab OUT.trimtab
#include <filesystem>

#include <fmt/format.h>

#include "app/cli/command.h"
#include "app/cli/commands.h"
#include "app/cli/session_options.h"

namespace trimtab::cli {
namespace {

struct CopyOptions {
    std::string from;
    std::string to;
};

Status copy(Program& program, const CopyOptions& options) {
    std::error_code error;
    if (std::filesystem::exists(options.to, error))
        return fail(ErrorCode::Usage, "the file is there already: choose another name", options.to);
    TRIMTAB_TRY(const auto session, openForReading(options.from));
    TRIMTAB_REQUIRE(session->copyTo(options.to));
    if (program.options.json) program.printJson({{"file", absolutePath(options.to)}});
    return {};
}

}  // namespace

void addSession(CLI::App& app, Program& program) {
    auto options = std::make_shared<CopyOptions>();
    CLI::App* group = app.add_subcommand("session", "Session files");
    group->require_subcommand(1);
    CLI::App* command = addCommand(*group, program, "copy", "A consistent copy, also while a sweep writes",
                                   [&program, options] { return copy(program, *options); });
    command->add_option("SESSION", options->from, "The session file (.trimtab)")->required();
    command->add_option("OUT", options->to, "The copy to make")->required();
}

}  // namespace trimtab::cli
