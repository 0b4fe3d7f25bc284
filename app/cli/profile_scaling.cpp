#include "app/cli/profile_scaling.h"

#include <algorithm>
#include <charconv>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/cli/model_options.h"
#include "app/cli/progress.h"
#include "app/cli/table.h"
#include "core/base/units.h"
#include "core/explain/size_advice.h"

namespace trimtab::cli {
namespace {

constexpr std::size_t kNameWidth = 44;
// Three parts through three points fit whatever they are.
constexpr std::size_t kFewestSizes = 4, kMostSizes = 16;
constexpr std::size_t kLongestTable = 60;

struct Measured {
    std::vector<double> sizes;
    std::vector<explain::ScalingPoint> runs;
    std::vector<std::vector<trace::LayerRecord>> plans;
    trial::Environment environment;
    bool throttled = false;
    trace::Execution execution = trace::Execution::Native;
};

/// A name that no input has would change nothing, and look constant.
Status checkSymbol(ipc::WorkerClient& worker, const ipc::ModelRequest& model, const std::string& symbol) {
    if (symbol == "batch") return {};
    TRIMTAB_TRY(const Json json, worker.call("info", ipc::toJson(model)));
    TRIMTAB_TRY(const auto info, ipc::modelInfoFromJson(json));
    if (std::ranges::find(info.openSymbols, symbol) != info.openSymbols.end()) return {};
    return fail(ErrorCode::Refused, fmt::format("the model has no open dimension \"{}\"; it has {}", symbol,
                                                info.openSymbols.empty() ? "none" : fmt::format("{}", fmt::join(info.openSymbols, ", "))));
}

recipe::RunSetting ofSize(recipe::RunSetting setting, const std::string& symbol, std::int64_t size) {
    if (symbol == "batch") setting.batch = size;
    else setting.symbols[symbol] = size;
    return setting;
}

Result<Measured> measure(Program& program, ipc::BenchRequest request, const Scale& scale) {
    TRIMTAB_TRY(const auto worker, program.startWorker());
    TRIMTAB_REQUIRE(checkSymbol(*worker, request.model, scale.symbol));
    Progress progress(program.quiet());
    Measured measured;
    std::vector<base::PairedBlock> timings;
    const recipe::RunSetting setting = request.model.setting;
    request.baseline = trial::Trial{request.model.recipe, ofSize(setting, scale.symbol, scale.sizes.back()), {}};
    for (const std::int64_t size : scale.sizes) {
        const double done = static_cast<double>(measured.sizes.size());
        const auto show = [&](double share, const std::string& what) {
            progress.show((done + std::max(share, 0.0)) / static_cast<double>(scale.sizes.size()),
                          fmt::format("{} = {}: {}", scale.symbol, size, printable(what)));
        };
        request.model.setting = ofSize(setting, scale.symbol, size);
        TRIMTAB_TRY(const Json json, worker->call("bench", ipc::toJson(request), show, program.stop.get_token()));
        TRIMTAB_TRY(auto answer, ipc::benchAnswerFromJson(json));
        if (answer.timings.trial.empty() || answer.timings.baseline.empty()) return fail(ErrorCode::Failed, "nothing was timed");
        measured.sizes.push_back(static_cast<double>(size));
        timings.push_back(std::move(answer.timings));
        if (trace::overall(answer.layers) == trace::Execution::Emulated) measured.execution = trace::Execution::Emulated;
        measured.throttled = measured.throttled || answer.throttled;
        measured.plans.push_back(std::move(answer.layers));
        measured.environment = answer.environment;
    }
    measured.runs = explain::besideLargest(measured.sizes, timings);
    explain::layersBesideLargest(measured.plans, measured.runs, timings);
    return measured;
}

Json toJson(const explain::ScalingFit& fit, double largest) {
    return {{"constant_ns", fit.constant},
            {"linear_ns", fit.linear},
            {"quadratic_ns", fit.quadratic},
            {"worst_error", fit.worstError},
            {"order", std::string(explain::orderName(fit.orderAt(largest)))}};
}

Json toJson(const explain::SizeAdvice& advice) {
    return {{"text", advice.text},   {"because", advice.because}, {"layers", advice.layers},
            {"size", advice.size},   {"speedup", advice.speedup}, {"basis", "predicted"}};
}

Json pointsOf(const std::vector<explain::ScalingPoint>& points) {
    Json list = Json::array();
    for (const auto& point : points) list.push_back({{"size", point.size}, {"ns", point.ns}});
    return list;
}

std::string perSize(double ns) { return ns > 0 ? base::formatMilliseconds(ns / 1e6) : "–"; }

std::vector<std::string> cells(const std::string& name, const std::string& op, const explain::ScalingFit& fit, double largest) {
    return {clipped(printable(name), kNameWidth),
            printable(op),
            perSize(fit.constant),
            perSize(fit.linear * largest),
            perSize(fit.quadratic * largest * largest),
            std::string(explain::orderName(fit.orderAt(largest))),
            fmt::format("{:.0f} %", 100 * fit.worstError)};
}

}  // namespace

Result<Scale> parseScale(const std::string& text) {
    const auto wrong = fail(ErrorCode::Usage, fmt::format("--scale wants NAME=SIZE,SIZE,SIZE, {} to {} different sizes, not \"{}\"",
                                                          kFewestSizes, kMostSizes, text));
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) return wrong;
    Scale scale{text.substr(0, equals), {}};
    std::set<std::int64_t> sizes;
    const char* at = text.data() + equals + 1;
    const char* const end = text.data() + text.size();
    while (at < end) {
        std::int64_t size = 0;
        const auto [next, error] = std::from_chars(at, end, size);
        if (error != std::errc{} || size < 1 || (next != end && *next != ',') || next + 1 == end) return wrong;
        sizes.insert(size);
        at = next == end ? end : next + 1;
    }
    if (sizes.size() < kFewestSizes || sizes.size() > kMostSizes) return wrong;
    scale.sizes.assign(sizes.begin(), sizes.end());
    return scale;
}

