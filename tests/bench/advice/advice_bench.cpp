// Whether the diagnosis is right, and its advice true: models that are each slow for one reason (cases.h), in seeded variants. Each is
// profiled, the first piece of advice is applied and measured in turns with what was profiled, and what was predicted is held against it.
//   advice_bench [--variants 10] [--case NAME] [--seconds 2]
// Prints a table in Markdown.
#include <algorithm>
#include <cstdlib>
#include <string>

#include <fmt/format.h>

#include "core/base/file.h"
#include "core/base/memory_budget.h"
#include "core/base/statistics.h"
#include "core/explain/advice.h"
#include "core/explain/size_advice.h"
#include "core/ipc/profile_request.h"
#include "profiler/worker/machine.h"
#include "profiler/worker/methods.h"
#include "profiler/worker/workbench.h"
#include "tests/bench/advice/cases.h"

namespace {

using namespace trimtab;

constexpr double kNear = 0.25;  // of a prediction
constexpr int kBlocks = 4;

struct Options {
    std::uint64_t variants = 10;
    std::string only;
    double seconds = 2;
};

template <class T>
T orStop(Result<T> result) {
    if (result) return std::move(*result);
    fmt::print(stderr, "advice_bench: {}\n", result.error().text());
    std::exit(1);
}

struct Tally {
    std::uint64_t variants = 0, rightCause = 0, advised = 0, rightSign = 0, near = 0;
};

/// What was said of a variant, and what became of it. Predicted and measured are speed-ups where there is no unit.
struct Outcome {
    std::string cause = "–", advice, unit;
    bool isRightCause = false, isRightSign = false;
    double predicted = 0, measured = 0;
};

class Bench {
public:
    explicit Bench(const Options& options) : m_options(options) {}

    void run(const bench::Case& made) {
        Tally tally;
        for (std::uint64_t variant = 0; variant < m_options.variants; ++variant) runVariant(made, variant, tally);
        fmt::print("| **{}** | all | cause {} of {} | | | sign {} of {}, within 25 %: {} of {} |\n", made.name, tally.rightCause,
                   tally.variants, tally.rightSign, tally.advised, tally.near, tally.advised);
        std::fflush(stdout);
    }

private:
    ipc::ProfileRequest requestOf(const bench::Case& made, std::uint64_t variant) const {
        const auto path = m_folder.path() / fmt::format("{}.onnx", variant);
        bench::writeVariant(made.name, variant, path);
        ipc::ProfileRequest request;
        request.model.model = path.string();
        request.model.setting.batch = made.batch;
        request.seconds = m_options.seconds;
        request.options = trial::usualOptions();
        return request;
    }

    void runVariant(const bench::Case& made, std::uint64_t variant, Tally& tally) {
        const ipc::ProfileRequest request = requestOf(made, variant);
        worker::Workbench workbench;
        const Outcome outcome = made.question == bench::Question::Profile    ? ofProfile(made, request, workbench)
                                : made.question == bench::Question::Capacity ? ofCapacity(request, workbench)
                                                                             : ofScale(request, workbench);
        ++tally.variants;
        tally.rightCause += outcome.isRightCause ? 1 : 0;
        if (outcome.advice.empty()) {
            fmt::print("| {} | {} | {} | none | – | – |\n", made.name, variant, outcome.cause);
            return;
        }
        ++tally.advised;
        tally.rightSign += outcome.isRightSign ? 1 : 0;
        tally.near += std::abs(outcome.predicted / outcome.measured - 1) <= kNear ? 1 : 0;
        fmt::print("| {} | {} | {} | {} | {:.2f}{} | {:.2f}{} |\n", made.name, variant, outcome.cause, outcome.advice, outcome.predicted,
                   outcome.unit, outcome.measured, outcome.unit);
        std::fflush(stdout);
    }

    Outcome ofProfile(const bench::Case& made, const ipc::ProfileRequest& request, worker::Workbench& workbench) const {
        const auto answer = orStop(ipc::profileAnswerFromJson(orStop(worker::profile(ipc::toJson(request), workbench, m_call))));
        const auto diagnosis = explain::diagnose(answer.profile, answer.environment.lastLevelCacheBytes);
        const auto advice = explain::advise(
            {answer.profile, diagnosis, answer.trials, request.model.recipe, request.model.setting, answer.batch, answer.largerBatch,
             answer.reordering, answer.removals});
        Outcome outcome;
        if (const auto main = diagnosis.main()) {
            outcome.isRightCause = std::ranges::count(made.causes, *main) > 0;
            outcome.cause = fmt::format("{} {:.0f} %", explain::name(*main), 100 * diagnosis.causes.front().second);
        }
        if (advice.best.empty()) return outcome;
        const explain::Advice& first = advice.best.front();
        outcome.advice = first.text;
        outcome.predicted = first.speedup;
        outcome.measured = measure(request, first, workbench);
        outcome.isRightSign = outcome.measured > 1;
        return outcome;
    }

