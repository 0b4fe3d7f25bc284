// trimtab eval MODEL --data D
#include <cmath>

#include <fmt/format.h>

#include "app/cli/accuracy_text.h"
#include "app/cli/command.h"
#include "app/cli/commands.h"
#include "app/cli/fidelity_table.h"
#include "app/cli/model_options.h"
#include "app/cli/table.h"
#include "core/base/metric.h"
#include "core/ipc/messages_fidelity.h"

namespace trimtab::cli {
namespace {

struct EvalOptions {
    ModelOptions model;
    std::string data;
    std::string metric;
    std::int64_t batch = 16;
    std::int64_t samples = 0;
    bool nodes = false;
    std::int64_t nodeSamples = 16;
    double departureDb = 40;
};

/// Model and data as the evaluation has them.
Result<trace::FidelityProfile> nodeFidelity(Program& program, const EvalOptions& options, const ipc::EvalRequest& evaluation) {
    ipc::FidelityRequest request;
    request.model = evaluation.model;
    request.data = evaluation.data;
    request.samples = options.nodeSamples;
    request.thresholdDb = options.departureDb;
    TRIMTAB_TRY(const Json answer, program.callWorker("fidelity", ipc::toJson(request)));
    return trace::fidelityProfileFromJson(answer);
}

Status work(Program& program, const EvalOptions& options) {
    ipc::EvalRequest request;
    TRIMTAB_TRY(request.model, modelRequestOf(options.model, program.options));
    if (!options.data.empty()) request.data = absolutePath(options.data);
    if (request.model.calibration.path.empty()) request.model.calibration.path = request.data;
    request.metric = options.metric;
    request.batch = options.batch;
    request.samples = options.samples;
    request.seed = program.options.seed;
    TRIMTAB_TRY(const Json json, program.callWorker("eval", ipc::toJson(request)));
    TRIMTAB_TRY(const auto accuracy, ipc::accuracyFromJson(json));
    TRIMTAB_TRY(const std::string calibration, base::stringAt(json, "calibration", ""));
    Json document = accuracyDocument(accuracy);
    if (!calibration.empty()) document["calibration"] = calibration;
    if (!program.options.json) {
        fmt::print("{}\n", accuracyText(accuracy));
        if (!calibration.empty()) fmt::print("{}\n", printable(calibration));
    }
    if (options.nodes) {
        TRIMTAB_TRY(const auto profile, nodeFidelity(program, options, request));
        if (!program.options.json) fmt::print("\n{}", fidelityTable(profile));
        Json nodes = trace::toJson(profile);
        for (const char* key : {"nodes", "first_departure", "most_error", "threshold_db"}) document[key] = std::move(nodes[key]);
        document["node_samples"] = profile.samples;
        document["node_inputs"] = profile.inputs;
    }
    if (program.options.json) program.printJson(document);
    return {};
}

void addNodeOptions(CLI::App& command, EvalOptions& options) {
    auto* nodes = command.add_flag("--nodes", options.nodes,
                                   "Also compare with the untouched model node by node: where it departs, and where the error is made");
    command.add_option("--node-samples", options.nodeSamples, "Samples to compare on, drawn by --seed (default: 16)")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 20))
        ->needs(nodes);
    command.add_option("--departure-db", options.departureDb, "A node departs where its SQNR falls below this (default: 40)")
        ->check(realBetween(-trace::kMostDecibels, trace::kMostDecibels))
        ->needs(nodes);
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
    command->add_option("--data", options->data, "Dataset: folder, manifest, .npz, .npy, .csv, .txt, .jsonl, folder of .wav");
    command->add_option("--metric", options->metric,
                        base::metricNames(true) + ", exec:PROGRAM; beside the untouched model: " + base::besideReferenceNames() +
                            "; without data: " + base::metricNames(false));
    command->add_option("--samples", options->samples, "Score N samples only, drawn by --seed; a metric program gets the first N")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 40));
    addNodeOptions(*command, *options);
}

}  // namespace trimtab::cli
