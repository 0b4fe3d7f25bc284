#pragma once
// The options by which commands name a model, what is done to it and how it is run.
#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/cli/program.h"
#include "core/ipc/messages.h"

namespace CLI {
class App;
}

namespace trimtab::cli {

struct ModelOptions {
    std::string model;
    std::string recipe;       // file, or empty
    std::string calibration;  // dataset, or empty
    std::int64_t calibrationSamples = 0;  // 0: as many as trial::Calibration says
    std::string engine = "cpu";
    std::string device;                // empty: the engine's own first
    std::vector<std::string> shapes;   // NAME=1,3,224,224
    std::vector<std::string> symbols;  // NAME=64
    std::vector<std::string> inputs;   // NAME=FILE.npy
    std::int64_t batch = 0;
    bool trustLinks = false;
    std::optional<std::uint64_t> randomWeights;
};

void addModel(CLI::App& command, ModelOptions& options);
void addRandomWeights(CLI::App& command, ModelOptions& options);  // of commands that ask for speed alone
void addRecipe(CLI::App& command, ModelOptions& options);  // and calibration
void addCalibration(CLI::App& command, ModelOptions& options);
void addEngine(CLI::App& command, std::string& engine, std::string& device);
void addRunning(CLI::App& command, ModelOptions& options);  // engine, device, shapes, symbols, batch
void addInputs(CLI::App& command, ModelOptions& options);

/// Usage for words that do not parse; the recipe's own refusals as they are.
Result<recipe::RunSetting> settingOf(const ModelOptions& options, const CommonOptions& common);
Result<recipe::Recipe> readRecipe(const std::string& path);
Result<ipc::ModelRequest> modelRequestOf(const ModelOptions& options, const CommonOptions& common);
/// The seed of drawn weights, or null: figures of such a model are speeds alone, and say so.
Json randomWeightsOf(const ipc::ModelRequest& model);
void printRandomWeights(std::FILE* to, const ipc::ModelRequest& model);
trial::Calibration calibrationOf(const ModelOptions& options);
Result<std::map<std::string, std::string>> inputFilesOf(const ModelOptions& options);

}  // namespace trimtab::cli
