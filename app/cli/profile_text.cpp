#include "app/cli/profile_text.h"

#include <algorithm>

#include <fmt/format.h>

#include "app/cli/layers_table.h"
#include "app/cli/model_options.h"
#include "app/cli/power_text.h"
#include "app/cli/table.h"
#include "core/base/units.h"

namespace trimtab::cli {
namespace {

constexpr std::size_t kNameWidth = 40;
constexpr double kWorthNaming = 0.005;     // of a run's time
constexpr std::size_t kLongestTable = 60;  // rows; --json has them all

Json overheadOf(const base::Estimate& ratio) {
    const auto percent = [](double value) { return std::isfinite(value) ? Json(100 * (value - 1)) : Json(nullptr); };
    return {{"percent", percent(ratio.value)}, {"low", percent(ratio.interval.low)}, {"high", percent(ratio.interval.high)}};
}

Json nodeOf(const trace::LayerRecord& layer, const explain::LayerDiagnosis& diagnosis) {
    Json node = trace::toJson(layer);
    node["bound_by"] = diagnosis.evidence.empty() ? Json(nullptr) : Json(std::string(explain::name(diagnosis.cause)));
    node["reached"] = diagnosis.reached ? Json(*diagnosis.reached) : Json(nullptr);
    node["evidence"] = diagnosis.evidence;
    const explain::RooflinePoint& point = diagnosis.roofline;
    node["roofline"] = {{"bytes", point.bytes},
                        {"operations", point.operations},
                        {"operations_per_byte", point.intensity()},
                        {"memory_ns", point.memoryNs},
                        {"arithmetic_ns", point.arithmeticNs},
                        {"launch_ns", point.launchNs},
                        {"bytes_from", point.counted ? "counters" : "shapes"}};
    return node;
}

Json pieceOf(const explain::Advice& advice) {
    return {{"text", advice.text},
            {"because", advice.because},
            {"layers", advice.layers},
            {"recipe", recipe::toJson(advice.recipe)},
            {"setting", recipe::toJson(advice.setting)},
            {"speedup", advice.runNs > 0 ? Json(nullptr) : Json(advice.speedup)},
            {"run_ms", advice.runNs > 0 ? Json(advice.runNs / 1e6) : Json(nullptr)},
            {"basis", "predicted"}};
}

Json countersOf(const std::vector<trace::CounterTotal>& counters) {
    Json list = Json::array();
    for (const trace::CounterTotal& counter : counters) list.push_back(trace::toJson(counter));
    return list;
}

std::string ceilingsText(const trace::Ceilings& ceilings) {
    std::string text = "memory " + base::formatBytes(ceilings.memoryBytesPerSecond) + "/s";
    if (ceilings.cacheBytesPerSecond > 0) text += ", cache " + base::formatBytes(ceilings.cacheBytesPerSecond) + "/s";
    for (const auto& [type, peak] : ceilings.operationsPerSecond) text += fmt::format(", {} {}op/s", type, base::formatCount(peak));
    return text + ", a node's start " + base::formatMilliseconds(ceilings.launchNs / 1e6);
}

std::string overheadText(const base::Estimate& ratio) {
    std::string text = fmt::format("recording costs {:.1f} %", 100 * (ratio.value - 1));
    if (std::isfinite(ratio.interval.high))
        text += fmt::format(" (95 %: {:.1f} … {:.1f} %)", 100 * (ratio.interval.low - 1), 100 * (ratio.interval.high - 1));
    return text;
}

/// What of a run no layer took: where the device's activity is known, its own part has rows of its own.
void addElsewhere(Table& table, const trace::Profile& profile, double ns) {
    const auto add = [&](const char* name, double time, const char* words) {
        table.add({name, "", base::formatMilliseconds(time / 1e6), fmt::format("{:.1f} %", 100 * time / profile.runNs), "", "", words});
    };
    const trace::DeviceTime device = profile.device.value_or(trace::DeviceTime{});
    if (profile.device) {
        add("inputs and outputs", device.transfersNs, "on their way to the device and back");
        add("of no layer", device.restNs, "on the device; for which layer is not known");
    }
    if (profile.planning > 0) add("planning", profile.planning * profile.runNs, "inputs have shapes of no plan that is kept");
    add("elsewhere", std::max(0.0, ns - device.restNs),
        profile.device ? "the device waits: launches, the host" : "between layers: inputs, outputs, scheduling");
}

void printNodes(const trace::Profile& profile, const explain::Diagnosis& diagnosis) {
    Table table({{"layer"},
                 {"operator"},
                 {"time", Align::Right},
                 {"share", Align::Right},
                 {"reached", Align::Right},
                 {"bound by"},
                 {"because"}});
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < profile.layers.size(); ++i)
        if (profile.layers[i].medianNs > 0) order.push_back(i);
    std::ranges::stable_sort(order, std::greater{}, [&](std::size_t i) { return profile.layers[i].medianNs; });
    double rest = 0, restShare = 0;
    for (std::size_t at = 0; at < order.size(); ++at) {
        const trace::LayerRecord& layer = profile.layers[order[at]];
        const explain::LayerDiagnosis& found = diagnosis.layers[order[at]];
        if (at >= kLongestTable) {
            rest += layer.medianNs;
            restShare += profile.shareOf(layer);
            continue;
        }
        table.add({clipped(printable(layer.node), kNameWidth), printable(layer.op), base::formatMilliseconds(layer.medianNs / 1e6),
                   fmt::format("{:.1f} %", 100 * profile.shareOf(layer)),
                   found.reached ? fmt::format("{:.0f} %", 100 * *found.reached) : "–", std::string(explain::name(found.cause)),
                   printable(found.evidence)});
    }
    if (rest > 0)
        table.add({fmt::format("{} more layers", order.size() - kLongestTable), "", base::formatMilliseconds(rest / 1e6),
                   fmt::format("{:.1f} %", 100 * restShare), "", "", "--json lists them"});
    addElsewhere(table, profile, diagnosis.elsewhere * profile.runNs);
    fmt::print("\n{}", table.text());
}

void printAdvice(const explain::AdviceList& advice, const ipc::ProfileAnswer& answer) {
    fmt::print("\nwhat to do next (speed-up of a sample, predicted; accuracy is not looked at)\n");
    for (const explain::Advice& piece : advice.best)
        fmt::print("  {:>6}  {}{}\n", base::formatRatio(piece.speedup), printable(piece.text),
                   piece.because.empty() ? "" : ": " + printable(piece.because));
    for (const std::string& nothing : advice.nothing) fmt::print("  {:>6}  {}\n", "–", printable(nothing));
    if (!answer.noTrials.empty()) fmt::print("  {:>6}  {}\n", "–", printable(answer.noTrials));
    if (!answer.noLargerBatch.empty()) fmt::print("  {:>6}  no larger batch was tried: {}\n", "–", printable(answer.noLargerBatch));
    if (advice.best.empty() && advice.nothing.empty() && answer.noTrials.empty()) fmt::print("  nothing that would gain 3 % or more\n");
}

void printCapacity(const ReadProfile& read) {
    fmt::print("{:<12}{}\n", "recipe", recipe::summary(read.request.model.recipe));
    fmt::print("{:<12}{}\n{:<12}{}\n", "bound by", explain::words(explain::Cause::Capacity), "because",
               printable(read.answer.capacity.problem));
    fmt::print("\nwhat to do next (time of a run, tried here; accuracy is not looked at)\n");
    for (const explain::Advice& piece : read.advice.best)
        fmt::print("  {:>8}  {}: {}\n", base::formatMilliseconds(piece.runNs / 1e6), printable(piece.text), printable(piece.because));
    for (const std::string& nothing : read.advice.nothing) fmt::print("  {:>8}  {}\n", "–", printable(nothing));
}

}  // namespace

