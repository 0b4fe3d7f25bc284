#pragma once
// Fidelity over a dataset: the reference and a changed model run side by side, batch by batch, and no output is kept.
#include "core/evaluate/evaluate.h"

namespace trimtab::evaluate {

/// "kl" or "agreement" of the distributions over the last dim of the scored output, a mean over places: every token that the data's targets
/// count, or every row where targets do not fit the output. A sample's score is the mean over its places, its weight their number. The
/// other of the two comes along, and "kl_p99" over places from 299 on (base::percentile99). Both models may be one. Refused when outputs
/// differ in shape or have fewer than two entries in the last dim, or when no place is counted.
Result<Evaluation> besideReference(runtime::CompiledModel& model, runtime::CompiledModel& reference, const dataset::Dataset& data,
                                   const std::string& metric, std::int64_t batch, const Progress& progress = {}, bool fullBatches = false);

}  // namespace trimtab::evaluate
