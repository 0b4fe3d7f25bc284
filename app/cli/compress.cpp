// trimtab compress MODEL --recipe R.json -o OUT.onnx
#include <filesystem>

#include <fmt/format.h>

#include "app/cli/command.h"
#include "app/cli/commands.h"
#include "app/cli/compression_text.h"
#include "app/cli/model_options.h"

namespace trimtab::cli {
namespace {

struct CompressOptions {
    ModelOptions model;
    std::string output;
    bool report = false;
};

Status work(Program& program, const CompressOptions& options) {
    if (std::filesystem::path(options.output).extension() != ".onnx")
        return fail(ErrorCode::Usage, "--output: models are written as ONNX; name a file that ends in .onnx", options.output);
    ipc::CompressRequest request;
    TRIMTAB_TRY(request.model, modelRequestOf(options.model, program.options));
    request.output = absolutePath(options.output);
    request.reportChannels = options.report && (!options.model.calibration.empty() || request.model.recipe.needsCalibration());
    TRIMTAB_TRY(Json json, program.callWorker("compress", ipc::toJson(request)));
    TRIMTAB_TRY(const auto answer, ipc::compressAnswerFromJson(json));
    if (program.options.json) {
        json["output"] = request.output;
        program.printJson(json);
        return {};
    }
    fmt::print("{}", compressionText(answer, request.output));
    if (options.report) {
        fmt::print("\n{}", compressionTable(answer));
        const std::string forms = storageFormsTable(answer);
        if (!forms.empty()) fmt::print("\n{}", forms);
    }
    if (!answer.channels.empty()) fmt::print("\n{}", channelTable(answer));
    return {};
}

}  // namespace

void addCompress(CLI::App& app, Program& program) {
    auto options = std::make_shared<CompressOptions>();
    CLI::App* command = addCommand(app, program, "compress", "Apply a recipe and write the model as ONNX; it is read back and compared",
                                   [&program, options] { return work(program, *options); });
    addModel(*command, options->model);
    addRecipe(*command, options->model);
    command->get_option("--recipe")->required();
    command->add_option("-o,--output", options->output, "The file to write (.onnx)")->required();
    command->add_flag("--report", options->report,
                      "Print each layer's bits, density, bytes and SQNR, what pruned layers take in each storage form and, with "
                      "calibration data, how unevenly the channels of each input are filled");
}

}  // namespace trimtab::cli
