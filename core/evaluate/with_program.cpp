#include <fmt/format.h>

#include "core/base/file.h"
#include "core/evaluate/batches.h"
#include "core/evaluate/evaluate.h"
#include "core/evaluate/program.h"
#include "core/formats/numpy/npy.h"
#include "core/tensor/tensor.h"

namespace trimtab::evaluate {
namespace {

constexpr std::size_t kMaxOutput = 64 << 20;

/// The name with everything that a path would misread replaced.
std::string plainName(std::string name) {
    for (char& c : name) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
        if (!plain) c = '_';
    }
    return name.substr(0, 120);
}

/// Samples `skipped`… of an output whose first dim counts samples; other outputs whole.
Result<Tensor> withoutSkipped(const Tensor& output, const Step& step) {
    if (step.skipped == 0 || output.shape().rank() == 0 || output.shape()[0] != step.count) return output;
    Shape shape = output.shape();
    shape[0] = step.count - step.skipped;
    TRIMTAB_TRY(Tensor kept, Tensor::allocate(output.type(), shape));
    const auto tail = output.bytes().last(kept.bytes().size());
    std::copy(tail.begin(), tail.end(), kept.mutableBytes().begin());
    return kept;
}

}  // namespace

Result<Evaluation> withProgram(runtime::CompiledModel& model, const dataset::Dataset& data, const std::string& datasetPath,
                               const std::string& program, std::int64_t batch, const Progress& progress, bool fullBatches) {
    TRIMTAB_TRY(const auto folder, base::TemporaryFolder::create("trimtab-outputs"));
    const Visit save = [&](const Step& step, const dataset::Batch&, const std::vector<NamedTensor>& outputs) -> Status {
        for (const auto& [name, tensor] : outputs) {
            const std::string file = fmt::format("{:06}_{}.npy", step.first + step.skipped, plainName(name));
            TRIMTAB_TRY(const Tensor kept, withoutSkipped(tensor, step));
            TRIMTAB_REQUIRE(formats::numpy::writeNpy(folder.path() / file, kept));
        }
        return {};
    };
    TRIMTAB_REQUIRE(forEachBatch(model, data, batch, fullBatches, progress, save));
    TRIMTAB_TRY(const std::string text, runProgram(program, {folder.path().string(), datasetPath}, kMaxOutput, progress.cancelled));
    Evaluation evaluation;
    evaluation.metric = "exec:" + program;
    TRIMTAB_TRY(evaluation.sampleScores, parseScores(text, static_cast<std::size_t>(data.size())));
    evaluation.n = data.size();
    evaluation.estimate = aggregate(evaluation.metric, evaluation.sampleScores, {});
    return evaluation;
}

}  // namespace trimtab::evaluate
