#pragma once
// One function and one file a command; each adds its subcommand to the program.
namespace CLI {
class App;
}

namespace trimtab::cli {

struct Program;

void addInfo(CLI::App& app, Program& program);
void addRun(CLI::App& app, Program& program);
void addBench(CLI::App& app, Program& program);
void addProfile(CLI::App& app, Program& program);
void addEval(CLI::App& app, Program& program);
void addGenerate(CLI::App& app, Program& program);
void addCompress(CLI::App& app, Program& program);
void addSensitivity(CLI::App& app, Program& program);
void addTune(CLI::App& app, Program& program);
void addSweep(CLI::App& app, Program& program);
void addPareto(CLI::App& app, Program& program);
void addCompare(CLI::App& app, Program& program);
void addReport(CLI::App& app, Program& program);
void addExport(CLI::App& app, Program& program);
void addConformance(CLI::App& app, Program& program);
void addDevices(CLI::App& app, Program& program);
void addSelftest(CLI::App& app, Program& program);
void addSession(CLI::App& app, Program& program);

}  // namespace trimtab::cli
