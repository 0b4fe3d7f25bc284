// Advice on layers adds up what an option saved on each unit alone, scaled to the time that the same nodes took in the whole run. Advice
// on the batch says what a larger one took, advice on transposes and units what a run without them took.
#include "core/explain/advice.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "core/base/units.h"

namespace trimtab::explain {
namespace {

using trace::LayerRecord;
using trial::LayerTrial;

constexpr double kWorthTelling = 1.03;

/// Layers of the profile that come from these nodes.
std::vector<std::size_t> layersOf(const trace::Profile& profile, const std::vector<std::string>& nodes) {
    const std::set<std::string> names(nodes.begin(), nodes.end());
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < profile.layers.size(); ++i) {
        const LayerRecord& layer = profile.layers[i];
        const bool isMeant =
            names.contains(layer.node) || std::ranges::any_of(layer.origins, [&](const auto& name) { return names.contains(name); });
        if (isMeant) found.push_back(i);
    }
    return found;
}

bool isSure(const LayerTrial& trial) { return trial.saved.interval.low > 0 || trial.saved.interval.high < 0; }
bool wasTimed(const LayerTrial& trial) {
    return trial.refusal.empty() && trial.execution != trace::Execution::Emulated && trial.untreatedNs > 0;
}

/// Which stretch each layer of the profile counts with: that of the unit whose own layer it is, else the first that holds one of its nodes.
/// A fused layer may come from nodes of two.
class Stretches {
public:
    explicit Stretches(const Profiled& profiled) : m_profile(profiled.profile) {
        for (const bool own : {true, false})
            for (const LayerTrial& trial : profiled.trials)
                for (const std::size_t layer : layersOf(m_profile, own ? trial.nodes : trial.stretch))
                    m_owners.try_emplace(layer, trial.nodes);
    }

