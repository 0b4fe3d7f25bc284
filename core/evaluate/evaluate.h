#pragma once
// Metrics on a dataset and fidelity to a reference.
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/metric.h"
#include "core/base/statistics.h"
#include "core/dataset/dataset.h"
#include "core/runtime/engine.h"

namespace trimtab::evaluate {

using base::Direction;
using base::MetricInfo;
using base::metricInfo;

/// A figure that comes with another in the same pass.
struct Companion {
    std::string metric;
    base::Estimate estimate;
    std::int64_t n = 0;
};

struct Evaluation {
    std::string metric;
    Direction direction = Direction::HigherIsBetter;
    base::Estimate estimate;               // value with its 95 % interval over samples
    std::int64_t n = 0;                    // samples
    /// In dataset order, one for each sample (for ndcg each group): 0/1 for top-k; mean negative log-likelihood (nats) for perplexity;
    /// root mean square error for rmse. Metrics that are no mean over samples have scores whose mean they are and whose spread is theirs
    /// (statistic.h).
    std::vector<double> sampleScores;
    /// Tokens or frames a sample counts for (perplexity, next_token_accuracy, frame_accuracy); empty: all 1.
    std::vector<double> sampleWeights;
    std::optional<base::TextWindows> windows;  // of a figure over text
    bool overData = false;                 // of a fidelity: over a dataset, not over seeded inputs
    std::vector<Companion> also;
    bool fidelity = false;                 // measured against the reference's outputs, not against labels: never called accuracy
};

struct Progress {
    std::function<void(std::int64_t done, std::int64_t total)> report;
    std::function<bool()> cancelled;
};

/// Runs the whole dataset in batches of `batch` and scores the output named "logits", else the first. The last batch may be smaller,
/// unless `fullBatches` (models whose batch is fixed): then it begins earlier, and samples seen before are not scored again.
/// Refused when outputs and targets do not fit the metric, or when a full batch is wanted and the dataset is smaller than one.
Result<Evaluation> onDataset(runtime::CompiledModel& model, const dataset::Dataset& data, const std::string& metric, std::int64_t batch,
                             const Progress& progress = {}, bool fullBatches = false);

/// Runs both models on `samples` seeded inputs and compares the scored output: metric "agreement", "sqnr_db", "cosine" or "kl".
Result<Evaluation> fidelity(runtime::CompiledModel& model, runtime::CompiledModel& reference, const Graph& graph,
                            const recipe::RunSetting& setting, const std::string& metric, std::int64_t samples,
                            const Progress& progress = {});

/// Scores already saved outputs with a program of the user's own: it gets OUTPUT_DIR (one .npy for each batch and output) and the dataset's
/// path as arguments and prints one number for each sample, a line each (higher is better). Only the command line may name a program. Files
/// are named "<first sample, six digits>_<output>.npy".
Result<Evaluation> withProgram(runtime::CompiledModel& model, const dataset::Dataset& data, const std::string& datasetPath,
                               const std::string& program, std::int64_t batch, const Progress& progress = {}, bool fullBatches = false);

/// The estimate of scores with weights under a metric: perplexity is exp of the weighted mean, rmse the root of the weighted mean square,
/// every other metric the weighted mean. Wilson's interval for 0/1 scores without weights, else a bootstrap over samples.
/// REQUIRES: scores not empty; weights empty or as many, with a positive sum.
base::Estimate aggregate(const std::string& metric, const std::vector<double>& scores, const std::vector<double>& weights);

}  // namespace trimtab::evaluate
