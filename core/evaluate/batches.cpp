#include "core/evaluate/batches.h"

#include <algorithm>

namespace trimtab::evaluate {

Result<std::vector<Step>> steps(std::int64_t size, std::int64_t batch, bool full) {
    if (batch < 1) return fail(ErrorCode::Usage, "the evaluation batch must be 1 or more");
    if (size < 1) return fail(ErrorCode::Refused, "the dataset has no samples");
    if (full && size < batch)
        return fail(ErrorCode::Refused, "the model's batch is fixed at " + std::to_string(batch) + ", but the dataset has only " +
                                            std::to_string(size) + " samples");
    std::vector<Step> list;
    for (std::int64_t seen = 0; seen < size; seen += batch) {
        const std::int64_t first = full ? std::min(seen, size - batch) : seen;
        list.push_back({first, std::min(batch, size - first), seen - first});
    }
    return list;
}

Status forEachBatch(runtime::CompiledModel& model, const dataset::Dataset& data, std::int64_t batch, bool full, const Progress& progress,
                    const Visit& visit) {
    TRIMTAB_TRY(const auto list, steps(data.size(), batch, full));
    for (const Step& step : list) {
        if (progress.cancelled && progress.cancelled()) return fail(ErrorCode::Cancelled, "the evaluation was cancelled");
        TRIMTAB_TRY(const auto samples, data.batch(step.first, step.count));
        TRIMTAB_TRY(const auto outputs, model.run(samples.inputs));
        if (outputs.empty()) return fail(ErrorCode::Refused, "the model has no outputs");
        TRIMTAB_REQUIRE(visit(step, samples, outputs));
        if (progress.report) progress.report(step.first + step.count, data.size());
    }
    return {};
}

}  // namespace trimtab::evaluate
