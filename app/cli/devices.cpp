// trimtab devices
#include <fmt/format.h>

#include "app/cli/command.h"
#include "app/cli/commands.h"
#include "app/cli/table.h"
#include "core/base/units.h"

namespace trimtab::cli {
namespace {

Status work(Program& program) {
    TRIMTAB_TRY(const Json answer, program.callWorker("devices", Json::object()));
    if (program.options.json) {
        program.printJson(answer);
        return {};
    }
    fmt::print("{:<10}{}\n", "processor", answer.value("device", ""));
    fmt::print("{:<10}{}\n", "system", answer.value("system", ""));
    fmt::print("{:<10}{}\n\n", "memory", base::formatBytes(static_cast<double>(answer.value("memory_bytes", std::int64_t{0}))));
    Table table({{"engine"}, {"available"}, {"version"}, {"instruction set"}, {"threads", Align::Right}, {"device"}});
    std::string missing;
    for (const Json& engine : answer.value("engines", Json::array())) {
        const bool available = engine.value("available", false);
        table.add({engine.value("name", ""), available ? "yes" : "no", engine.value("version", ""), engine.value("instruction_set", ""),
                   available ? std::to_string(engine.value("threads", 0)) : "", engine.value("device", "")});
        if (!available) missing += "no " + engine.value("name", "") + ": " + engine.value("reason", "") + "\n";
    }
    fmt::print("{}", table.text());
    if (!missing.empty()) fmt::print("\n{}", missing);
    return {};
}

}  // namespace

void addDevices(CLI::App& app, Program& program) {
    addCommand(app, program, "devices", "What can run here, and why something can't", [&program] { return work(program); });
}

}  // namespace trimtab::cli
