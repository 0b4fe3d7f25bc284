// trimtab bench MODEL
#include <fmt/format.h>

#include "app/cli/bench_phases.h"
#include "app/cli/command.h"
#include "app/cli/commands.h"
#include "app/cli/layers_table.h"
#include "app/cli/model_options.h"
#include "app/cli/power_text.h"
#include "app/cli/timing_figure.h"
#include "core/base/units.h"
#include "core/trial/stream.h"

namespace trimtab::cli {
namespace {

struct BenchOptions {
    ModelOptions model;
    double seconds = 2.0;
    std::optional<double> streamSeconds;
    std::optional<double> deadlineMs;
    std::optional<std::int64_t> prompt, generate;
};

struct Summary {
    TimingFigure latency;     // ms
    double throughput = 0;  // samples a second
    std::optional<trial::StreamFigures> stream;
};

Summary summaryOf(const ipc::BenchAnswer& answer, const BenchOptions& options) {
    const auto& times = answer.timings.trial;
    Summary summary;
    summary.latency = figureOf(times);
    summary.throughput = perSecond(static_cast<double>(answer.batch), summary.latency.median);
    if (options.streamSeconds) summary.stream = trial::streamFigures(times, *options.streamSeconds, options.deadlineMs);
    return summary;
}

Json documentOf(const ipc::BenchAnswer& answer, const ipc::ModelRequest& model, const Summary& summary) {
    Json document{{"latency_ms", toJson(summary.latency)},
                  {"throughput_sps", summary.throughput},
                  {"batch", answer.batch},
                  {"execution", std::string(trace::name(trace::overall(answer.layers)))},
                  {"basis", "measured"},
                  {"random_weights", randomWeightsOf(model)},
                  {"throttled", answer.throttled},
                  {"power", trace::toJson(answer.power)},
                  {"recipe", recipe::toJson(model.recipe)},
                  {"setting", recipe::toJson(model.setting)},
                  {"weight_bytes", answer.weightBytes},
                  {"arena_bytes", answer.arenaBytes},
                  {"environment", trial::toJson(answer.environment)},
                  {"layers", trace::toJson(answer.layers)}};
    if (summary.stream) document.update(trial::toJson(*summary.stream));
    return document;
}

void print(const trial::StreamFigures& stream) {
    fmt::print("{:<12}{:.4g} of the {:.4g} s that a run covers", "real time", stream.medianFactor, stream.streamSeconds);
    if (stream.factorInterval) fmt::print(" (95 %: {:.4g} … {:.4g})", stream.factorInterval->low, stream.factorInterval->high);
    if (stream.p95Factor) fmt::print(", p95 {:.4g}", *stream.p95Factor);
    fmt::print("\n{:<12}{:.4g} % of {} runs took longer than {} (95 %: {:.4g} … {:.4g} %)\n", "deadlines", 100 * stream.missed.value,
               stream.n, base::formatMilliseconds(stream.deadlineMs), 100 * stream.missed.interval.low, 100 * stream.missed.interval.high);
}

void print(const ipc::BenchAnswer& answer, const ipc::ModelRequest& model, const Summary& summary) {
    const auto& where = answer.environment;
    fmt::print("{:<12}{}\n", "recipe", recipe::summary(model.recipe));
    fmt::print("{:<12}{} {}, {}, {} thread{}, {}\n", "engine", where.engine, where.engineVersion, where.instructionSet, where.threads,
               where.threads == 1 ? "" : "s", where.device);
    fmt::print("{:<12}{}", "latency", base::formatMilliseconds(summary.latency.median));
    if (const auto& interval = summary.latency.interval)
        fmt::print(" (95 %: {} … {})", base::formatMilliseconds(interval->low), base::formatMilliseconds(interval->high));
    fmt::print(", median of {}\n", summary.latency.n);
    if (summary.latency.p95) fmt::print("{:<12}{}\n", "p95", base::formatMilliseconds(*summary.latency.p95));
    fmt::print("{:<12}{:.4g} samples/s at batch {}\n", "throughput", summary.throughput, answer.batch);
    if (summary.stream) print(*summary.stream);
    fmt::print("{:<12}{} of weights, {} of activations\n", "memory", base::formatBytes(static_cast<double>(answer.weightBytes)),
               base::formatBytes(static_cast<double>(answer.arenaBytes)));
    if (trace::overall(answer.layers) == trace::Execution::Emulated)
        fmt::print("{:<12}some layers are emulated: these times are not those of the format asked for\n", "mark");
    printRandomWeights(stdout, model);
    fmt::print("{:<12}{}\n", "energy", energyText(answer.power, trial::workOfRun(answer.batch, model.setting)));
    fmt::print("{:<12}{}\n", "clocks", clocksText(answer.power));
    if (answer.throttled) fmt::print("{:<12}the machine slowed down while this was measured\n", "mark");
    fmt::print("\n{}", layersTable(answer.layers));
}

Status work(Program& program, const BenchOptions& options) {
    ipc::BenchRequest request;
    TRIMTAB_TRY(request.model, modelRequestOf(options.model, program.options));
    if (options.prompt || options.generate) {
        ipc::PhasesRequest phases;
        phases.model = request.model;
        phases.prompt = options.prompt.value_or(phases.prompt);
        phases.generate = options.generate.value_or(phases.generate);
        phases.seconds = options.seconds;
        return benchPhases(program, phases);
    }
    TRIMTAB_TRY(request.inputFiles, inputFilesOf(options.model));
    request.seconds = options.seconds;
    request.power = true;
    TRIMTAB_TRY(const Json json, program.callWorker("bench", ipc::toJson(request)));
    TRIMTAB_TRY(const auto answer, ipc::benchAnswerFromJson(json));
    if (answer.timings.trial.empty()) return fail(ErrorCode::Failed, "nothing was timed");
    const Summary summary = summaryOf(answer, options);
    if (program.options.json) {
        program.printJson(documentOf(answer, request.model, summary));
    } else {
        print(answer, request.model, summary);
    }
    return {};
}

}  // namespace

void addBench(CLI::App& app, Program& program) {
    auto options = std::make_shared<BenchOptions>();
    CLI::App* command = addCommand(app, program, "bench", "How long one run takes, in all and layer by layer",
                                   [&program, options] { return work(program, *options); });
    addModel(*command, options->model);
    addRandomWeights(*command, options->model);
    addRecipe(*command, options->model);
    addRunning(*command, options->model);
    addInputs(*command, options->model);
    command->add_option("--seconds", options->seconds, "Time to measure (default: 2)")->check(realBetween(0.001, 3600.0));
    CLI::Option* stream = command->add_option("--stream-seconds", options->streamSeconds,
                                               "Seconds of signal that one run covers: tells the real-time factor");
    stream->check(realBetween(1e-6, 1e6));
    command->add_option("--deadline-ms", options->deadlineMs, "Longest that a run may take (default: the signal it covers)")
        ->check(realBetween(1e-6, 1e9))
        ->needs(stream);
    const CLI::Range tokens(std::int64_t{1}, std::int64_t{1} << 20);
    command->add_option("--prompt", options->prompt, "Of a language model: tokens read at once (default with --generate: 512)")
        ->check(tokens)
        ->excludes(stream);
    command->add_option("--generate", options->generate, "Tokens generated one by one behind the prompt (default with --prompt: 64)")
        ->check(tokens)
        ->excludes(stream);
}

}  // namespace trimtab::cli
