// "fidelity": a model under its recipe held against the same model untouched, node by node, on the engine of the study. Both run a few
// nodes at a time, so that no more values are alive than later nodes read and one stretch makes.
#include "core/ipc/messages_fidelity.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "core/dataset/dataset.h"
#include "core/evaluate/node_fidelity.h"
#include "core/graph/shape_inference.h"
#include "profiler/worker/beside_model.h"
#include "profiler/worker/calibration_runs.h"
#include "profiler/worker/calibration_set.h"
#include "profiler/worker/engines.h"
#include "profiler/worker/methods.h"
#include "profiler/worker/workbench.h"

namespace trimtab::worker {
namespace {

constexpr std::int64_t kStretchBytes = 128 << 20;  // of one graph's values, over all batches
constexpr std::int64_t kUnknownBytes = 1 << 20;    // taken for a value whose shape is not known before it is run
constexpr std::size_t kMostPairs = 32;

using Batches = std::vector<std::vector<NamedTensor>>;

/// Bytes of each value of the graph over all batches, as floats.
std::vector<std::int64_t> bytesOfValues(const Graph& graph, const Batches& batches) {
    Graph bound = graph;
    std::map<std::string, Shape> shapes;
    for (const NamedTensor& input : batches.front()) shapes[input.name] = input.tensor.shape();
    const bool known = graph::bindInputShapes(bound, shapes).has_value();
    std::vector<std::int64_t> bytes;
    for (const graph::Value& value : bound.values) {
        const auto shape = known ? value.type.shape() : std::nullopt;
        const auto one = shape ? tensor::byteSize(DataType::Float32, shape->elementCount()) : std::nullopt;
        bytes.push_back(std::min(one.value_or(kUnknownBytes), kStretchBytes) * static_cast<std::int64_t>(batches.size()));
    }
    return bytes;
}

/// The pairs [first, end) that are compared together.
std::size_t endOfStretch(const std::vector<evaluate::NodePair>& pairs, std::size_t first, const std::vector<std::int64_t>& bytes) {
    std::int64_t sum = 0;
    std::size_t end = first;
    for (; end < pairs.size() && end - first < kMostPairs; ++end) {
        for (const evaluate::ValuePair& value : pairs[end].values) sum += bytes[static_cast<std::size_t>(value.reference)];
        if (sum > kStretchBytes && end > first) break;
    }
    return end;
}

struct Side {
    const Graph& graph;
    CalibrationRuns runs;
};

Status compareStretch(evaluate::NodeFidelityTally& tally, Side& reference, Side& changed, std::size_t first, std::size_t end) {
    std::vector<std::pair<std::size_t, std::size_t>> places;  // pair, value
    std::vector<graph::ValueId> ours, theirs;
    for (std::size_t pair = first; pair < end; ++pair) {
        for (std::size_t value = 0; value < tally.pairs()[pair].values.size(); ++value) {
            places.emplace_back(pair, value);
            theirs.push_back(tally.pairs()[pair].values[value].reference);
            ours.push_back(tally.pairs()[pair].values[value].changed);
        }
    }
    if (places.empty()) return {};
    std::vector<std::vector<Tensor>> kept(places.size());  // of the reference, one a batch; CalibrationRuns hands over tensors of their own
    TRIMTAB_REQUIRE(reference.runs.forEach(reference.graph, theirs, [&](std::size_t which, const Tensor& value) -> Status {
        kept[which].push_back(value);
        return {};
    }));
    std::vector<std::size_t> batch(places.size(), 0);
    return changed.runs.forEach(changed.graph, ours, [&](std::size_t which, const Tensor& value) -> Status {
        const Tensor wanted = std::move(kept[which][batch[which]++]);
        return tally.see(places[which].first, places[which].second, wanted, value);
    });
}

std::int64_t samplesIn(const Batches& batches) {
    std::int64_t samples = 0;
    for (const auto& batch : batches)
        samples += batch.empty() || batch.front().tensor.shape().rank() == 0 ? 1 : batch.front().tensor.shape()[0];
    return samples;
}

Result<std::string> inputsText(const ipc::FidelityRequest& request, const Graph& graph) {
    if (request.data.empty()) return fmt::format("drawn from seed {}", request.model.setting.seed);
    TRIMTAB_TRY(const auto data, openData(request.data, &graph, request.model.model));
    return data->name();
}

}  // namespace

Result<Json> fidelity(const Json& params, Workbench& bench, const Call& call) {
    TRIMTAB_TRY(const auto request, ipc::fidelityRequestFromJson(params));
    TRIMTAB_TRY(const auto model, bench.model(request.model, call));
    TRIMTAB_TRY(const auto compressed, bench.compressed(request.model, call));
    const auto& setting = request.model.setting;
    TRIMTAB_TRY(const CalibrationSet set,
                inputSet(model->graph, request.data, request.model.model, request.samples, setting, setting.seed));
    TRIMTAB_TRY(const auto engine, makeEngine(setting.engine, setting.threads, setting.device));
    Side reference{model->graph, CalibrationRuns(set.batches, *engine, setting, call)};
    Side changed{compressed->graph, CalibrationRuns(set.batches, *engine, setting, call)};
    evaluate::NodeFidelityTally tally(reference.graph, changed.graph);
    const auto bytes = bytesOfValues(reference.graph, set.batches);
    for (std::size_t first = 0; first < tally.pairs().size();) {
        call.progress(static_cast<double>(first) / static_cast<double>(tally.pairs().size()), "comparing node by node");
        const std::size_t end = endOfStretch(tally.pairs(), first, bytes);
        TRIMTAB_REQUIRE(compareStretch(tally, reference, changed, first, end));
        first = end;
    }
    trace::FidelityProfile profile = tally.finish();
    profile.thresholdDb = request.thresholdDb;
    profile.samples = samplesIn(set.batches);
    TRIMTAB_TRY(profile.inputs, inputsText(request, reference.graph));
    return trace::toJson(profile);
}

}  // namespace trimtab::worker