    /// The limit is three quarters of the weights. That the advice runs at all is its sign; predicted is the time of a run.
    Outcome ofCapacity(const ipc::ProfileRequest& request, worker::Workbench& workbench) const {
        base::MemoryBudget& budget = base::MemoryBudget::process();
        const std::int64_t before = budget.limit();
        const auto fileBytes = static_cast<std::int64_t>(std::filesystem::file_size(request.model.model));
        budget.setLimit(budget.used() + fileBytes * 3 / 4);
        const auto answer = orStop(ipc::profileAnswerFromJson(orStop(worker::profile(ipc::toJson(request), workbench, m_call))));
        Outcome outcome;
        outcome.isRightCause = !answer.capacity.fits();
        outcome.cause = outcome.isRightCause ? "capacity" : "it fits";
        const auto advice = explain::adviseToFit(answer.capacity, request.model.recipe, request.model.setting);
        if (!advice.best.empty()) {
            const explain::Advice& first = advice.best.front();
            outcome.advice = first.text;
            outcome.unit = " ms";
            outcome.predicted = first.runNs / 1e6;
            outcome.measured = timeOf(request, first.recipe, request.model.setting, workbench);
            outcome.isRightSign = outcome.measured > 0;
        }
        workbench.clear();
        budget.setLimit(before);
        return outcome;
    }

    Outcome ofScale(const ipc::ProfileRequest& request, worker::Workbench& workbench) const {
        std::vector<double> sizes;
        std::vector<base::PairedBlock> timings;
        std::vector<std::vector<trace::LayerRecord>> plans;
        ipc::ProfileRequest longest = request;
        longest.model.setting = ofLength(request, bench::lengths().back());
        for (const std::int64_t length : bench::lengths()) {
            auto asked = benchRequest(longest, longest.model.recipe, ofLength(request, length));
            asked.baseline = trial::Trial{longest.model.recipe, longest.model.setting, {}};
            asked.traceLayers = true;
            auto answer = orStop(benchOf(asked, workbench));
            sizes.push_back(static_cast<double>(length));
            timings.push_back(std::move(answer.timings));
            plans.push_back(std::move(answer.layers));
        }
        const auto runs = explain::besideLargest(sizes, timings);
        const explain::ScalingFit run = explain::fitScaling(runs);
        const auto advice = explain::adviseSize("sequence", runs, run, explain::scalingOf(sizes, plans));
        Outcome outcome;
        outcome.isRightCause = run.orderAt(sizes.back()) == 2;
        outcome.cause = std::string(explain::orderName(run.orderAt(sizes.back())));
        if (!advice) return outcome;
        outcome.advice = advice->text;
        outcome.predicted = advice->speedup;
        explain::Advice piece;
        piece.setting = ofLength(request, static_cast<std::int64_t>(advice->size));
        outcome.measured = measure(longest, piece, workbench) * advice->size / sizes.back();
        outcome.isRightSign = outcome.measured > 1;
        return outcome;
    }

    static recipe::RunSetting ofLength(const ipc::ProfileRequest& request, std::int64_t length) {
        recipe::RunSetting setting = request.model.setting;
        setting.symbols["sequence"] = length;
        return setting;
    }

    ipc::BenchRequest benchRequest(const ipc::ProfileRequest& profiled, const recipe::Recipe& recipe,
                                   const recipe::RunSetting& setting) const {
        ipc::BenchRequest request;
        request.model = profiled.model;
        request.model.recipe = recipe;
        request.model.setting = setting;
        request.seconds = m_options.seconds;
        request.traceLayers = false;
        return request;
    }

    Result<ipc::BenchAnswer> benchOf(const ipc::BenchRequest& request, worker::Workbench& workbench) const {
        TRIMTAB_TRY(const Json json, worker::bench(ipc::toJson(request), workbench, m_call));
        return ipc::benchAnswerFromJson(json);
    }

    /// ms of a run; 0 where there is none.
    double timeOf(const ipc::ProfileRequest& profiled, const recipe::Recipe& recipe, const recipe::RunSetting& setting,
                  worker::Workbench& workbench) const {
        const auto answer = benchOf(benchRequest(profiled, recipe, setting), workbench);
        return answer ? base::median(answer->timings.trial) : 0;
    }

    /// Of a sample, both sides in turns, over blocks of which each stands for itself.
    double measure(const ipc::ProfileRequest& profiled, const explain::Advice& advice, worker::Workbench& workbench) const {
        ipc::BenchRequest request = benchRequest(profiled, advice.recipe, advice.setting);
        request.baseline = trial::Trial{profiled.model.recipe, profiled.model.setting, {}};
        request.seconds = m_options.seconds / kBlocks;
        std::vector<base::PairedBlock> blocks;
        double samples = 1;
        for (int i = 0; i < kBlocks; ++i) {
            auto answer = orStop(benchOf(request, workbench));
            samples = static_cast<double>(answer.batch) / static_cast<double>(answer.baselineBatch);
            blocks.push_back(std::move(answer.timings));
        }
        return samples * base::pairedSpeedup(blocks).value;
    }

    const Options& m_options;
    const worker::Call m_call{[](double, const std::string&) {}, [] { return false; }};
    const base::TemporaryFolder m_folder = orStop(base::TemporaryFolder::create("trimtab-advice"));
};

Options parse(int count, char** words) {
    Options options;
    for (int i = 1; i + 1 < count; i += 2) {
        const std::string word = words[i];
        if (word == "--variants") options.variants = static_cast<std::uint64_t>(std::atoll(words[i + 1]));
        else if (word == "--case") options.only = words[i + 1];
        else if (word == "--seconds") options.seconds = std::atof(words[i + 1]);
    }
    return options;
}

}  // namespace

int main(int count, char** words) {
    const Options options = parse(count, words);
    fmt::print("{}\n\n| case | variant | bound by | first advice | predicted | measured |\n|---|---|---|---|---|---|\n",
               worker::processorName());
    Bench bench(options);
    for (const auto& made : bench::adviceCases())
        if (options.only.empty() || options.only == made.name) bench.run(made);
}
