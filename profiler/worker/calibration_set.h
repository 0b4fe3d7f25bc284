#pragma once
// Inputs without labels, in batches: samples of a dataset, or drawn ones; what methods calibrate on.
#include <vector>

#include "core/ipc/messages.h"
#include "core/tensor/tensor.h"
#include "profiler/worker/call.h"

namespace trimtab::worker {

struct CalibrationSet {
    std::vector<std::vector<NamedTensor>> batches;  // one tensor for every graph input
    std::string data;                               // hash of the dataset; empty for drawn inputs
};

/// Samples of a dataset drawn by `seed` (all in their order where there are no more); where `path` is empty inputs drawn from `seed` and
/// the seeds that follow, one sample a batch.
Result<CalibrationSet> inputSet(const Graph& graph, const std::string& path, const std::string& model, std::int64_t samples,
                                const recipe::RunSetting& setting, std::uint64_t seed);

/// What distinguishes one set from another: the dataset's hash, the number of samples, and the seed of what is drawn.
Result<std::string> calibrationIdentity(const Graph& graph, const ipc::ModelRequest& request);

Result<CalibrationSet> calibrationSet(const Graph& graph, const ipc::ModelRequest& request);

}  // namespace trimtab::worker
