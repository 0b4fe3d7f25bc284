// trimtab info MODEL
#include <fmt/format.h>

#include "app/cli/command.h"
#include "app/cli/commands.h"
#include "app/cli/model_options.h"
#include "app/cli/table.h"
#include "core/base/units.h"

namespace trimtab::cli {
namespace {

std::string portText(const ipc::ModelInfo::Port& port) {
    std::string shape;
    for (const std::string& dim : port.shape) shape += (shape.empty() ? "" : ", ") + dim;
    return printable(fmt::format("{}: {}[{}]", port.name, port.dtype, shape));
}

void printPorts(const char* title, const std::vector<ipc::ModelInfo::Port>& ports) {
    for (std::size_t i = 0; i < ports.size(); ++i) fmt::print("{:<12}{}\n", i == 0 ? title : "", portText(ports[i]));
}

void printSummary(const ipc::ModelInfo& info) {
    fmt::print("{:<12}{}\n", "model", printable(info.path));
    if (!info.name.empty()) fmt::print("{:<12}{}\n", "name", printable(info.name));
    if (!info.producer.empty()) fmt::print("{:<12}{}\n", "made by", printable(info.producer));
    std::string opsets;
    for (const auto& [domain, version] : info.opsets)
        opsets += fmt::format("{}{} {}", opsets.empty() ? "" : ", ", domain.empty() ? "opset" : printable(domain), version);
    fmt::print("{:<12}{}, {}\n", "format", info.format, opsets);
    printPorts("inputs", info.inputs);
    printPorts("outputs", info.outputs);
    if (info.chat) fmt::print("{:<12}has a template (generate --chat)\n", "chat");
    fmt::print("{:<12}{}\n", "parameters", base::formatCount(static_cast<double>(info.parameters)));
    fmt::print("{:<12}{} of weights, {} on disk\n", "bytes", base::formatBytes(static_cast<double>(info.weightBytes)),
               base::formatBytes(static_cast<double>(info.fileBytes)));
    std::string assumed;
    for (const auto& [symbol, extent] : info.assumed)
        assumed += fmt::format("{}{} = {}", assumed.empty() ? ", with " : ", ", printable(symbol), extent);
    if (info.operations >= 0) {
        fmt::print("{:<12}{} in one run{}\n", "operations", base::formatCount(info.operations), assumed);
    } else {
        fmt::print("{:<12}not known: some shapes stay open (give --shape)\n", "operations");
    }
    std::string operators;
    for (const auto& [name, times] : info.operators)
        operators += fmt::format("{}{} × {}", operators.empty() ? "" : ", ", times, printable(name));
    fmt::print("{:<12}{}\n", "operators", operators);
}

void printLayers(const ipc::ModelInfo& info) {
    constexpr std::size_t kNameWidth = 60;
    Table table({{"layer"},
                 {"operator"},
                 {"operations", Align::Right},
                 {"parameters", Align::Right},
                 {"weights", Align::Right},
                 {"activations", Align::Right}});
    for (const auto& layer : info.layers) {
        const bool known = layer.operations >= 0;
        table.add({clipped(printable(layer.node), kNameWidth), printable(layer.op), known ? base::formatCount(layer.operations) : "?",
                   known ? base::formatCount(static_cast<double>(layer.parameters)) : "?",
                   known ? base::formatBytes(static_cast<double>(layer.weightBytes)) : "?",
                   known ? base::formatBytes(static_cast<double>(layer.activationBytes)) : "?"});
    }
    if (!table.empty()) fmt::print("\n{}", table.text());
}

/// Larger files are hashed only when asked to: it means reading every weight.
constexpr std::int64_t kHashedAtOnce = std::int64_t{256} << 20;

Status work(Program& program, const ModelOptions& options, bool hash) {
    TRIMTAB_TRY(const auto request, modelRequestOf(options, program.options));
    Json params = ipc::toJson(request);
    if (!hash) params["hash_up_to"] = kHashedAtOnce;
    TRIMTAB_TRY(const Json answer, program.callWorker("info", params));
    TRIMTAB_TRY(const auto info, ipc::modelInfoFromJson(answer));
    for (const std::string& problem : info.problems) fmt::print(stderr, "trimtab: problem: {}\n", printable(problem));
    if (program.options.json) {
        program.printJson(answer);
        return {};
    }
    printSummary(info);
    for (const std::string& op : info.unsupported) fmt::print("{:<12}no engine here executes {}\n", "unsupported", printable(op));
    printLayers(info);
    return {};
}

}  // namespace

void addInfo(CLI::App& app, Program& program) {
    auto options = std::make_shared<ModelOptions>();
    auto hash = std::make_shared<bool>(false);
    CLI::App* command =
        addCommand(app, program, "info", "Inputs, outputs, operators, parameters, operations and bytes of a model, layer by layer",
                   [&program, options, hash] { return work(program, *options, *hash); });
    command->add_flag("--hash", *hash, "Hash the model whatever its size (without this, up to 256 MiB)");
    addModel(*command, *options);
    addRandomWeights(*command, *options);
    command->add_option("--shape", options->shapes, "Shape of an input, in full: NAME=1,3,224,224")->allow_extra_args(false);
}

}  // namespace trimtab::cli
