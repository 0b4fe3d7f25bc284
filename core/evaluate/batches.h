#pragma once
// Walking a dataset in batches.
#include <functional>

#include "core/evaluate/evaluate.h"

namespace trimtab::evaluate {

struct Step {
    std::int64_t first = 0;    // sample the batch begins with
    std::int64_t count = 0;    // samples in it
    std::int64_t skipped = 0;  // how many at its beginning were seen in an earlier batch
};

/// The batches that cover `size` samples. With `full`, the last one begins early enough to be whole; Refused when size < batch then.
Result<std::vector<Step>> steps(std::int64_t size, std::int64_t batch, bool full);

using Visit = std::function<Status(const Step&, const dataset::Batch&, const std::vector<NamedTensor>& outputs)>;

/// Runs the model on every batch and shows the outputs, which live until the visit returns. Cancelled when asked.
Status forEachBatch(runtime::CompiledModel& model, const dataset::Dataset& data, std::int64_t batch, bool full, const Progress& progress,
                    const Visit& visit);

}  // namespace trimtab::evaluate
