// From the table to a recipe: what each way costs, and the integer program over them.
#include <algorithm>
#include <cmath>

#include "core/tune/assign.h"
#include "core/tune/mixed_search.h"

namespace trimtab::tune {
namespace {

using Quantity = MixGoal::Quantity;
using trial::SensitivityTable;

constexpr double kLeastBitsOfLastLayer = 8;

/// A way of a unit: an option, or none.
struct Choice {
    std::optional<std::size_t> option;
    double loss = 0, gainMs = 0, bytes = 0, bits = 32;
};

/// What the row is charged: its loss and one standard error. Of many rows those are picked whose losses came out low by luck, and those
/// below zero would be free in any number.
double chargedLoss(const base::Estimate& loss) {
    constexpr double kHalfWidth = 1.96;  // standard errors to the end of a 95 % interval
    const double error = std::isfinite(loss.interval.high) ? std::max(loss.interval.high - loss.value, 0.0) / kHalfWidth : 0;
    return std::max(loss.value + error, 0.0);
}

bool needsSpeed(const MixGoal& goal) { return goal.minimize == Quantity::Latency || goal.limited == Quantity::Latency; }

Choice asItIs(const trial::SensitivityUnit& unit) {
    Choice choice;
    choice.bytes = static_cast<double>(unit.weightBytes);
    choice.bits = unit.parameters > 0 ? 8 * choice.bytes / static_cast<double>(unit.parameters) : 32;
    return choice;
}

bool tooNarrow(const trial::SensitivityUnit& unit, const trial::SensitivityCell& cell, const MixGoal& goal) {
    return unit.isLast && !goal.lastLayerToo && cell.bits < kLeastBitsOfLastLayer;
}

Choice choiceOf(std::size_t option, const trial::SensitivityCell& cell) {
    return {option, chargedLoss(cell.loss), cell.gainNs ? 1e-6 * cell.gainNs->value : 0, static_cast<double>(cell.storedBytes), cell.bits};
}

std::vector<Choice> choicesOf(const SensitivityTable& table, std::size_t unit, const MixGoal& goal) {
    std::vector<Choice> choices{asItIs(table.units[unit])};
    for (std::size_t o = 0; o < table.options.size(); ++o) {
        const trial::SensitivityCell& cell = table.cell(unit, o);
        if (cell.refused() || !std::isfinite(cell.loss.value)) continue;
        if (needsSpeed(goal) && !cell.gainNs) continue;
        if (tooNarrow(table.units[unit], cell, goal)) continue;
        const Choice choice = choiceOf(o, cell);
        // Losses are never paid for: what saves nothing (caches that no kernel reads) is left as it is.
        if (choice.gainMs <= 0 && choice.bytes >= choices.front().bytes && choice.bits >= choices.front().bits) continue;
        choices.push_back(choice);
    }
    return choices;
}

bool removes(const recipe::Settings& settings) { return settings.prune && recipe::removesUnits(*settings.prune); }

/// Of an option that removes units only the removal is meant, of one that keeps caches only these: the rest says under what it was
/// measured.
recipe::Settings treatmentBy(const trial::SensitivityOption& option) {
    recipe::Settings part;
    if (removes(option.settings)) part.prune = option.settings.prune;
    else if (option.settings.kvCache) part.kvCache = option.settings.kvCache;
    else return option.settings;
    return part;
}

/// The one choice of a row that the option under everything goes with; its loss stands for all rows together. The last layer keeps its
/// width.
std::vector<Choice> choicesOver(const SensitivityTable& table, std::size_t unit, const MixGoal& goal, const Underneath& underneath) {
    const trial::SensitivityCell& cell = table.cell(unit, underneath.option);
    if (cell.refused() || tooNarrow(table.units[unit], cell, goal)) return choicesOf(table, unit, goal);
    Choice choice = choiceOf(underneath.option, cell);
    choice.loss = 0;
    return {choice};
}

double totalOf(const SensitivityTable& table, double (*part)(const trial::SensitivityUnit&)) {
    double total = 0;
    for (const auto& unit : table.units) total += part(unit);
    return total;
}

double quantityOf(const SensitivityTable& table, std::size_t unit, const Choice& choice, Quantity quantity) {
    switch (quantity) {
        case Quantity::Latency: return 1e-6 * table.units[unit].medianNs - choice.gainMs;
        case Quantity::Bytes: return choice.bytes;
        case Quantity::Loss: return choice.loss;
        case Quantity::MeanBits: {
            const double parameters = totalOf(table, [](const trial::SensitivityUnit& row) { return static_cast<double>(row.parameters); });
            return choice.bits * static_cast<double>(table.units[unit].parameters) / std::max(parameters, 1.0);
        }
    }
    return 0;
}

void add(Mix& mix, const SensitivityTable& table, std::size_t unit, const Choice& choice) {
    mix.options.push_back(choice.option);
    mix.loss += choice.loss;
    mix.gainMs += choice.gainMs;
    mix.latencyMs += quantityOf(table, unit, choice, Quantity::Latency);
    mix.bytes += choice.bytes;
    mix.meanBits += quantityOf(table, unit, choice, Quantity::MeanBits);
}

using Option = std::optional<std::size_t>;

/// What an option does to layers: itself, or where it removes units or keeps caches the option of the rest, none if there is no rest.
/// nullopt where the table has no such option.
std::optional<Option> ofLayers(const SensitivityTable& table, std::size_t option) {
    recipe::Settings rest = table.options[option].settings;
    if (!removes(rest) && !rest.kvCache) return Option(option);
    if (removes(rest)) rest.prune.reset();
    rest.kvCache.reset();
    if (rest == recipe::Settings{}) return Option();
    const auto found = std::ranges::find(table.options, rest, &trial::SensitivityOption::settings);
    if (found == table.options.end()) return std::nullopt;
    return Option(static_cast<std::size_t>(found - table.options.begin()));
}

}  // namespace

std::optional<Quantity> quantityFromName(std::string_view word) {
    if (word == "latency") return Quantity::Latency;
    if (word == "bytes") return Quantity::Bytes;
    if (word == "loss") return Quantity::Loss;
    if (word == "bits") return Quantity::MeanBits;
    return std::nullopt;
}

double allowedLoss(std::string_view metric, double baseline, const trial::Limit& limit) {
    if (metric == "perplexity") {
        const double most = limit.relative ? 1 + limit.value : (baseline + limit.value) / baseline;
        return std::log(most);  // its sample scores are the logarithms
    }
    return limit.relative ? limit.value * std::abs(baseline) : limit.value;
}

recipe::Recipe Mix::recipe(const SensitivityTable& table) const {
    recipe::Recipe recipe;
    for (std::size_t unit = 0; unit < options.size(); ++unit) {
        if (!options[unit]) continue;
        for (const std::string& node : table.units[unit].nodes) {
            recipe::Rule rule;
            rule.match.name = node;
            rule.settings = treatmentBy(table.options[*options[unit]]);
            recipe.rules.push_back(std::move(rule));
        }
    }
    return recipe;
}

Result<Mix> mixFor(const SensitivityTable& table, const MixGoal& goal, double limit, const std::optional<Underneath>& underneath) {
    std::vector<std::vector<Choice>> choices;
    std::vector<std::vector<Way>> ways;
    for (std::size_t unit = 0; unit < table.units.size(); ++unit) {
        choices.push_back(underneath ? choicesOver(table, unit, goal, *underneath) : choicesOf(table, unit, goal));
        auto& list = ways.emplace_back();
        for (const Choice& choice : choices.back())
            list.push_back({quantityOf(table, unit, choice, goal.minimize), quantityOf(table, unit, choice, goal.limited)});
    }
    Mix mix;
    if (underneath) mix.loss = underneath->loss;
    TRIMTAB_TRY(const Assignment assigned, assign(ways, goal.limited == Quantity::Loss ? limit - mix.loss : limit));
    for (std::size_t unit = 0; unit < choices.size(); ++unit) add(mix, table, unit, choices[unit][assigned.ways[unit]]);
    return mix;
}

std::optional<Mix> sumsOf(const SensitivityTable& table, const std::optional<std::size_t>& option) {
    const std::optional<Option> layers = option ? ofLayers(table, *option) : std::optional<Option>(std::in_place);
    if (!layers) return std::nullopt;
    Mix mix;
    for (std::size_t unit = 0; unit < table.units.size(); ++unit) {
        Choice choice = asItIs(table.units[unit]);
        for (const Option& way : {*layers, option})
            if (way && !table.cell(unit, *way).refused()) choice = choiceOf(*way, table.cell(unit, *way));
        add(mix, table, unit, choice);
    }
    return mix;
}

}  // namespace trimtab::tune
