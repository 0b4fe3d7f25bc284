// trimtab conformance DIR…
#include <fmt/format.h>

#include "app/cli/command.h"
#include "app/cli/commands.h"
#include "app/cli/model_options.h"
#include "app/cli/table.h"

namespace trimtab::cli {
namespace {

struct ConformanceOptions {
    std::vector<std::string> folders;
    std::string engine = "cpu";
    std::string device;
};

void printList(const char* title, const Json& list) {
    for (const Json& entry : list)
        fmt::print("{}: {}: {}\n", title, printable(entry.value("name", "")), printable(entry.value("reason", "")));
}

Status work(Program& program, const ConformanceOptions& options) {
    Json folders = Json::array();
    for (const std::string& folder : options.folders) folders.push_back(absolutePath(folder));
    TRIMTAB_TRY(const Json answer,
                program.callWorker("conformance", {{"folders", folders}, {"engine", options.engine}, {"device", options.device}}));
    if (program.options.json) {
        program.printJson(answer);
        return {};
    }
    const Json failed = answer.value("failed", Json::array());
    const Json unsupported = answer.value("unsupported", Json::array());
    printList("failed", failed);
    printList("unsupported", unsupported);
    const Json random = answer.value("random", Json::array());
    if (!random.empty()) fmt::print("random, checked for type, shape and range only: {} of the passed\n", random.size());
    fmt::print("{} passed, {} failed, {} unsupported\n", answer.value("passed", Json::array()).size(), failed.size(), unsupported.size());
    return {};
}

}  // namespace

void addConformance(CLI::App& app, Program& program) {
    auto options = std::make_shared<ConformanceOptions>();
    CLI::App* command =
        addCommand(app, program, "conformance", "Run ONNX backend-test folders", [&program, options] { return work(program, *options); });
    command->add_option("DIR", options->folders, "Folders of backend tests, or single tests")->required();
    addEngine(*command, options->engine, options->device);
}

}  // namespace trimtab::cli
