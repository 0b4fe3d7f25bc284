// trimtab sensitivity MODEL --data D
#include <fmt/format.h>

#include "app/cli/command.h"
#include "app/cli/commands.h"
#include "app/cli/sensitivity_options.h"

namespace trimtab::cli {
namespace {

struct Options {
    ModelOptions model;
    SensitivityOptions sensitivity;
    std::string data;
    std::string metric;
};

Status work(Program& program, const Options& options) {
    TRIMTAB_TRY(const auto request,
                sensitivityRequestOf(options.model, options.sensitivity, options.data, options.metric, program.options));
    TRIMTAB_TRY(const Json json, program.callWorker("sensitivity", ipc::toJson(request)));
    TRIMTAB_TRY(const auto table, trial::sensitivityTableFromJson(json));
    if (program.options.json) program.printJson(json);
    else fmt::print("{}", sensitivityText(table));
    return {};
}

}  // namespace

void addSensitivity(CLI::App& app, Program& program) {
    auto options = std::make_shared<Options>();
    CLI::App* command =
        addCommand(app, program, "sensitivity", "Each layer under each option: loss of accuracy against measured gain of time",
                   [&program, options] { return work(program, *options); });
    addModel(*command, options->model);
    addCalibration(*command, options->model);
    addRunning(*command, options->model);
    command->add_option("--data", options->data, "Dataset; without one, fidelity to the untouched model on seeded inputs");
    command->add_option("--metric", options->metric, "Metric (default: the dataset's own)");
    addSensitivityOptions(*command, options->sensitivity);
}

}  // namespace trimtab::cli
