#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "app/cli/compare.h"
#include "app/cli/session_options.h"
#include "app/cli/table.h"
#include "app/tasks/report_input.h"
#include "core/base/units.h"

namespace trimtab::cli {
namespace {

struct Pair {
    trial::TrialResult before;
    trial::TrialResult after;
    double ratio = 0;  // new median over old; 0 when either is not timed
    bool apart = false;  // the intervals of the medians do not meet
    std::vector<std::string> changes;

    std::string verdict() const {
        if (ratio <= 0) return "not timed in both";
        if (!apart) return "indistinguishable";
        return ratio > 1 ? "slower" : "faster";
    }
};

void note(std::vector<std::string>& changes, const char* what, const std::string& before, const std::string& after) {
    if (before != after) changes.push_back(fmt::format("{}: {} → {}", what, before, after));
}

std::vector<std::string> changesBetween(const trial::TrialResult& a, const trial::TrialResult& b) {
    std::vector<std::string> changes;
    const auto& was = a.environment;
    const auto& now = b.environment;
    note(changes, "engine version", was.engineVersion, now.engineVersion);
    note(changes, "instruction set", was.instructionSet, now.instructionSet);
    note(changes, "threads", std::to_string(was.threads), std::to_string(now.threads));
    note(changes, "device", was.device, now.device);
    note(changes, "machine", was.host, now.host);
    note(changes, "system", was.system, now.system);
    note(changes, "execution", std::string(trace::name(a.execution)), std::string(trace::name(b.execution)));
    std::size_t kernels = 0;
    for (const auto& layer : a.layers)
        kernels += std::any_of(b.layers.begin(), b.layers.end(),
                               [&](const auto& other) { return other.node == layer.node && other.kernel != layer.kernel; });
    if (kernels > 0) changes.push_back(fmt::format("another kernel in {} layer{}", kernels, kernels == 1 ? "" : "s"));
    return changes;
}

Pair pairOf(trial::TrialResult before, trial::TrialResult after) {
    Pair pair;
    if (before.speed && after.speed && before.speed->medianMs > 0) {
        pair.ratio = after.speed->medianMs / before.speed->medianMs;
        pair.apart = after.speed->medianInterval.low > before.speed->medianInterval.high ||
                     after.speed->medianInterval.high < before.speed->medianInterval.low;
    }
    pair.changes = changesBetween(before, after);
    pair.before = std::move(before);
    pair.after = std::move(after);
    return pair;
}

/// The newest finished results of the newest study.
struct Finished {
    std::vector<trial::TrialResult> results;
    std::string weights;  // random ones, or the model's own
};

Result<Finished> finishedOf(const std::string& path) {
    TRIMTAB_TRY(const auto session, openForReading(path));
    TRIMTAB_TRY(const std::int64_t study, tasks::newestStudy(*session));
    TRIMTAB_TRY(auto results, session->results(study));
    TRIMTAB_TRY(const trial::Study described, session->study(study));
    const std::string drawn = trial::randomWeightsNote(described);
    std::reverse(results.begin(), results.end());
    std::vector<trial::TrialResult> newest;
    for (auto& result : results) {
        const bool known =
            std::any_of(newest.begin(), newest.end(), [&](const auto& other) { return trial::sameTarget(other.trial, result.trial); });
        if (result.state == trial::State::Finished && !known) newest.push_back(std::move(result));
    }
    std::reverse(newest.begin(), newest.end());
    return Finished{std::move(newest), drawn.empty() ? "the model's own" : drawn};
}

Json documentOf(const std::vector<Pair>& pairs, const std::vector<std::string>& onlyBefore, const std::vector<std::string>& onlyAfter) {
    Json trials = Json::array();
    for (const Pair& pair : pairs) {
        Json entry{{"label", pair.after.trial.label}, {"old_trial", pair.before.id}, {"new_trial", pair.after.id},
                   {"old_ms", nullptr},               {"new_ms", nullptr},           {"ratio", nullptr},
                   {"verdict", pair.verdict()},       {"changes", pair.changes},     {"old_accuracy", nullptr},
                   {"new_accuracy", nullptr}};
        if (pair.before.speed) entry["old_ms"] = pair.before.speed->medianMs;
        if (pair.after.speed) entry["new_ms"] = pair.after.speed->medianMs;
        if (pair.ratio > 0) entry["ratio"] = pair.ratio;
        if (pair.before.accuracy && std::isfinite(pair.before.accuracy->value)) entry["old_accuracy"] = pair.before.accuracy->value;
        if (pair.after.accuracy && std::isfinite(pair.after.accuracy->value)) entry["new_accuracy"] = pair.after.accuracy->value;
        trials.push_back(std::move(entry));
    }
    return {{"trials", std::move(trials)}, {"only_old", onlyBefore}, {"only_new", onlyAfter}};
}

void print(const std::vector<Pair>& pairs, const std::vector<std::string>& onlyBefore, const std::vector<std::string>& onlyAfter) {
    constexpr std::size_t kLabelWidth = 52;
    Table table(
        {{"what was done"}, {"old", Align::Right}, {"new", Align::Right}, {"new/old", Align::Right}, {"verdict"}, {"what changed"}});
    for (const Pair& pair : pairs) {
        std::string changes;
        for (const std::string& change : pair.changes) changes += (changes.empty() ? "" : "; ") + change;
        table.add({clipped(printable(pair.after.trial.label), kLabelWidth),
                   pair.before.speed ? base::formatMilliseconds(pair.before.speed->medianMs) : "–",
                   pair.after.speed ? base::formatMilliseconds(pair.after.speed->medianMs) : "–",
                   pair.ratio > 0 ? fmt::format("{:.2f}", pair.ratio) : "–", pair.verdict(), printable(changes)});
    }
    fmt::print("{}", table.text());
    for (const std::string& label : onlyBefore) fmt::print("only in the old session: {}\n", printable(label));
    for (const std::string& label : onlyAfter) fmt::print("only in the new session: {}\n", printable(label));
}

}  // namespace

Status compareSessions(Program& program, const std::string& beforePath, const std::string& afterPath, std::optional<double> slowerLimit) {
    TRIMTAB_TRY(Finished old, finishedOf(beforePath));
    TRIMTAB_TRY(Finished now, finishedOf(afterPath));
    auto &before = old.results, &after = now.results;
    std::vector<Pair> pairs;
    std::vector<std::string> onlyBefore;
    std::vector<std::string> onlyAfter;
    for (auto& result : before) {
        const auto match =
            std::find_if(after.begin(), after.end(), [&](const auto& other) { return trial::sameTarget(other.trial, result.trial); });
        if (match == after.end()) {
            onlyBefore.push_back(result.trial.label);
        } else {
            pairs.push_back(pairOf(std::move(result), std::move(*match)));
            note(pairs.back().changes, "weights", old.weights, now.weights);
            after.erase(match);
        }
    }
    for (const auto& result : after) onlyAfter.push_back(result.trial.label);
    if (program.options.json) {
        program.printJson(documentOf(pairs, onlyBefore, onlyAfter));
    } else {
        print(pairs, onlyBefore, onlyAfter);
    }
    if (!slowerLimit) return {};
    const auto slower =
        std::count_if(pairs.begin(), pairs.end(), [&](const Pair& pair) { return pair.apart && pair.ratio > 1 + *slowerLimit; });
    if (slower == 0) return {};
    return fail(ErrorCode::Failed,
                fmt::format("{} trial{} slower by more than {:.3g} %", slower, slower == 1 ? " is" : "s are", 100 * *slowerLimit));
}

}  // namespace trimtab::cli
