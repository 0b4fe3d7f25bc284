// "sensitivity": each unit of layers under each option. The model is cut in front of every unit (segments.h). A cell compresses one unit on
// what calibration reaches it, and runs the rest of the model from there; what stands before the unit is computed once for all its options,
// so L units cost about half of L runs an option. Times are taken on the stretch from the unit to the next one, treated and untreated in
// turns. Behind the units of layers stand the groups of units that options can remove, and the caches of attentions (unit_group_cells.h).
#include <algorithm>

#include <fmt/format.h>

#include "core/base/statistics.h"
#include "profiler/worker/calibration_runs.h"
#include "profiler/worker/calibration_set.h"
#include "profiler/worker/engines.h"
#include "profiler/worker/input_files.h"
#include "profiler/worker/methods.h"
#include "profiler/worker/output_distance.h"
#include "profiler/worker/paired_gain.h"
#include "profiler/worker/plan_keys.h"
#include "profiler/worker/scored_batches.h"
#include "profiler/worker/segment_runs.h"
#include "profiler/worker/unit_group_cells.h"
#include "profiler/worker/workbench.h"

namespace trimtab::worker {
namespace {

constexpr std::int64_t kReferenceBytes = std::int64_t{256} << 20;  // of untreated outputs that are kept for kl and sqnr
using trial::SensitivityCell;

recipe::Recipe recipeOf(const trial::SensitivityOption& option) {
    recipe::Recipe recipe;
    recipe.base = option.settings;
    return recipe;
}

bool asksForTheWhole(const trial::SensitivityOption& option) { return removesUnits(option) || keepsCaches(option); }

/// A table of refusals alone tells nothing.
Status checkAnyMeasured(const trial::SensitivityTable& table) {
    constexpr std::size_t kMostReasons = 4;
    if (table.cells.empty() || !std::ranges::all_of(table.cells, &SensitivityCell::refused)) return {};
    std::vector<std::string> reasons;
    for (const SensitivityCell& cell : table.cells)
        if (std::ranges::find(reasons, cell.refusal) == reasons.end()) reasons.push_back(cell.refusal);
    const std::size_t more = reasons.size() - std::min(reasons.size(), kMostReasons);
    reasons.resize(reasons.size() - more);
    return fail(ErrorCode::Refused, fmt::format("no layer can have any of the options: {}{}", fmt::join(reasons, "; "),
                                                more > 0 ? fmt::format("; and {} reasons more", more) : ""));
}

class Sensitivity {
public:
    Sensitivity(const ipc::SensitivityRequest& request, const Call& call) : m_request(request), m_call(call) {}

    Result<trial::SensitivityTable> measure(const Graph& graph) {
        TRIMTAB_TRY(m_model, cutModel(graph));
        TRIMTAB_TRY(m_data, ScoredBatches::open(m_model.graph, m_request));
        const recipe::RunSetting& setting = m_request.model.setting;
        TRIMTAB_TRY(m_engine, makeEngine(setting.engine, setting.threads, setting.device));
        TRIMTAB_REQUIRE(compileAll());
        TRIMTAB_REQUIRE(startFrontiers());
        TRIMTAB_REQUIRE(scoreUntreated());
        m_table.options = m_request.options;
        const CellTools tools{m_request, m_call, *m_engine, *m_data, m_reference, m_inputs, m_table.higherIsBetter};
        UnitGroupCells groups(m_model.graph, tools);
        for (std::size_t unit = 0; unit < m_model.units.size(); ++unit) {
            TRIMTAB_REQUIRE(advance(unit));
            TRIMTAB_REQUIRE(describe(unit));
            for (const auto& option : m_request.options) {
                TRIMTAB_REQUIRE(tell(m_model.units.size()));
                TRIMTAB_TRY(auto cell, asksForTheWhole(option) ? groups.refusalOfLayers(option) : cellOf(unit, option));
                m_table.cells.push_back(std::move(cell));
            }
        }
        TRIMTAB_REQUIRE(measureGroups(groups));
        TRIMTAB_REQUIRE(checkAnyMeasured(m_table));
        m_table.wholeRuns = m_operations / std::max(m_whole, 1.0);
        return std::move(m_table);
    }

private:
    Status tell(std::size_t rows) const {
        if (m_call.cancelled()) return fail(ErrorCode::Cancelled, "cancelled");
        const auto cells = static_cast<double>(rows * m_request.options.size());
        m_call.progress(static_cast<double>(m_table.cells.size()) / cells, "measuring " + m_table.units.back().name);
        return {};
    }

    Status measureGroups(UnitGroupCells& groups) {
        for (std::size_t row = 0; row < groups.rows().size(); ++row) {
            m_table.units.push_back(groups.rows()[row]);
            for (const auto& option : m_request.options) {
                TRIMTAB_REQUIRE(tell(m_model.units.size() + groups.rows().size()));
                TRIMTAB_TRY(auto cell, groups.cell(row, option));
                m_table.cells.push_back(std::move(cell));
            }
        }
        m_operations += m_whole * static_cast<double>(groups.evaluations());
        return {};
    }

