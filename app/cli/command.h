#pragma once
// Subcommands of the command-line parser. Apart from program.h because the parser is slow to compile.
#include <functional>
#include <string>

#include <CLI/CLI.hpp>

#include "app/cli/program.h"

namespace trimtab::cli {

/// A subcommand with the common options; `work` runs after parsing.
CLI::App* addCommand(CLI::App& app, Program& program, const std::string& name, const std::string& description,
                     std::function<Status()> work);

/// A number from low to high; unlike CLI::Range it lets no NaN pass.
CLI::Validator realBetween(double low, double high);

}  // namespace trimtab::cli
