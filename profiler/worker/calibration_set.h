#pragma once
// The inputs that methods calibrate on: samples of a dataset, or drawn ones.
#include <vector>

#include "core/ipc/messages.h"
#include "core/tensor/tensor.h"
#include "profiler/worker/call.h"

namespace trimtab::worker {

struct CalibrationSet {
    std::vector<std::vector<NamedTensor>> batches;  // one tensor for every graph input
};

/// What distinguishes one set from another: the dataset's hash (or the seed of drawn inputs) and the number of samples.
Result<std::string> calibrationIdentity(const Graph& graph, const ipc::ModelRequest& request);

Result<CalibrationSet> calibrationSet(const Graph& graph, const ipc::ModelRequest& request);

}  // namespace trimtab::worker
