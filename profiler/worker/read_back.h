#pragma once
// What was written is read again and run beside what was meant.
#include <string>

#include "core/compress/compress.h"
#include "core/recipe/run_setting.h"
#include "profiler/worker/call.h"

namespace trimtab::worker {

/// The compressed model's own outputs on seeded inputs, taken before anything is written: what no engine runs is refused here.
/// fp8 products, which no file holds, are left out. Engines: the reference, or "cpu" where the reference would take long. Open dims are
/// bound to small extents.
struct MeantRun {
    std::string engine;
    recipe::RunSetting setting;
    std::vector<NamedTensor> inputs;
    std::vector<Tensor> outputs;  // float32
};
Result<MeantRun> runMeant(const Graph& meant, const recipe::RunSetting& setting, const Call& call);

/// Largest difference of any output of the file from what was meant, relative to the largest magnitude of that output.
Result<double> readBackError(const MeantRun& meant, const std::string& file, const Call& call);

/// How far a file may differ from what was compressed: 1e-3 of the largest output where products are formed in fp32; 5e-2 where activations
/// are quantised or products formed in 16 bits, because the file's operators round in other places.
double readBackTolerance(const Graph& meant);

}  // namespace trimtab::worker
