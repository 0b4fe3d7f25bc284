#include "profiler/worker/unit_group_cells.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/compress/layer_units.h"
#include "core/evaluate/score.h"
#include "core/graph/attention/attention_nodes.h"
#include "profiler/worker/calibration_runs.h"
#include "profiler/worker/calibration_set.h"
#include "profiler/worker/engines.h"
#include "profiler/worker/output_distance.h"
#include "profiler/worker/paired_gain.h"

namespace trimtab::worker {
namespace {

constexpr double kTimesAsLong = 5;  // as a stretch of the model: the same gain is a smaller share of a whole run

/// A model whose outputs are looked at on the way.
class WatchedModel final : public runtime::CompiledModel {
public:
    WatchedModel(runtime::CompiledModel& model, OutputDistance& distance) : m_model(model), m_distance(distance) {}

    Result<std::vector<NamedTensor>> run(std::span<const NamedTensor> inputs, trace::NodeListener* listener) override {
        TRIMTAB_TRY(auto outputs, m_model.run(inputs, listener));
        TRIMTAB_REQUIRE(m_distance.see(m_batch++, evaluate::scoredOutput(outputs)));
        return outputs;
    }
    Status prepare(std::span<const NamedTensor> inputs) override { return m_model.prepare(inputs); }
    const std::vector<trace::LayerRecord>& layers() const override { return m_model.layers(); }
    std::int64_t weightBytes() const override { return m_model.weightBytes(); }
    std::int64_t arenaBytes() const override { return m_model.arenaBytes(); }

private:
    runtime::CompiledModel& m_model;
    OutputDistance& m_distance;
    std::size_t m_batch = 0;
};

trial::SensitivityCell refusedCell(std::string why) {
    trial::SensitivityCell cell;
    cell.refusal = std::move(why);
    return cell;
}

bool isRefusal(const Error& error) { return error.code == ErrorCode::Refused || error.code == ErrorCode::Unsupported; }

}  // namespace

bool keepsCaches(const trial::SensitivityOption& option) { return option.settings.kvCache && option.settings.kvCache->bits < 32; }

bool removesUnits(const trial::SensitivityOption& option) { return option.settings.prune && recipe::removesUnits(*option.settings.prune); }

base::Estimate lossBetween(const evaluate::Evaluation& untreated, const evaluate::Evaluation& treated, bool higherIsBetter) {
    const base::Estimate difference = base::pairedDifference(untreated.sampleScores, treated.sampleScores, treated.sampleWeights);
    if (!higherIsBetter) return difference;
    return {-difference.value, {-difference.interval.high, -difference.interval.low}};
}

UnitGroupCells::UnitGroupCells(const Graph& graph, const CellTools& tools) : m_graph(graph), m_tools(tools) {
    addGroups();
    if (std::ranges::any_of(tools.request.options, keepsCaches)) addAttentions();
}

void UnitGroupCells::addGroups() {
    std::set<std::string_view> asked;
    for (const auto& option : m_tools.request.options)
        if (removesUnits(option)) asked.insert(option.settings.prune->pattern);
    if (asked.empty()) return;
    for (const compress::UnitGroup& group : compress::findUnits(m_graph).groups) {
        if (!group.reason.empty() || !asked.contains(compress::name(group.kind))) continue;
        trial::SensitivityUnit row;
        for (const int maker : group.makers) row.nodes.push_back(m_graph.nodes[static_cast<std::size_t>(maker)].name);
        row.name = fmt::format("{} of {}", compress::name(group.kind), compress::joinedName(row.nodes));
        m_rows.push_back(std::move(row));
        m_kinds.push_back(group.kind);
    }
}

void UnitGroupCells::addAttentions() {
    for (const graph::AttentionNodes& attention : graph::attentionNodes(m_graph)) {
        trial::SensitivityUnit row;
        row.nodes.push_back(m_graph.nodes[static_cast<std::size_t>(attention.scores)].name);
        if (attention.mix != attention.scores) row.nodes.push_back(m_graph.nodes[static_cast<std::size_t>(attention.mix)].name);
        row.name = "keys and values of " + compress::joinedName(row.nodes);
        m_rows.push_back(std::move(row));
        m_kinds.push_back(std::nullopt);
    }
}

trial::SensitivityCell UnitGroupCells::refusalOfLayers(const trial::SensitivityOption& option) const {
    if (!removesUnits(option))
        return refusedCell(std::ranges::any_of(m_kinds, [](const auto& kind) { return !kind; })
                               ? "keys and values are kept by attention, which has rows of its own"
                               : "keys and values are kept by attention, and the model has none");
    const std::string& pattern = option.settings.prune->pattern;
    if (pattern == "blocks")
        return refusedCell("blocks leave the model whole, and a table of single layers has no rows of them: sweep prune.ratio with "
                           "prune.pattern=blocks");
    const auto isMeant = [&](const auto& kind) { return kind && compress::name(*kind) == pattern; };
    if (std::ranges::none_of(m_kinds, isMeant)) return refusedCell(fmt::format("the model has no {} that can leave", pattern));
    return refusedCell("units that leave change what reads them: see the rows of groups of " + pattern);
}

Result<recipe::Settings> UnitGroupCells::partOf(std::size_t row, const trial::SensitivityOption& option) const {
    recipe::Settings part;
    if (!m_kinds[row]) {
        if (!keepsCaches(option))
            return fail(ErrorCode::Refused, "this row takes options of kv_cache; the rest stands in the layers' own rows");
        if (removesUnits(option)) return fail(ErrorCode::Refused, "an option removes units or keeps caches: say the two as two options");
        part.kvCache = option.settings.kvCache;
        return part;
    }
    if (!removesUnits(option))
        return fail(ErrorCode::Refused, "groups of units take options that remove some of them; the rest stands in the layers' own rows");
    const std::string_view kind = compress::name(*m_kinds[row]);
    if (option.settings.prune->pattern != kind)
        return fail(ErrorCode::Refused, fmt::format("it is a group of {}, not of {}", kind, option.settings.prune->pattern));
    part.prune = option.settings.prune;
    return part;
}

Result<UnitGroupCells::Whole> UnitGroupCells::made(const recipe::Recipe& recipe, trial::SensitivityCell& cell) {
    const ipc::ModelRequest& request = m_tools.request.model;
    compress::Tools tools;
    tools.cancelled = m_tools.call.cancelled;
    std::optional<CalibrationRuns> runs;
    const auto math = tensorMathOf(m_tools.engine);
    if (recipe.needsCalibration()) {
        TRIMTAB_TRY(auto set, calibrationSet(m_graph, request));
        tools.activations = &runs.emplace(std::move(set.batches), m_tools.engine, request.setting, m_tools.call);
        tools.math = math.get();
    }
    TRIMTAB_TRY(auto compressed, compress::compress(m_graph, recipe, tools));
    Whole whole;
    whole.storedBytes = compressed.storedBytes;
    TRIMTAB_TRY(whole.model, m_tools.engine.compile(compressed.graph, request.setting));
    OutputDistance distance(m_tools.reference);
    WatchedModel watched(*whole.model, distance);
    TRIMTAB_TRY(whole.evaluation, m_tools.data.score(watched, m_tools.reference, {nullptr, m_tools.call.cancelled}));
    ++m_evaluations;
    distance.tell(cell);
    return whole;
}

Result<const UnitGroupCells::Whole*> UnitGroupCells::untreated(const recipe::Recipe& recipe) {
    const std::string key = recipe::canonical(recipe);
    const auto known = m_untreated.find(key);
    if (known != m_untreated.end()) return &known->second;
    trial::SensitivityCell unused;
    TRIMTAB_TRY(Whole whole, made(recipe, unused));
    return &m_untreated.emplace(key, std::move(whole)).first->second;
}

Result<trial::SensitivityCell> UnitGroupCells::cell(std::size_t row, const trial::SensitivityOption& option) {
    const auto part = partOf(row, option);
    if (!part) return refusedCell(part.error().text());
    recipe::Recipe recipe;
    recipe.base = option.settings;
    if (part->prune) recipe.base.prune.reset();
    if (part->kvCache) recipe.base.kvCache.reset();
    const auto before = untreated(recipe);
    if (!before && isRefusal(before.error())) return refusedCell(before.error().text());
    if (!before) return fail(before.error());
    for (const std::string& node : m_rows[row].nodes) {
        recipe::Rule& rule = recipe.rules.emplace_back();
        rule.match.name = node;
        rule.settings = *part;
    }
    trial::SensitivityCell cell;
    const auto after = made(recipe, cell);
    if (!after && isRefusal(after.error())) return refusedCell(after.error().text());
    if (!after) return fail(after.error());
    cell.loss = lossBetween((*before)->evaluation, after->evaluation, m_tools.higherIsBetter);
    cell.storedBytes = after->storedBytes - (*before)->storedBytes;
    TRIMTAB_REQUIRE(time(**before, *after, cell));
    return cell;
}

Status UnitGroupCells::time(const Whole& before, const Whole& after, trial::SensitivityCell& cell) {
    TRIMTAB_REQUIRE(before.model->prepare(m_tools.timed));
    TRIMTAB_REQUIRE(after.model->prepare(m_tools.timed));
    const auto& layers = after.model->layers();
    cell.execution = trace::overall(layers);
    for (const auto& layer : layers)
        if (cell.kernel.empty() || layer.execution == trace::Execution::Emulated) cell.kernel = layer.kernel, cell.reason = layer.reason;
    if (cell.execution == trace::Execution::Emulated || m_tools.request.secondsPerCell == 0) return {};
    TRIMTAB_TRY(const PairedGain gain, pairedGain(*before.model, m_tools.timed, *after.model, m_tools.timed,
                                                  kTimesAsLong * m_tools.request.secondsPerCell, m_tools.call));
    cell.gainNs = gain.gainNs;
    return {};
}

}  // namespace trimtab::worker
