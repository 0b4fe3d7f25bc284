#include "app/cli/command.h"

#include <fmt/format.h>

namespace trimtab::cli {

CLI::App* addCommand(CLI::App& app, Program& program, const std::string& name, const std::string& description,
                     std::function<Status()> work) {
    CLI::App* command = app.add_subcommand(name, description);
    CommonOptions& options = program.options;
    command->add_flag("--json", options.json, "Print one JSON document to standard output and nothing else there");
    command->add_option("--threads", options.threads, "Threads to run on (default: every core this process may use)")
        ->check(CLI::Range(0, 4096));
    command->add_option("--seed", options.seed, "Seed of everything that is drawn (default: 1)");
    command->add_flag_callback("-q,--quiet", [&options] { options.verbosity = -1; }, "Say nothing but results and errors");
    command->add_flag(
        "-v,--verbose", [&options](std::int64_t count) { options.verbosity = static_cast<int>(count); }, "Say more; twice for still more");
    command
        ->add_option("--memory-limit", options.memoryLimit,
                     "Most memory a worker may take (default: four fifths of the machine's), such as 2GB")
        ->transform(CLI::AsSizeValue(false));
    command->callback([&program, work = std::move(work)] { program.action = work; });
    return command;
}

CLI::Validator realBetween(double low, double high) {
    const std::string range = fmt::format("[{:g} - {:g}]", low, high);
    return CLI::Validator(
        [=](std::string& text) {
            double value = 0;
            const bool fits = CLI::detail::lexical_cast(text, value) && value >= low && value <= high;
            return fits ? std::string() : fmt::format("{} is no number in {}", text.substr(0, 40), range);
        },
        range);
}

}  // namespace trimtab::cli
