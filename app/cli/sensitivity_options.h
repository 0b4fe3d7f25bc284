#pragma once
// The options of a sensitivity table, shared by the commands that measure one.
#include "app/cli/model_options.h"
#include "core/ipc/sensitivity_request.h"

namespace trimtab::cli {

struct SensitivityOptions {
    std::vector<std::string> options;  // "weights.bits=4,weights.group=32"; empty: the usual ones
    std::int64_t samples = 0;
    std::int64_t batch = 16;
    double seconds = 0.1;  // of timing for each cell
};

void addSensitivityOptions(CLI::App& command, SensitivityOptions& options);
/// Usage, naming the option, for one that does not parse.
Result<ipc::SensitivityRequest> sensitivityRequestOf(const ModelOptions& model, const SensitivityOptions& options, const std::string& data,
                                                     const std::string& metric, const CommonOptions& common);

/// Two tables for people: loss and measured gain, units by options.
std::string sensitivityText(const trial::SensitivityTable& table);

}  // namespace trimtab::cli
