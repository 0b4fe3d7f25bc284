#include <fmt/format.h>

#include <algorithm>

#include "core/dataset/dataset.h"
#include "core/runtime/inputs.h"
#include "profiler/worker/beside_model.h"
#include "profiler/worker/calibration_set.h"
#include "profiler/worker/input_files.h"
#include "profiler/worker/sample_subset.h"

namespace trimtab::worker {
namespace {

constexpr std::int64_t kBatch = 8;
/// Fidelity is scored on inputs of the seeds that follow the setting's: calibration draws others.
constexpr std::uint64_t kApart = std::uint64_t{1} << 40;

Result<CalibrationSet> fromDataset(const Graph& graph, const std::string& path, const std::string& model, std::int64_t most,
                                   std::uint64_t seed) {
    TRIMTAB_TRY(auto data, openData(path, &graph, model));
    const std::int64_t fixed = fixedBatch(graph);
    const std::int64_t batch = fixed > 0 ? fixed : kBatch;
    std::int64_t samples = std::min(most, data->size());
    if (fixed > 0) samples = samples / fixed * fixed;
    if (samples < 1) return fail(ErrorCode::Refused, "the data have too few samples for one batch", path);
    CalibrationSet set{{}, data->hash()};
    if (most < data->size()) {
        TRIMTAB_TRY(data, drawnFrom(std::move(data), samples, seed));
    }
    for (std::int64_t first = 0; first < samples; first += batch) {
        TRIMTAB_TRY(auto taken, data->batch(first, std::min(batch, samples - first)));
        set.batches.push_back(std::move(taken.inputs));
    }
    return set;
}

Result<CalibrationSet> drawn(const Graph& graph, std::int64_t samples, recipe::RunSetting setting, std::uint64_t seed) {
    CalibrationSet set;
    setting.batch = 0;
    setting.seed = seed;
    for (std::int64_t sample = 0; sample < samples; ++sample, ++setting.seed) {
        TRIMTAB_TRY(auto inputs, runtime::makeInputs(graph, setting));
        set.batches.push_back(std::move(inputs));
    }
    return set;
}

}  // namespace

Result<CalibrationSet> inputSet(const Graph& graph, const std::string& path, const std::string& model, std::int64_t samples,
                                const recipe::RunSetting& setting, std::uint64_t seed) {
    return path.empty() ? drawn(graph, samples, setting, seed) : fromDataset(graph, path, model, samples, seed);
}

Result<std::string> calibrationIdentity(const Graph& graph, const ipc::ModelRequest& request) {
    if (request.calibration.path.empty())
        return fmt::format("drawn, seed {}, {} samples", request.setting.seed + kApart, request.calibration.samples);
    TRIMTAB_TRY(const auto data, openData(request.calibration.path, &graph, request.model));
    const std::string identity = fmt::format("{}, {} samples", data->hash(), request.calibration.samples);
    if (request.calibration.samples >= data->size()) return identity;  // all of them
    return fmt::format("{} drawn, seed {}", identity, request.setting.seed + kApart);
}

Result<CalibrationSet> calibrationSet(const Graph& graph, const ipc::ModelRequest& request) {
    auto set = inputSet(graph, request.calibration.path, request.model, request.calibration.samples, request.setting,
                        request.setting.seed + kApart);
    if (!set) set.error().context = set.error().context.empty() ? "calibration" : "calibration: " + set.error().context;
    return set;
}

}  // namespace trimtab::worker