    /// What a unit's option saves in the whole run, ns; 0 where it cannot be told from nothing.
    double savedInRun(const LayerTrial& trial) const {
        if (!wasTimed(trial) || !isSure(trial)) return 0;
        double took = 0;
        for (const std::size_t layer : layersOf(m_profile, trial.stretch))
            if (m_owners.at(layer) == trial.nodes) took += std::max(m_profile.layers[layer].medianNs, 0.0);
        return trial.saved.value * took;
    }

private:
    const trace::Profile& m_profile;
    std::map<std::size_t, std::vector<std::string>> m_owners;
};

void addRules(recipe::Recipe& recipe, const LayerTrial& trial) {
    for (const std::string& node : trial.nodes) {
        recipe::Rule& rule = recipe.rules.emplace_back();
        rule.match.name = node;
        rule.settings = trial.option.settings;
    }
}

std::string causeOf(const Profiled& profiled, const std::vector<std::string>& nodes) {
    std::map<Cause, double> times;
    double sum = 0;
    for (const std::size_t layer : layersOf(profiled.profile, nodes)) {
        const double took = std::max(profiled.profile.layers[layer].medianNs, 0.0);
        times[profiled.diagnosis.layers[layer].cause] += took;
        sum += took;
    }
    if (times.empty() || profiled.profile.runNs <= 0) return {};
    const auto most = std::ranges::max_element(times, {}, &std::pair<const Cause, double>::second);
    const std::string share = fmt::format("they take {:.0f} % of the run", 100 * sum / profiled.profile.runNs);
    return most->first == Cause::Unexplained ? share : fmt::format("{}, most of it bound by {}", share, words(most->first));
}

std::string unitsText(std::size_t units, std::size_t all) {
    if (units == all) return all == 1 ? "the layer with weights" : "all layers with weights";
    return fmt::format("{} of {} units of layers", units, all);
}

/// One option on every unit that it makes faster.
struct Choice {
    std::string name;
    std::vector<const LayerTrial*> trials;
    double savedNs = 0;
    bool isOneOption = true;
};

Advice adviceOf(const Profiled& profiled, const Choice& choice, std::size_t units) {
    Advice advice;
    advice.recipe = profiled.recipe;
    advice.setting = profiled.setting;
    const bool isOneForAll = choice.isOneOption && choice.trials.size() == units && profiled.recipe.rules.empty();
    if (isOneForAll) recipe::lay(choice.trials.front()->option.settings, advice.recipe.base);
    for (const LayerTrial* trial : choice.trials) {
        if (!isOneForAll) addRules(advice.recipe, *trial);
        advice.layers.insert(advice.layers.end(), trial->nodes.begin(), trial->nodes.end());
    }
    advice.text = fmt::format("{} on {}", choice.name, unitsText(choice.trials.size(), units));
    advice.because = causeOf(profiled, advice.layers);
    const double run = profiled.profile.runNs;
    advice.speedup = run / std::max(run - choice.savedNs, run * 1e-3);
    return advice;
}

std::size_t unitsIn(const std::vector<LayerTrial>& trials) {
    std::set<std::vector<std::string>> units;
    for (const LayerTrial& trial : trials) units.insert(trial.nodes);
    return units.size();
}

/// By option, in the order in which they were tried.
std::vector<Choice> choicesOf(const Profiled& profiled, const Stretches& stretches) {
    std::vector<Choice> choices;
    for (const LayerTrial& trial : profiled.trials) {
        auto choice = std::ranges::find(choices, trial.option.name, &Choice::name);
        if (choice == choices.end()) choice = choices.insert(choices.end(), Choice{trial.option.name, {}});
        const double saved = stretches.savedInRun(trial);
        if (saved <= 0) continue;
        choice->trials.push_back(&trial);
        choice->savedNs += saved;
    }
    return choices;
}

/// For each unit the option that saves the most there.
Choice bestOfEach(const Profiled& profiled, const Stretches& stretches) {
    std::map<std::vector<std::string>, std::pair<const LayerTrial*, double>> best;
    for (const LayerTrial& trial : profiled.trials) {
        const double saved = stretches.savedInRun(trial);
        if (saved <= 0) continue;
        auto& known = best[trial.nodes];
        if (!known.first || saved > known.second) known = {&trial, saved};
    }
    Choice choice;
    choice.isOneOption = false;
    std::set<std::string> names;
    for (const auto& [nodes, found] : best) {
        choice.trials.push_back(found.first);
        choice.savedNs += found.second;
        names.insert(found.first->option.name);
    }
    choice.name = fmt::format("each its fastest of {}", fmt::join(names, ", "));
    if (names.size() < 2) choice.trials.clear();  // it is that one option
    return choice;
}

/// Why an option saves nothing anywhere.
std::string whyNothing(const Profiled& profiled, const std::string& option) {
    std::string refusal, reason;
    bool emulated = true, refused = true, unsure = false;
    for (const LayerTrial& trial : profiled.trials) {
        if (trial.option.name != option) continue;
        if (!trial.refusal.empty()) {
            refusal = trial.refusal;
            continue;
        }
        refused = false;
        unsure = unsure || (wasTimed(trial) && !isSure(trial));
        if (trial.execution == trace::Execution::Emulated) reason = trial.reason;
        else emulated = false;
    }
    if (refused) return fmt::format("{} cannot be had: {}", option, refusal);
    if (emulated) return fmt::format("{} is emulated here{}{}", option, reason.empty() ? "" : ": ", reason);
    if (unsure) return fmt::format("{} saves nothing that can be told from nothing here", option);
    const auto main = profiled.diagnosis.main();
    const bool isExplained = main && *main != Cause::Unexplained && *main != Cause::Emulated;
    return fmt::format("{} makes no layer faster{}", option,
                       isExplained ? fmt::format("; the largest part of the time is bound by {}", words(*main)) : "");
}

std::optional<Advice> batchAdvice(const Profiled& profiled) {
    if (profiled.largerBatch.value <= 0) return std::nullopt;
    const auto times = static_cast<double>(kLargerBatch);
    if (!(times / profiled.largerBatch.interval.high >= kWorthTelling)) return std::nullopt;
    Advice advice;
    advice.recipe = profiled.recipe;
    advice.setting = profiled.setting;
    advice.setting.batch = profiled.batch * kLargerBatch;
    advice.speedup = times / profiled.largerBatch.value;
    advice.text = fmt::format("{} samples at once", advice.setting.batch);
    advice.because = fmt::format("{} take {:.2f} times as long as {}; each sample waits for the others", profiled.batch * kLargerBatch,
                                 profiled.largerBatch.value, profiled.batch);
    return advice;
}

std::optional<Advice> reorderingAdvice(const Profiled& profiled) {
    const auto& gone = profiled.reordering.gone;
    const base::Estimate& time = profiled.reordering.time;
    if (gone.empty() || time.value <= 0 || !(1 / time.interval.high >= kWorthTelling)) return std::nullopt;
    Advice advice;
    advice.recipe = profiled.recipe;
    advice.recipe.cancelsTransposes = true;
    advice.setting = profiled.setting;
    advice.layers = gone;
    advice.speedup = 1 / time.value;
    advice.text = gone.size() == 1 ? "a transpose that is not needed left out" : fmt::format("{} transposes cancelled", gone.size());
    advice.because = fmt::format("without {} a run took {:.2f} times as long", gone.size() == 1 ? "it" : "them", time.value);
    if (const std::string cause = causeOf(profiled, gone); !cause.empty()) advice.because += "; " + cause;
    return advice;
}

/// Units that leave the graph take their part of whatever bounds it along.
std::optional<Advice> removalAdvice(const Profiled& profiled, const trial::Removal& removal) {
    if (removal.time.value <= 0 || !(1 / removal.time.interval.high >= kWorthTelling)) return std::nullopt;
    Advice advice;
    advice.recipe = profiled.recipe;
    recipe::lay(removal.option.settings, advice.recipe.base);
    advice.setting = profiled.setting;
    advice.speedup = 1 / removal.time.value;
    advice.text = removal.option.name + " on the whole model";
    advice.because = fmt::format("they leave the graph, and without them a run took {:.2f} times as long", removal.time.value);
    return advice;
}

void adviseRemovals(const Profiled& profiled, AdviceList& list) {
    for (const trial::Removal& removal : profiled.removals) {
        if (auto advice = removalAdvice(profiled, removal)) list.best.push_back(std::move(*advice));
        else if (!removal.refusal.empty()) list.nothing.push_back(removal.option.name + " cannot be had: " + removal.refusal);
        else list.nothing.push_back(removal.option.name + " saves nothing that can be told from nothing here");
    }
}

Advice fitAdvice(const trial::FitTrial& trial, const recipe::Recipe& recipe, const recipe::RunSetting& setting) {
    Advice advice;
    advice.recipe = recipe;
    recipe::lay(trial.option.settings, advice.recipe.base);
    advice.setting = setting;
    advice.text = trial.option.name + " on all layers that it goes with";
    const auto bytes = static_cast<double>(trial.weightBytes + trial.arenaBytes);
    advice.because = fmt::format("it fits: {} of weights and values", base::formatBytes(bytes));
    advice.runNs = trial.runNs;
    return advice;
}

}  // namespace