ReadProfile readProfile(ipc::ProfileRequest request, ipc::ProfileAnswer answer) {
    if (!answer.capacity.fits()) {
        explain::AdviceList advice = explain::adviseToFit(answer.capacity, request.model.recipe, request.model.setting);
        return {std::move(request), std::move(answer), explain::diagnosisOfCapacity(), std::move(advice)};
    }
    explain::Diagnosis diagnosis = explain::diagnose(answer.profile, answer.environment.lastLevelCacheBytes);
    explain::AdviceList advice = explain::advise({answer.profile, diagnosis, answer.trials, request.model.recipe, request.model.setting,
                                                  answer.batch, answer.largerBatch, answer.reordering, answer.removals});
    return {std::move(request), std::move(answer), std::move(diagnosis), std::move(advice)};
}

Json documentOf(const ReadProfile& read) {
    const ipc::ProfileAnswer& answer = read.answer;
    const ipc::ModelRequest& model = read.request.model;
    const explain::Diagnosis& diagnosis = read.diagnosis;
    const explain::AdviceList& advice = read.advice;
    const trace::Profile& profile = answer.profile;
    Json nodes = Json::array(), causes = Json::object(), pieces = Json::array();
    for (const explain::Advice& piece : advice.best) pieces.push_back(pieceOf(piece));
    for (std::size_t i = 0; i < profile.layers.size(); ++i) {
        nodes.push_back(nodeOf(profile.layers[i], diagnosis.layers[i]));
        const auto atWork = profile.threadsAtWork(i);
        nodes.back()["threads_at_work"] = atWork ? Json(*atWork) : Json(nullptr);
        nodes.back()["counters"] = i < profile.layerCounters.size() ? Json(profile.layerCounters[i].values) : Json(nullptr);
    }
    for (const auto& [cause, share] : diagnosis.causes) causes[std::string(explain::name(cause))] = share;
    const auto main = diagnosis.main();
    return {{"attributed", profile.attributed},
            {"nodes", std::move(nodes)},
            {"run_ms", profile.runNs / 1e6},
            {"runs", profile.runs},
            {"batch", answer.batch},
            {"overhead", overheadOf(profile.overhead)},
            {"threads", profile.threads},
            {"device_time", profile.deviceTime},
            {"device", profile.device ? trace::toJson(*profile.device) : Json(nullptr)},
            {"no_activity", profile.noActivity},
            {"bound_by", main ? Json(std::string(explain::name(*main))) : Json(nullptr)},
            {"causes", std::move(causes)},
            {"planning", profile.planning},
            {"elsewhere", diagnosis.elsewhere},
            {"ceilings", trace::toJson(profile.ceilings)},
            {"counters", countersOf(profile.counters)},
            {"no_layer_counters", profile.noLayerCounters},
            {"advice", std::move(pieces)},
            {"capacity", trial::toJson(answer.capacity)},
            {"without_gain", advice.nothing},
            {"no_trials", answer.noTrials},
            {"no_larger_batch", answer.noLargerBatch},
            {"no_ceilings", profile.noCeilings},
            {"ceilings_exceeded", diagnosis.ceilingsExceeded},
            {"dropped", profile.trace.dropped},
            {"execution", std::string(trace::name(trace::overall(profile.layers)))},
            {"basis", "measured"},
            {"random_weights", randomWeightsOf(model)},
            {"throttled", profile.throttled},
            {"energy", energyDocument(profile, trial::workOfRun(answer.batch, model.setting))},
            {"no_energy", profile.noEnergy},
            {"clocks", profile.clocks ? trace::toJson(*profile.clocks) : Json(nullptr)},
            {"no_clocks", profile.noClocks},
            {"recipe", recipe::toJson(model.recipe)},
            {"setting", recipe::toJson(model.setting)},
            {"weight_bytes", answer.weightBytes},
            {"arena_bytes", answer.arenaBytes},
            {"environment", trial::toJson(answer.environment)}};
}