    Status compileAll() {
        for (std::size_t s = 0; s < m_model.segments(); ++s) {
            TRIMTAB_TRY(auto segment, compileSegment(segmentOf(m_model, s), *m_engine, m_request.model.setting));
            m_untreated.push_back(std::move(segment));
        }
        return {};
    }

    Status startFrontiers() {
        TRIMTAB_TRY(m_scored, Frontier::begin(m_model, m_data->batches()));
        m_calibrates = std::ranges::any_of(m_request.options, [](const auto& option) { return recipeOf(option).needsCalibration(); });
        if (m_calibrates) {
            TRIMTAB_TRY(const auto set, calibrationSet(m_model.graph, m_request.model));
            TRIMTAB_TRY(m_calibration, Frontier::begin(m_model, set.batches));
            TRIMTAB_TRY(m_table.calibration, calibrationIdentity(m_model.graph, m_request.model));
        }
        TRIMTAB_TRY(m_inputs, inputsFor(m_model.graph, m_request.model.setting, {}));
        m_table.batch = batchOf(m_inputs);
        TRIMTAB_TRY(m_timed, Frontier::begin(m_model, {m_inputs}));
        return {};
    }

    std::vector<const CompiledSegment*> untreatedFrom(std::size_t segment) const {
        std::vector<const CompiledSegment*> list;
        for (std::size_t s = segment; s < m_untreated.size(); ++s) list.push_back(&m_untreated[s]);
        return list;
    }

    Status scoreUntreated() {
        m_call.progress(0, "scoring the untreated model");
        std::int64_t kept = 0;
        const auto keep = [&](std::size_t, const Tensor& output) -> Status {
            kept += static_cast<std::int64_t>(output.bytes().size());
            const bool needed = m_request.data.empty();
            if (!needed && kept > kReferenceBytes && !m_reference.empty()) return {};
            TRIMTAB_TRY(m_reference.emplace_back(), output.clone());
            return {};
        };
        TailModel whole(m_model, m_scored, untreatedFrom(0), keep);
        TRIMTAB_TRY(m_baseline, m_data->score(whole, {}, {nullptr, m_call.cancelled}));
        for (const CompiledSegment& segment : m_untreated) m_segmentOperations.push_back(operationsOf(segment));
        for (const double operations : m_segmentOperations) m_whole += operations;
        m_table.metric = m_baseline.metric;
        m_table.higherIsBetter = m_baseline.direction == evaluate::Direction::HigherIsBetter;
        m_table.fidelity = m_baseline.fidelity;
        m_table.windows = m_baseline.windows;
        m_table.baseline = m_baseline.estimate.value;
        m_table.samples = m_baseline.n;
        const double share = static_cast<double>(m_reference.size()) / static_cast<double>(m_data->batches().size());
        m_table.klSamples = static_cast<std::int64_t>(share * static_cast<double>(m_data->samples()));
        return {};
    }

    static double operationsOf(const CompiledSegment& segment) {
        double operations = 0;
        if (!segment.model) return 0;
        for (const auto& layer : segment.model->layers()) operations += std::max(layer.operations, 0.0);
        return operations;
    }

    /// All frontiers to the front of a unit.
    Status advance(std::size_t unit) {
        const CompiledSegment& before = m_untreated[unit];
        TRIMTAB_REQUIRE(m_scored.advance(m_model, unit, before, m_call.cancelled));
        m_operations += m_segmentOperations[unit];
        if (m_calibrates) TRIMTAB_REQUIRE(m_calibration.advance(m_model, unit, before, m_call.cancelled));
        return m_timed.advance(m_model, unit, before, m_call.cancelled);
    }

    Status describe(std::size_t unit) {
        const compress::LayerUnit& layers = m_model.units[unit];
        trial::SensitivityUnit row;
        row.name = layers.name;
        row.parameters = layers.parameters;
        for (const std::size_t node : layers.nodes) row.nodes.push_back(m_model.graph.nodes[node].name);
        for (const graph::ValueId weight : layers.weights) {
            const graph::Value& value = m_model.graph.value(weight);
            row.weightBytes += value.quantized ? value.quantized->storedBytes() : static_cast<std::int64_t>(value.constant->bytes().size());
        }
        row.isLast = unit + 1 == m_model.units.size();
        m_gains.clear();
        m_table.units.push_back(std::move(row));
        return {};
    }