AdviceList adviseToFit(const trial::Capacity& capacity, const recipe::Recipe& recipe, const recipe::RunSetting& setting) {
    AdviceList list;
    for (const trial::FitTrial& trial : capacity.options) {
        const std::string& name = trial.option.name;
        if (!trial.refusal.empty()) list.nothing.push_back(fmt::format("{} is no way out: {}", name, trial.refusal));
        else if (trial.execution == trace::Execution::Emulated) list.nothing.push_back(name + " fits, but is emulated here");
        else list.best.push_back(fitAdvice(trial, recipe, setting));
    }
    std::ranges::stable_sort(list.best, {}, &Advice::runNs);
    return list;
}

AdviceList advise(const Profiled& profiled) {
    AdviceList list;
    const std::size_t units = unitsIn(profiled.trials);
    const Stretches stretches(profiled);
    for (const Choice& choice : choicesOf(profiled, stretches)) {
        if (choice.trials.empty()) list.nothing.push_back(whyNothing(profiled, choice.name));
        else list.best.push_back(adviceOf(profiled, choice, units));
    }
    if (const Choice mixed = bestOfEach(profiled, stretches); !mixed.trials.empty()) list.best.push_back(adviceOf(profiled, mixed, units));
    if (auto batch = batchAdvice(profiled)) list.best.push_back(std::move(*batch));
    if (auto reordering = reorderingAdvice(profiled)) list.best.push_back(std::move(*reordering));
    else if (!profiled.reordering.gone.empty() && profiled.reordering.time.value > 0)
        list.nothing.push_back("transposes cancel, but a run without them is not told to be faster");
    adviseRemovals(profiled, list);
    if (const std::string& refusal = profiled.reordering.refusal; !refusal.empty())
        list.nothing.push_back("a run without the transposes that cancel was not timed: " + refusal);
    for (const Advice& advice : list.best)
        if (advice.speedup < kWorthTelling && !advice.layers.empty())
            list.nothing.push_back(fmt::format("{} would gain less than {:.0f} %", advice.text, 100 * (kWorthTelling - 1)));
    std::erase_if(list.best, [](const Advice& advice) { return advice.speedup < kWorthTelling; });
    std::ranges::stable_sort(list.best, std::greater{}, &Advice::speedup);
    return list;
}

}  // namespace trimtab::explain