Status profileScaling(Program& program, const ipc::BenchRequest& request, const Scale& scale) {
    TRIMTAB_TRY(const Measured measured, measure(program, request, scale));
    const double largest = measured.sizes.back();
    const explain::ScalingFit whole = explain::fitScaling(measured.runs);
    auto layers = explain::scalingOf(measured.sizes, measured.plans);
    const auto advice = explain::adviseSize(scale.symbol, measured.runs, whole, layers);
    if (program.options.json) {
        Json nodes = Json::array();
        for (const auto& layer : layers)
            nodes.push_back(
                {{"node", layer.node}, {"op", layer.op}, {"points", pointsOf(layer.points)}, {"fit", toJson(layer.fit, largest)}});
        program.printJson({{"symbol", scale.symbol},
                           {"sizes", scale.sizes},
                           {"run", {{"points", pointsOf(measured.runs)}, {"fit", toJson(whole, largest)}}},
                           {"nodes", std::move(nodes)},
                           {"advice", advice ? toJson(*advice) : Json(nullptr)},
                           {"basis", "measured"},
                           {"execution", std::string(trace::name(measured.execution))},
                           {"throttled", measured.throttled},
                           {"random_weights", randomWeightsOf(request.model)},
                           {"recipe", recipe::toJson(request.model.recipe)},
                           {"setting", recipe::toJson(request.model.setting)},
                           {"environment", trial::toJson(measured.environment)}});
        return {};
    }
    fmt::print("time against {}: {}; recipe: {}\n", printable(scale.symbol), fmt::join(scale.sizes, ", "),
               recipe::summary(request.model.recipe));
    if (measured.execution == trace::Execution::Emulated)
        fmt::print("some layers are emulated: these times are not those of the format asked for\n");
    if (measured.throttled) fmt::print("the machine slowed down while this was measured\n");
    printRandomWeights(stdout, request.model);
    fmt::print("\n");
    const std::string at = fmt::format(" at {}", largest);
    Table table({{"layer"},
                 {"operator"},
                 {"constant", Align::Right},
                 {"linear" + at, Align::Right},
                 {"quadratic" + at, Align::Right},
                 {"mostly"},
                 {"fit within", Align::Right}});
    table.add(cells("the whole run", "", whole, largest));
    std::ranges::stable_sort(layers, std::greater{}, [&](const auto& layer) { return layer.fit.at(largest); });
    for (std::size_t i = 0; i < std::min(layers.size(), kLongestTable); ++i)
        table.add(cells(layers[i].node, layers[i].op, layers[i].fit, largest));
    fmt::print("{}", table.text());
    if (layers.size() > kLongestTable) fmt::print("{} more layers: --json lists them\n", layers.size() - kLongestTable);
    if (advice)
        fmt::print("\nwhat to do next (speed-up of each, predicted)\n  {:>6}  {}: {}\n", base::formatRatio(advice->speedup),
                   printable(advice->text), printable(advice->because));
    return {};
}

}  // namespace trimtab::cli
