#include "app/cli/bench_phases.h"

#include <fmt/format.h>

#include <numeric>

#include "app/cli/layers_table.h"
#include "app/cli/model_options.h"
#include "app/cli/timing_figure.h"
#include "core/base/statistics.h"
#include "core/base/units.h"

namespace trimtab::cli {
namespace {

struct Summary {
    TimingFigure whole, first, step;                   // ms; steps of a round hang together, so that their interval is one of rounds
    double prefillPerSecond = 0, decodePerSecond = 0;  // tokens of all sequences
};

Summary summaryOf(const ipc::PhasesAnswer& answer) {
    std::vector<double> whole, steps, medians;
    for (std::size_t i = 0; i < answer.prefillMs.size(); ++i) {
        const auto& round = answer.stepMs[i];
        whole.push_back(std::accumulate(round.begin(), round.end(), answer.prefillMs[i]));
        steps.insert(steps.end(), round.begin(), round.end());
        if (!round.empty()) medians.push_back(base::median(round));
    }
    Summary summary{figureOf(whole), figureOf(answer.prefillMs), figureOf(steps, medians)};
    const auto batch = static_cast<double>(answer.batch);
    summary.prefillPerSecond = perSecond(batch * static_cast<double>(answer.prompt), summary.first.median);
    summary.decodePerSecond = perSecond(batch, summary.step.median);
    return summary;
}

Json documentOf(const ipc::PhasesAnswer& answer, const ipc::ModelRequest& model, const Summary& summary) {
    return {{"latency_ms", toJson(summary.whole)},
            {"throughput_sps", perSecond(static_cast<double>(answer.batch), summary.whole.median)},
            {"batch", answer.batch},
            {"prompt", answer.prompt},
            {"generate", answer.generate},
            {"time_to_first_token_ms", toJson(summary.first)},
            {"time_per_token_ms", toJson(summary.step)},
            {"prefill_tokens_per_s", summary.prefillPerSecond},
            {"decode_tokens_per_s", summary.decodePerSecond},
            {"weight_bytes", answer.weightBytes},
            {"cache_bytes", answer.cacheBytes},
            {"cache_bytes_per_token", answer.cacheBytesPerToken},
            {"arena_bytes", answer.arenaBytes},
            {"caching", answer.caching},
            {"plans_each_step", answer.plansEachStep},
            {"execution", std::string(trace::name(trace::overall(answer.layers)))},
            {"basis", "measured"},
            {"random_weights", randomWeightsOf(model)},
            {"throttled", answer.throttled},
            {"recipe", recipe::toJson(model.recipe)},
            {"setting", recipe::toJson(model.setting)},
            {"environment", trial::toJson(answer.environment)},
            {"layers", trace::toJson(answer.layers)}};
}

std::string text(const TimingFigure& figure) {
    std::string words = base::formatMilliseconds(figure.median);
    if (figure.interval)
        words += fmt::format(" (95 %: {} … {})", base::formatMilliseconds(figure.interval->low),
                             base::formatMilliseconds(figure.interval->high));
    if (figure.p95) words += fmt::format(", p95 {}", base::formatMilliseconds(*figure.p95));
    return words + fmt::format(", median of {}", figure.n);
}

void print(const ipc::PhasesAnswer& answer, const ipc::ModelRequest& model, const Summary& summary) {
    const auto& where = answer.environment;
    fmt::print("{:<12}{}\n", "recipe", recipe::summary(model.recipe));
    fmt::print("{:<12}{} {}, {}, {} thread{}, {}\n", "engine", where.engine, where.engineVersion, where.instructionSet, where.threads,
               where.threads == 1 ? "" : "s", where.device);
    fmt::print("{:<12}{:.4g} tokens/s; first token of {} after {}\n", "prefill", summary.prefillPerSecond, answer.prompt,
               text(summary.first));
    fmt::print("{:<12}{:.4g} tokens/s at batch {}; a token after {}\n", "decode", summary.decodePerSecond, answer.batch,
               text(summary.step));
    fmt::print("{:<12}{} of weights, {} of keys and values ({} a token), {} of activations\n", "memory",
               base::formatBytes(static_cast<double>(answer.weightBytes)), base::formatBytes(static_cast<double>(answer.cacheBytes)),
               base::formatBytes(static_cast<double>(answer.cacheBytesPerToken)),
               base::formatBytes(static_cast<double>(answer.arenaBytes)));
    if (answer.caching != "in place")
        fmt::print("{:<12}keys and values are {}{}\n", "mark", answer.caching,
                   answer.plansEachStep ? ", and every step is planned anew" : "");
    if (trace::overall(answer.layers) == trace::Execution::Emulated)
        fmt::print("{:<12}some layers are emulated: these times are not those of the format asked for\n", "mark");
    printRandomWeights(stdout, model);
    if (answer.throttled) fmt::print("{:<12}the machine slowed down while this was measured\n", "mark");
    fmt::print("\na step, layer by layer\n{}", layersTable(answer.layers));
}

}  // namespace

Status benchPhases(Program& program, const ipc::PhasesRequest& request) {
    TRIMTAB_TRY(const Json json, program.callWorker("phases", ipc::toJson(request)));
    TRIMTAB_TRY(const auto answer, ipc::phasesAnswerFromJson(json));
    if (answer.prefillMs.empty()) return fail(ErrorCode::Failed, "nothing was timed");
    const Summary summary = summaryOf(answer);
    if (program.options.json)
        program.printJson(documentOf(answer, request.model, summary));
    else
        print(answer, request.model, summary);
    return {};
}

}  // namespace trimtab::cli
