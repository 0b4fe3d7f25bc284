// trimtab export S.trimtab --trial N -o DIR
#include <filesystem>

#include <fmt/format.h>

#include "app/cli/command.h"
#include "app/cli/commands.h"
#include "app/cli/compression_text.h"
#include "app/cli/session_options.h"
#include "core/base/file.h"
#include "core/ipc/messages.h"

namespace trimtab::cli {
namespace {

struct ExportOptions {
    std::string session;
    std::int64_t trial = 0;
    std::string folder;
    std::string model;  // where the file has moved to
    bool trustLinks = false;
};

std::string deployText(const trial::Study& study, const trial::TrialResult& result, const std::string& model,
                       const ipc::CompressAnswer& answer) {
    std::string text = fmt::format("# {}: {}\n\n", study.modelName, result.trial.label);
    const bool isVariant = !result.trial.variant.empty();
    text += fmt::format("| file | what it is |\n| --- | --- |\n| `model.onnx` | {} |\n",
                        isVariant ? fmt::format("`{}`, as it is", model) : "the model with the recipe applied");
    text += "| `recipe.json` | what was done to it |\n\n";
    text += fmt::format("Weights are stored as {}. Read back after writing, its outputs differ by {:.2g} of the largest at most.\n\n",
                        answer.form, answer.readBackMaxError);
    if (result.speed)
        text += fmt::format("Measured here: {:.4g} ms a run at batch {} ({:.2f}× the baseline), engine {} {}, {}, {} threads, {}.\n\n",
                            result.speed->medianMs, result.speed->batch, result.speed->speedup.value, result.environment.engine,
                            result.environment.engineVersion, result.environment.instructionSet, result.environment.threads,
                            result.environment.device);
    if (result.accuracy)
        text += fmt::format("{}: {:.4g} (95 %: {:.4g} … {:.4g}) on {} samples.\n\n", result.accuracy->metric, result.accuracy->value,
                            result.accuracy->interval.low, result.accuracy->interval.high, result.accuracy->n);
    if (result.execution == trace::Execution::Emulated)
        text += "This configuration is emulated: no kernel here executes it; its accuracy was measured, its speed is unknown.\n\n";
    text += "## Run it\n\nWith Trimtab: `trimtab run model.onnx`, `trimtab bench model.onnx`.\n\n";
    text +=
        "With ONNX Runtime:\n\n```python\nimport onnxruntime\nsession = onnxruntime.InferenceSession(\"model.onnx\")\n"
        "outputs = session.run(None, inputs)  # inputs: a dictionary from input name to array\n```\n\n";
    if (!isVariant)
        text +=
            "The same recipe may be applied to the original model again: `trimtab compress MODEL --recipe recipe.json -o model.onnx`.\n";
    return text;
}

Status work(Program& program, const ExportOptions& options) {
    TRIMTAB_TRY(const auto session, openForReading(options.session));
    TRIMTAB_TRY(const auto result, trialOf(*session, options.trial));
    TRIMTAB_TRY(const auto study, studyWith(*session, options.trial));
    if (study.randomWeights)
        return fail(ErrorCode::Refused, "there is no model to export, but " + trial::randomWeightsNote(study), options.session);
    ipc::CompressRequest request;
    TRIMTAB_TRY(request.model, modelRequestOf(program, study, result.trial, options.model, options.trustLinks));
    request.model.setting.threads = program.options.threads;
    std::error_code error;
    const std::filesystem::path folder = absolutePath(options.folder);
    std::filesystem::create_directories(folder, error);
    if (error) return fail(ErrorCode::Io, "cannot make the folder: " + error.message(), options.folder);
    request.output = (folder / "model.onnx").string();
    TRIMTAB_TRY(Json json, program.callWorker("export", ipc::toJson(request)));
    TRIMTAB_TRY(const auto answer, ipc::compressAnswerFromJson(json));
    TRIMTAB_REQUIRE(base::writeFileAtomically(folder / "recipe.json", base::dumpJson(recipe::toJson(result.trial.recipe), 2) + "\n"));
    TRIMTAB_REQUIRE(base::writeFileAtomically(folder / "README.md", deployText(study, result, request.model.model, answer)));
    if (program.options.json) {
        json["folder"] = folder.string();
        json["files"] = {"model.onnx", "recipe.json", "README.md"};
        program.printJson(json);
    } else {
        fmt::print("{}", compressionText(answer, request.output));
    }
    return {};
}

}  // namespace

void addExport(CLI::App& app, Program& program) {
    auto options = std::make_shared<ExportOptions>();
    CLI::App* command = addCommand(app, program, "export", "The model of a trial, its recipe, and how to deploy it",
                                   [&program, options] { return work(program, *options); });
    command->add_option("SESSION", options->session, "The session file (.trimtab)")->required();
    command->add_option("--trial", options->trial, "Number of the trial")->required()->check(CLI::PositiveNumber);
    command->add_option("-o,--output", options->folder, "The folder to write")->required();
    command->add_option("--model", options->model, "The model file, where it has moved");
    command->add_flag("--trust-links", options->trustLinks, "Accept weight files with several hard links");
}

}  // namespace trimtab::cli
