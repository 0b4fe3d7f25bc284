#include "core/compress/structure/remove_units.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/compress/coverage.h"
#include "core/compress/structure/reconstruct.h"
#include "core/compress/structure/repaired_shares.h"
#include "core/compress/structure/select_units.h"
#include "core/compress/structure/shrink.h"
#include "core/compress/structure/unit_importance.h"

namespace trimtab::compress {
namespace {

using graph::Node;
using Specs = std::vector<std::optional<recipe::PruneSpec>>;  // by node: what removes units there

Result<Specs> specsOf(const Graph& graph, const recipe::Recipe& recipe) {
    Specs specs(graph.nodes.size());
    for (std::size_t i = 0; i < specs.size(); ++i) {
        if (!formsProducts(graph.nodes[i])) continue;
        TRIMTAB_TRY(const recipe::Settings settings, recipe::settingsFor(recipe, graph.nodes[i]));
        if (settings.prune && recipe::removesUnits(*settings.prune)) specs[i] = settings.prune;
    }
    return specs;
}

/// The settings that layers with units in common share; none when no one of them asks for `pattern`.
Result<std::optional<recipe::PruneSpec>> agreedSpec(const Graph& graph, const Specs& specs, const std::vector<int>& layers,
                                                    std::string_view pattern) {
    const auto asks = [&](int layer) {
        const auto& spec = specs[static_cast<std::size_t>(layer)];
        return spec && spec->pattern == pattern;
    };
    if (std::ranges::none_of(layers, asks)) return std::nullopt;
    const auto& first = specs[static_cast<std::size_t>(layers.front())];
    if (std::ranges::all_of(layers, [&](int layer) { return specs[static_cast<std::size_t>(layer)] == first; })) return first;
    std::vector<std::string> names;
    for (const int layer : layers) names.push_back(graph.nodes[static_cast<std::size_t>(layer)].name);
    return fail(ErrorCode::Refused,
                fmt::format("prune must be the same for layers whose {} leave together: {}", pattern, fmt::join(names, ", ")));
}

bool looksAt(const recipe::PruneSpec& spec) { return spec.method == "taylor" || spec.method == "frequency"; }

using Measure = Result<std::vector<double>> (*)(const Graph&, const UnitGroups&, const std::vector<bool>& wanted, const Tools&);

/// What `measure` says of the wanted units, or said of them before.
Result<std::vector<double>> remembered(std::string_view name, Measure measure, const Graph& graph, const UnitGroups& found,
                                       const std::vector<bool>& wanted, const Tools& tools) {
    if (!tools.knownScores) return measure(graph, found, wanted, tools);
    std::string asked(name);
    for (const bool flag : wanted) asked += flag ? '1' : '0';
    for (const Node& node : graph.nodes) asked += '\n' + node.name;  // blocks may have left the model
    if (const auto known = tools.knownScores->find(asked); known != tools.knownScores->end()) return known->second;
    TRIMTAB_TRY(auto scores, measure(graph, found, wanted, tools));
    return tools.knownScores->emplace(std::move(asked), std::move(scores)).first->second;
}

/// Scores of the groups by each one's own method; a method that looks at activations looks once for all of them.
Result<std::vector<ScoredGroup>> scored(const Graph& graph, const UnitGroups& found,
                                        const std::vector<std::pair<std::size_t, recipe::PruneSpec>>& chosen, const Tools& tools) {
    std::vector<bool> weighed(static_cast<std::size_t>(found.unitCount)), counted = weighed, repaired = weighed;
    bool byMagnitude = false;
    for (const auto& [group, spec] : chosen) {
        byMagnitude = byMagnitude || spec.method == "magnitude";
        for (const int unit : found.groups[group].units)
            (spec.method != "taylor" ? counted : spec.reconstruct ? repaired : weighed)[static_cast<std::size_t>(unit)] = looksAt(spec);
    }
    const auto any = [](const std::vector<bool>& flags) { return std::ranges::find(flags, true) != flags.end(); };
    std::vector<double> magnitudes, shares(weighed.size()), active;
    if (byMagnitude) magnitudes = unitMagnitudes(graph, found);
    if (any(weighed)) {
        TRIMTAB_TRY(shares, remembered("output shares ", outputShares, graph, found, weighed, tools));
    }
    if (any(repaired)) {
        TRIMTAB_TRY(const auto after, remembered("repaired shares ", repairedShares, graph, found, repaired, tools));
        for (std::size_t unit = 0; unit < shares.size(); ++unit) shares[unit] += after[unit];  // each is of one kind
    }
    if (any(counted)) {
        TRIMTAB_TRY(active, remembered("active shares ", activeShares, graph, found, counted, tools));
    }
    std::vector<ScoredGroup> groups;
    for (const auto& [index, spec] : chosen) {
        const UnitGroup& group = found.groups[index];
        ScoredGroup mine{group.units, {}, spec};
        if (spec.method == "random")
            mine.scores = randomImportance(group.units.size(), spec.seed, graph.nodes[static_cast<std::size_t>(group.makers.front())].name);
        const std::vector<double>& scores = spec.method == "taylor" ? shares : spec.method == "frequency" ? active : magnitudes;
        for (const int unit : group.units)
            if (spec.method != "random") mine.scores.push_back(scores[static_cast<std::size_t>(unit)]);
        groups.push_back(std::move(mine));
    }
    return groups;
}

Result<double> blockScore(const Graph& graph, const ResidualBlock& block, const recipe::PruneSpec& spec, const Tools& tools) {
    if (spec.method == "magnitude") return blockMagnitude(graph, block);
    if (spec.method == "random")
        return randomImportance(1, spec.seed, graph.nodes[static_cast<std::size_t>(block.residuals.front().sum)].name).front();
    TRIMTAB_TRY(const BlockChange change, changeBy(graph, block, tools));
    return spec.method == "taylor" ? change.share : change.active;
}

const Node& firstLayer(const Graph& graph, const std::vector<int>& layers) { return graph.nodes[static_cast<std::size_t>(layers.front())]; }

/// A pattern that some layer asks for and that nothing of the model can follow.
Status checkFound(const Specs& specs, std::string_view pattern, bool any, const std::vector<LeftAlone>& leftAlone) {
    const bool asked = std::ranges::any_of(specs, [&](const auto& spec) { return spec && spec->pattern == pattern; });
    if (!asked || any) return {};
    const std::string why = leftAlone.empty()
                                ? fmt::format("no layer that the recipe means has {}", pattern)
                                : fmt::format("those of layer {} stay, because {}", leftAlone.front().layer, leftAlone.front().reason);
    return fail(ErrorCode::Refused, fmt::format("prune.pattern \"{}\" finds nothing that can leave the model: {}", pattern, why));
}

Result<Graph> withoutLightBlocks(const Graph& graph, const Specs& specs, const Tools& tools, std::vector<LeftAlone>& leftAlone) {
    const std::vector<ResidualBlock> blocks = findBlocks(graph);
    std::vector<ScoredGroup> groups;
    std::vector<LeftAlone> alone;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        TRIMTAB_TRY(const auto spec, agreedSpec(graph, specs, blocks[i].layers, "blocks"));
        if (!spec) continue;
        if (!blocks[i].reason.empty()) {
            alone.push_back({firstLayer(graph, blocks[i].layers).name, blocks[i].reason});
            continue;
        }
        if (tools.stops()) return fail(ErrorCode::Cancelled, "cancelled");
        if (tools.activations && groups.empty()) tools.activations->restart();
        TRIMTAB_TRY(const double score, blockScore(graph, blocks[i], *spec, tools));
        const auto known = std::ranges::find(groups, *spec, &ScoredGroup::spec);
        ScoredGroup& group = known != groups.end() ? *known : groups.emplace_back(ScoredGroup{{}, {}, *spec});
        group.units.push_back(static_cast<int>(i));
        group.scores.push_back(score);
    }
    if (tools.activations) tools.activations->restart();
    TRIMTAB_REQUIRE(checkFound(specs, "blocks", !groups.empty(), alone));
    leftAlone.insert(leftAlone.end(), alone.begin(), alone.end());
    std::vector<const ResidualBlock*> leaving;
    for (const int block : leavingUnits(groups)) leaving.push_back(&blocks[static_cast<std::size_t>(block)]);
    if (leaving.empty()) return graph;
    return withoutBlocks(graph, leaving);
}

Result<Graph> withoutLightUnits(const Graph& graph, const Specs& specs, const Tools& tools, std::vector<LeftAlone>& leftAlone) {
    const UnitGroups found = findUnits(graph);
    std::vector<std::pair<std::size_t, recipe::PruneSpec>> chosen;
    for (const UnitKind kind : {UnitKind::Channels, UnitKind::Neurons, UnitKind::Heads}) {
        std::vector<LeftAlone> alone;
        const std::size_t before = chosen.size();
        for (std::size_t i = 0; i < found.groups.size(); ++i) {
            const UnitGroup& group = found.groups[i];
            if (group.kind != kind) continue;
            if (!group.reason.empty()) {  // whose settings may differ: nothing happens to it
                const auto& spec = specs[static_cast<std::size_t>(group.makers.front())];
                if (spec && spec->pattern == name(kind)) alone.push_back({firstLayer(graph, group.makers).name, group.reason});
                continue;
            }
            TRIMTAB_TRY(const auto spec, agreedSpec(graph, specs, group.makers, name(kind)));
            if (spec) chosen.emplace_back(i, *spec);
        }
        TRIMTAB_REQUIRE(checkFound(specs, name(kind), chosen.size() > before, alone));
        leftAlone.insert(leftAlone.end(), alone.begin(), alone.end());
    }
    TRIMTAB_TRY(const auto groups, scored(graph, found, chosen, tools));
    std::vector<bool> leaves(static_cast<std::size_t>(found.unitCount), false);
    for (const int unit : leavingUnits(groups)) leaves[static_cast<std::size_t>(unit)] = true;
    std::vector<bool> repaired(leaves.size(), false);
    for (const ScoredGroup& group : groups)
        for (const int unit : group.units)
            repaired[static_cast<std::size_t>(unit)] = group.spec.reconstruct && leaves[static_cast<std::size_t>(unit)];
    if (std::ranges::find(repaired, true) == repaired.end()) return shrunk(graph, found, leaves);
    TRIMTAB_TRY(const Graph fitted, reconstructed(graph, found, leaves, repaired, tools));
    return shrunk(fitted, found, leaves);
}

bool asksFor(const Specs& specs, bool blocks) {
    return std::ranges::any_of(specs, [&](const auto& spec) { return spec && (spec->pattern == "blocks") == blocks; });
}

}  // namespace

Result<Restructured> withoutUnits(const Graph& graph, const recipe::Recipe& recipe, const Tools& tools) {
    Restructured made{graph, {}};
    TRIMTAB_TRY(Specs specs, specsOf(made.graph, recipe));
    if (asksFor(specs, true)) {
        TRIMTAB_TRY(made.graph, withoutLightBlocks(made.graph, specs, tools, made.leftAlone));
        TRIMTAB_TRY(specs, specsOf(made.graph, recipe));
    }
    if (asksFor(specs, false)) {
        TRIMTAB_TRY(made.graph, withoutLightUnits(made.graph, specs, tools, made.leftAlone));
    }
    return made;
}

}  // namespace trimtab::compress
