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

/// What the row is charged: its loss and one standard error. Of many rows those are picked whose losses came out low by luck, and those below zero
/// would be free in any number.
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

std::vector<Choice> choicesOf(const SensitivityTable& table, std::size_t unit, const MixGoal& goal) {
    std::vector<Choice> choices{asItIs(table.units[unit])};
    for (std::size_t o = 0; o < table.options.size(); ++o) {
        const trial::SensitivityCell& cell = table.cell(unit, o);
        if (cell.refused() || !std::isfinite(cell.loss.value)) continue;
        if (needsSpeed(goal) && !cell.gainNs) continue;
        if (table.units[unit].isLast && !goal.lastLayerToo && cell.bits < kLeastBitsOfLastLayer) continue;
        choices.push_back({o, chargedLoss(cell.loss), cell.gainNs ? 1e-6 * cell.gainNs->value : 0, static_cast<double>(cell.storedBytes), cell.bits});
    }
    return choices;
}

/// Of an option that removes units only the removal is meant: the rest says under what it was measured.
recipe::Settings treatmentBy(const trial::SensitivityOption& option) {
    if (!option.settings.prune || !recipe::removesUnits(*option.settings.prune)) return option.settings;
    recipe::Settings removal;
    removal.prune = option.settings.prune;
    return removal;
}

/// The one choice of a row that the option under everything goes with; its loss stands for all rows together.
std::vector<Choice> choicesOver(const SensitivityTable& table, std::size_t unit, const MixGoal& goal, const Underneath& underneath) {
    const trial::SensitivityCell& cell = table.cell(unit, underneath.option);
    if (cell.refused()) return choicesOf(table, unit, goal);
    return {{underneath.option, 0, cell.gainNs ? 1e-6 * cell.gainNs->value : 0, static_cast<double>(cell.storedBytes), cell.bits}};
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

}  // namespace

std::optional<Quantity> quantityFromName(std::string_view word) {
    if (word == "latency") return Quantity::Latency;
    if (word == "bytes") return Quantity::Bytes;
    if (word == "loss") return Quantity::Loss;
    if (word == "bits") return Quantity::MeanBits;
    return std::nullopt;
}

double allowedLoss(const SensitivityTable& table, const trial::Limit& limit) {
    if (table.metric == "perplexity") {
        const double most = limit.relative ? 1 + limit.value : (table.baseline + limit.value) / table.baseline;
        return std::log(most);  // its sample scores are the logarithms
    }
    return limit.relative ? limit.value * std::abs(table.baseline) : limit.value;
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
    for (std::size_t unit = 0; unit < choices.size(); ++unit) {
        const Choice& choice = choices[unit][assigned.ways[unit]];
        mix.options.push_back(choice.option);
        mix.loss += choice.loss;
        mix.gainMs += choice.gainMs;
        mix.bytes += choice.bytes;
        mix.meanBits += quantityOf(table, unit, choice, Quantity::MeanBits);
    }
    return mix;
}

}  // namespace trimtab::tune