void print(const ReadProfile& read) {
    if (!read.answer.capacity.fits()) return printCapacity(read);
    const ipc::ProfileAnswer& answer = read.answer;
    const ipc::ModelRequest& model = read.request.model;
    const explain::Diagnosis& diagnosis = read.diagnosis;
    const trace::Profile& profile = answer.profile;
    const auto& where = answer.environment;
    fmt::print("{:<12}{}\n", "recipe", recipe::summary(model.recipe));
    fmt::print("{:<12}{} {}, {}, {} thread{}, {}\n", "engine", where.engine, where.engineVersion, where.instructionSet, where.threads,
               where.threads == 1 ? "" : "s", where.device);
    fmt::print("{:<12}{} at batch {}, median of {} recorded runs; {}\n", "run", base::formatMilliseconds(profile.runNs / 1e6), answer.batch,
               profile.runs, overheadText(profile.overhead));
    fmt::print("{:<12}{:.1f} % of it to {} layers\n", "attributed", 100 * profile.attributed, profile.layers.size());
    if (profile.device)
        fmt::print("{:<12}busy for {} of it; {:.1f} % of what it computed stands at some layer\n", "device",
                   base::formatMilliseconds(profile.device->deviceNs() / 1e6), 100 * profile.device->attributed());
    fmt::print("{:<12}{}\n", "at most", ceilingsText(profile.ceilings));
    std::string causes;
    for (const auto& [cause, share] : diagnosis.causes)
        if (share >= kWorthNaming || causes.empty())
            causes += fmt::format("{}{} {:.0f} %", causes.empty() ? "" : ", ", explain::words(cause), 100 * share);
    fmt::print("{:<12}{}\n", "bound by", causes);
    fmt::print("{:<12}{}\n", "energy", energyText(profile, trial::workOfRun(answer.batch, model.setting)));
    fmt::print("{:<12}{}\n", "clocks", clocksText(profile));
    for (const trace::CounterTotal& counter : profile.counters)
        fmt::print("{:<12}{}: {}\n", "counter", counter.name,
                   counter.unavailable.empty() ? base::formatCount(counter.perRun) + " a run" : "unavailable: " + counter.unavailable);
    if (profile.trace.dropped > 0) fmt::print("{:<12}{} records of the trace were lost\n", "mark", profile.trace.dropped);
    printRandomWeights(stdout, model);
    if (trace::overall(profile.layers) == trace::Execution::Emulated)
        fmt::print("{:<12}some layers are emulated: these times are not those of the format asked for\n", "mark");
    if (!profile.noActivity.empty())
        fmt::print("{:<12}{}: {}\n", "mark",
                   profile.attributed > 0 ? "layers are timed one by one, the device's own activity was not recorded"
                                          : "nothing tells of the layers",
                   printable(profile.noActivity));
    if (profile.deviceTime && !profile.device)
        fmt::print("{:<12}layers are told by the device's own clock, the run by this machine's: copies and waiting are elsewhere\n",
                   "mark");
    if (diagnosis.ceilingsExceeded)
        fmt::print("{:<12}layers exceed these ceilings: the machine was busier while they were measured; profile again\n", "mark");
    if (profile.lostTeamSpans > 0) fmt::print("{:<12}the trace has but the first spans of each thread\n", "mark");
    if (!profile.noLayerCounters.empty())
        fmt::print("{:<12}the device counted nothing: {}\n", "mark", printable(profile.noLayerCounters));
    if (!profile.noCeilings.empty()) fmt::print("{:<12}no ceilings were measured: {}\n", "mark", printable(profile.noCeilings));
    if (profile.throttled) fmt::print("{:<12}{}\n", "mark", throttledText(profile));
    printNodes(profile, diagnosis);
    if (!read.request.options.empty()) printAdvice(read.advice, answer);
}

}  // namespace trimtab::cli
