#pragma once
// Inputs of a call: .npy files where they are named, seeded values elsewhere.
#include <map>
#include <string>
#include <vector>

#include "core/ipc/messages.h"
#include "core/tensor/tensor.h"

namespace trimtab::worker {

Result<std::vector<NamedTensor>> inputsFor(const Graph& graph, const recipe::RunSetting& setting,
                                           const std::map<std::string, std::string>& files);

/// Samples in one run: the first extent of the first input that has one.
std::int64_t batchOf(const std::vector<NamedTensor>& inputs);

/// The batch that the model's inputs fix; 0 when the first dim of every input is open.
std::int64_t fixedBatch(const Graph& graph);

}  // namespace trimtab::worker
