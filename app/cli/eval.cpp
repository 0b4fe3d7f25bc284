// trimtab eval MODEL --data D
#include <cmath>

#include <fmt/format.h>

#include "app/cli/accuracy_text.h"
#include "app/cli/command.h"
#include "app/cli/commands.h"
#include "app/cli/model_options.h"
#include "app/cli/table.h"
#include "core/base/metric.h"

namespace trimtab::cli {
namespace {

struct EvalOptions {
    ModelOptions model;
    std::string data;
    std::string metric;
    std::int64_t batch = 16;
    std::int64_t samples = 0;
};

Status work(Program& program, const EvalOptions& options) {
    ipc::EvalRequest request;
    TRIMTAB_TRY(request.model, modelRequestOf(options.model, program.options));
    if (!options.data.empty()) request.data = absolutePath(options.data);
    request.metric = options.metric;
    request.batch = options.batch;
    request.samples = options.samples;
    TRIMTAB_TRY(const Json json, program.callWorker("eval", ipc::toJson(request)));
    TRIMTAB_TRY(const auto accuracy, ipc::accuracyFromJson(json));
    TRIMTAB_TRY(const std::string calibration, base::stringAt(json, "calibration", ""));
    if (program.options.json) {
        Json document = accuracyDocument(accuracy);
        if (!calibration.empty()) document["calibration"] = calibration;
        program.printJson(document);
    } else {
        fmt::print("{}\n", accuracyText(accuracy));
        if (!calibration.empty()) fmt::print("{}\n", printable(calibration));
    }
    return {};
}

}  // namespace

void addEval(CLI::App& app, Program& program) {
    auto options = std::make_shared<EvalOptions>();
    CLI::App* command =
        addCommand(app, program, "eval", "A metric on a dataset; without one, fidelity to the untouched model on seeded inputs",
                   [&program, options] { return work(program, *options); });
    addModel(*command, options->model);
    addRecipe(*command, options->model);
    addRunning(*command, options->model);
    command->remove_option(command->get_option("--batch"));
    command->add_option("--batch", options->batch, "Samples in one run (default: 16)")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 30));
    command->add_option("--data", options->data, "Dataset: folder, manifest, .npz, .npy, .csv, folder of .wav");
    command->add_option(
        "--metric", options->metric,
        base::metricNames(true) + ", exec:PROGRAM; without data: " + base::metricNames(false));
    command->add_option("--samples", options->samples, "Score the first N samples only")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 40));
}

}  // namespace trimtab::cli
