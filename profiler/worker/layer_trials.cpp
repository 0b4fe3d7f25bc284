#include "profiler/worker/layer_trials.h"

#include <atomic>
#include <map>

#include <fmt/format.h>

#include "core/base/parallel.h"
#include "profiler/worker/paired_gain.h"
#include "profiler/worker/segment_runs.h"

namespace trimtab::worker {
namespace {

using trial::LayerTrial;

bool isRefusal(const Error& error) { return error.code == ErrorCode::Refused || error.code == ErrorCode::Unsupported; }

/// What kernels do, without whose layers they are.
std::string likeness(const std::vector<trace::LayerRecord>& layers) {
    std::string key;
    for (const trace::LayerRecord& layer : layers)
        key += fmt::format("{} {} {} {} {} {} {} {:.6g} {:.3f}\n", layer.op, layer.kernel, layer.compute, layer.weightBits, layer.group,
                           layer.weightBytes, layer.activationBytes, layer.operations, layer.density);
    return key;
}

class LayerTrials {
public:
    LayerTrials(const LayerTrialTools& tools) : m_tools(tools), m_evicted(static_cast<std::size_t>(tools.evictBytes / 8), 1) {}

    Result<std::vector<LayerTrial>> run(const Graph& graph, const std::vector<trial::SensitivityOption>& options) {
        TRIMTAB_TRY(m_model, cutModel(graph));
        TRIMTAB_TRY(m_frontier, Frontier::begin(m_model, {m_tools.inputs}));
        std::vector<LayerTrial> trials;
        for (std::size_t unit = 0; unit < m_model.units.size(); ++unit) {
            TRIMTAB_TRY(const auto before, compileSegment(segmentOf(m_model, unit), m_tools.engine, m_tools.setting));
            TRIMTAB_REQUIRE(m_frontier.advance(m_model, unit, before, m_tools.call.cancelled));
            TRIMTAB_TRY(const auto untreated, treated(unit, m_tools.recipe));
            for (const auto& option : options) {
                const double cells = static_cast<double>(m_model.units.size() * options.size());
                m_tools.call.progress(static_cast<double>(trials.size()) / cells, "trying options on " + m_model.units[unit].name);
                TRIMTAB_TRY(auto trial, tryOption(unit, untreated, option));
                trials.push_back(std::move(trial));
            }
        }
        return trials;
    }

private:
    Result<CompiledSegment> treated(std::size_t unit, const recipe::Recipe& recipe) const {
        TRIMTAB_TRY(const auto compressed, compress::compress(unitOf(m_model, unit), recipe));
        return compileSegment(treatedSegment(m_model, unit, compressed.graph), m_tools.engine, m_tools.setting);
    }

    /// The recipe with the option in place of what it says of this unit.
    recipe::Recipe recipeWith(std::size_t unit, const trial::SensitivityOption& option) const {
        recipe::Recipe recipe = m_tools.recipe;
        for (const std::size_t node : m_model.units[unit].nodes) {
            recipe::Rule& rule = recipe.rules.emplace_back();
            rule.match.name = m_model.graph.nodes[node].name;
            rule.settings = option.settings;
        }
        return recipe;
    }

    Result<LayerTrial> tryOption(std::size_t unit, const CompiledSegment& untreated, const trial::SensitivityOption& option) {
        LayerTrial trial;
        trial.option = option;
        for (const std::size_t node : m_model.units[unit].nodes) trial.nodes.push_back(m_model.graph.nodes[node].name);
        for (std::size_t node = m_model.begins[unit + 1]; node < m_model.begins[unit + 2]; ++node)
            trial.stretch.push_back(m_model.graph.nodes[node].name);
        const auto segment = treated(unit, recipeWith(unit, option));
        if (!segment && !isRefusal(segment.error())) return fail(segment.error());
        if (!segment) {
            trial.refusal = segment.error().text();
            return trial;
        }
        const Values& known = m_frontier.batches().front();
        const auto before = untreated.inputsFrom(known), after = segment->inputsFrom(known);
        TRIMTAB_REQUIRE(untreated.model->prepare(before));
        TRIMTAB_REQUIRE(segment->model->prepare(after));
        trial.execution = trace::overall(segment->model->layers());
        for (const trace::LayerRecord& layer : segment->model->layers())
            if (trial.reason.empty()) trial.reason = layer.reason;
        if (trial.execution == trace::Execution::Emulated) return trial;
        const std::string key = likeness(untreated.model->layers()) + "against\n" + likeness(segment->model->layers());
        if (!m_timed.contains(key)) {
            const auto empty = m_evicted.empty() ? std::function<Status()>() : [this] { return evict(); };
            TRIMTAB_TRY(m_timed[key], pairedGain(*untreated.model, before, *segment->model, after, m_tools.seconds, m_tools.call, empty));
        }
        const PairedGain& gain = m_timed.at(key);
        trial.untreatedNs = gain.untreatedNs;
        const auto share = [&](double nanoseconds) { return nanoseconds / std::max(gain.untreatedNs, 1.0); };
        trial.saved = {share(gain.gainNs.value), {share(gain.gainNs.interval.low), share(gain.gainNs.interval.high)}};
        return trial;
    }

    /// Reads alone: what was written would have to leave the cache again while a layer is timed.
    Status evict() {
        const std::size_t parts = base::availableProcessors();
        base::parallelFor(parts, [&](std::size_t part) {
            std::uint64_t sum = 0;
            for (std::size_t i = part * m_evicted.size() / parts; i < (part + 1) * m_evicted.size() / parts; ++i) sum += m_evicted[i];
            m_sum += sum;
        });
        return {};
    }

    LayerTrialTools m_tools;
    CutModel m_model;
    Frontier m_frontier;
    std::map<std::string, PairedGain> m_timed;
    std::vector<std::uint64_t> m_evicted;
    std::atomic<std::uint64_t> m_sum = 0;  // so that the reads are not left out
};

}  // namespace

Result<std::vector<LayerTrial>> tryLayers(const Graph& graph, const std::vector<trial::SensitivityOption>& options,
                                          const LayerTrialTools& tools) {
    if (tools.recipe.needsCalibration())
        return fail(ErrorCode::Refused, "options are tried on single layers of recipes that need no calibration data");
    return LayerTrials(tools).run(graph, options);
}

}  // namespace trimtab::worker
