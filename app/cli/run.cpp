// trimtab run MODEL
#include <fmt/format.h>

#include "app/cli/command.h"
#include "app/cli/commands.h"
#include "app/cli/model_options.h"
#include "app/cli/table.h"

namespace trimtab::cli {
namespace {

struct RunOptions {
    ModelOptions model;
    std::string saveOutputs;
};

void printOutputs(const Json& outputs) {
    Table table({{"output"}, {"type"}, {"shape"}, {"file"}});
    for (const Json& output : outputs)
        table.add({printable(output.value("name", "")), output.value("dtype", ""), output.contains("shape") ? output["shape"].dump() : "",
                   printable(output.value("file", ""))});
    fmt::print("{}", table.text());
}

Status work(Program& program, const RunOptions& options) {
    ipc::RunRequest request;
    TRIMTAB_TRY(request.model, modelRequestOf(options.model, program.options));
    TRIMTAB_TRY(request.inputFiles, inputFilesOf(options.model));
    if (!options.saveOutputs.empty()) request.saveOutputs = absolutePath(options.saveOutputs);
    TRIMTAB_TRY(const Json answer, program.callWorker("run", ipc::toJson(request)));
    const Json* outputs = base::memberAt(answer, "outputs");
    if (!outputs || !outputs->is_array()) return fail(ErrorCode::Failed, "the worker's answer names no outputs");
    if (program.options.json) {
        program.printJson(answer);
    } else {
        printOutputs(*outputs);
    }
    return {};
}

}  // namespace

void addRun(CLI::App& app, Program& program) {
    auto options = std::make_shared<RunOptions>();
    CLI::App* command = addCommand(app, program, "run", "One inference; inputs that are not given are drawn from the seed",
                                   [&program, options] { return work(program, *options); });
    addModel(*command, options->model);
    addRandomWeights(*command, options->model);
    addRecipe(*command, options->model);
    addRunning(*command, options->model);
    addInputs(*command, options->model);
    command->add_option("--save-outputs", options->saveOutputs, "Folder that each output is written to, as .npy");
}

}  // namespace trimtab::cli