    Result<SensitivityCell> cellOf(std::size_t unit, const trial::SensitivityOption& option) {
        auto compressed = compressUnit(unit, option);
        if (!compressed) {
            if (compressed.error().code != ErrorCode::Refused && compressed.error().code != ErrorCode::Unsupported)
                return fail(compressed.error());
            SensitivityCell refused;
            refused.refusal = compressed.error().text();
            return refused;
        }
        TRIMTAB_TRY(const auto treated,
                    compileSegment(treatedSegment(m_model, unit, compressed->graph), *m_engine, m_request.model.setting));
        SensitivityCell cell;
        std::int64_t parameters = 0;
        double bits = 0;
        for (const auto& layer : compressed->layers) {
            cell.storedBytes += layer.storedBytes;
            parameters += layer.parameters;
            bits += static_cast<double>(layer.parameters) * layer.bits;
        }
        cell.bits = bits / static_cast<double>(std::max<std::int64_t>(parameters, 1));
        TRIMTAB_REQUIRE(scoreCell(unit, treated, cell));
        TRIMTAB_REQUIRE(timeCell(unit, treated, cell));
        return cell;
    }

    Result<compress::Compressed> compressUnit(std::size_t unit, const trial::SensitivityOption& option) {
        const Graph alone = unitOf(m_model, unit);
        const recipe::Recipe recipe = recipeOf(option);
        compress::Tools tools;
        tools.cancelled = m_call.cancelled;
        if (!recipe.needsCalibration()) return compress::compress(alone, recipe, tools);
        std::vector<std::vector<NamedTensor>> batches;
        for (const Values& values : m_calibration.batches()) {
            auto& batch = batches.emplace_back();
            for (const graph::ValueId id : alone.inputs) batch.push_back({alone.value(id).name, values.at(id)});
        }
        CalibrationRuns runs(std::move(batches), *m_engine, m_request.model.setting, m_call);
        const auto math = tensorMathOf(*m_engine);
        tools.activations = &runs;
        tools.math = math.get();
        return compress::compress(alone, recipe, tools);
    }

    Status scoreCell(std::size_t unit, const CompiledSegment& treated, SensitivityCell& cell) {
        OutputDistance distance(m_reference);
        const auto compare = [&](std::size_t batch, const Tensor& output) { return distance.see(batch, output); };
        auto segments = untreatedFrom(unit + 1);
        segments.front() = &treated;
        TailModel tail(m_model, m_scored, std::move(segments), compare);
        TRIMTAB_TRY(const auto evaluation, m_data->score(tail, m_reference, {nullptr, m_call.cancelled}));
        for (std::size_t s = unit + 1; s < m_segmentOperations.size(); ++s) m_operations += m_segmentOperations[s];
        cell.loss = lossBetween(m_baseline, evaluation, m_table.higherIsBetter);
        distance.tell(cell);
        return {};
    }

    Status timeCell(std::size_t unit, const CompiledSegment& treated, SensitivityCell& cell) {
        const Values& known = m_timed.batches().front();
        const CompiledSegment& untreated = m_untreated[unit + 1];
        const auto before = untreated.inputsFrom(known), after = treated.inputsFrom(known);
        TRIMTAB_REQUIRE(treated.model->prepare(after));
        const auto& layers = treated.model->layers();
        cell.execution = trace::overall(layers);
        const auto row = std::ranges::find_if(layers, [&](const auto& layer) { return layer.node == m_table.units.back().nodes.front(); });
        const trace::LayerRecord& shown = row != layers.end() ? *row : layers.front();
        cell.kernel = shown.kernel;
        cell.reason = shown.reason;
        if (cell.execution == trace::Execution::Emulated || m_request.secondsPerCell == 0) return {};
        // Kernels do not know how weights were rounded: what plans alike takes as long.
        const std::string key = planKey(layers, {}, {});
        const auto timed = m_gains.find(key);
        if (timed != m_gains.end()) {
            cell.gainNs = timed->second;
            return {};
        }
        TRIMTAB_TRY(const PairedGain gain, pairedGain(*untreated.model, before, *treated.model, after, m_request.secondsPerCell, m_call));
        cell.gainNs = gain.gainNs;
        m_table.units.back().medianNs = gain.untreatedNs;
        m_gains.emplace(key, *cell.gainNs);
        return {};
    }

    const ipc::SensitivityRequest& m_request;
    const Call& m_call;
    CutModel m_model;
    std::optional<ScoredBatches> m_data;
    std::unique_ptr<runtime::Engine> m_engine;
    std::vector<CompiledSegment> m_untreated;
    Frontier m_scored, m_calibration, m_timed;
    std::vector<NamedTensor> m_inputs;  // of a timed run
    bool m_calibrates = false;
    std::vector<Tensor> m_reference;  // untreated outputs of the first batches
    evaluate::Evaluation m_baseline;
    std::vector<double> m_segmentOperations;  // of a run on the batch that is scored last
    double m_whole = 0, m_operations = 0;
    std::map<std::string, base::Estimate> m_gains;  // of one unit, by plan
    trial::SensitivityTable m_table;
};

}  // namespace

Result<Json> sensitivity(const Json& params, Workbench& bench, const Call& call) {
    TRIMTAB_TRY(const auto request, ipc::sensitivityRequestFromJson(params));
    TRIMTAB_TRY(const auto loaded, bench.model(request.model, call));
    TRIMTAB_TRY(const auto table, Sensitivity(request, call).measure(loaded->graph));
    return trial::toJson(table);
}

}  // namespace trimtab::worker
