// Whether the diagnosis is right, and its advice true: models that are each slow for one reason (cases.h), in seeded variants. Each is
// profiled, the first piece of advice is applied and measured in turns with what was profiled, and what was predicted is held against it.
//   advice_bench [--variants 10] [--case NAME] [--seconds 2]
// Prints a table in Markdown.
#include <algorithm>
#include <cstdlib>
#include <string>

#include <fmt/format.h>

#include "core/base/file.h"
#include "core/base/statistics.h"
#include "core/explain/advice.h"
#include "core/ipc/profile_request.h"
#include "profiler/worker/machine.h"
#include "profiler/worker/methods.h"
#include "profiler/worker/workbench.h"
#include "tests/bench/advice/cases.h"

namespace {

using namespace trimtab;

constexpr double kNear = 0.25;  // of a prediction

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
    void runVariant(const bench::Case& made, std::uint64_t variant, Tally& tally) {
        const auto path = m_folder.path() / fmt::format("{}.onnx", variant);
        bench::writeVariant(made.name, variant, path);
        worker::Workbench workbench;
        ipc::ProfileRequest request;
        request.model.model = path.string();
        request.model.setting.batch = made.batch;
        request.seconds = m_options.seconds;
        request.options = trial::usualOptions();
        const auto answer = orStop(ipc::profileAnswerFromJson(orStop(worker::profile(ipc::toJson(request), workbench, m_call))));
        const auto diagnosis = explain::diagnose(answer.profile, answer.environment.lastLevelCacheBytes);
        const auto advice = explain::advise(
            {answer.profile, diagnosis, answer.trials, request.model.recipe, request.model.setting, answer.batch, answer.largerBatch});
        ++tally.variants;
        tally.rightCause += diagnosis.main() && std::ranges::count(made.causes, *diagnosis.main()) > 0 ? 1 : 0;
        const std::string cause = diagnosis.main() ? fmt::format("{} {:.0f} %", explain::name(*diagnosis.main()),
                                                                 100 * diagnosis.causes.front().second)
                                                   : "–";
        if (advice.best.empty()) {
            fmt::print("| {} | {} | {} | none | – | – |\n", made.name, variant, cause);
            return;
        }
        const explain::Advice& first = advice.best.front();
        const double measured = measure(request, first, workbench);
        ++tally.advised;
        tally.rightSign += measured > 1 ? 1 : 0;
        tally.near += std::abs(first.speedup / measured - 1) <= kNear ? 1 : 0;
        fmt::print("| {} | {} | {} | {} | {:.2f} | {:.2f} |\n", made.name, variant, cause, first.text, first.speedup, measured);
        std::fflush(stdout);
    }

    /// Of a sample, both sides in turns.
    double measure(const ipc::ProfileRequest& profiled, const explain::Advice& advice, worker::Workbench& workbench) {
        ipc::BenchRequest request;
        request.model = profiled.model;
        request.baseline = trial::Trial{profiled.model.recipe, profiled.model.setting, {}};
        request.model.recipe = advice.recipe;
        request.model.setting = advice.setting;
        request.seconds = m_options.seconds;
        request.traceLayers = false;
        const auto answer = orStop(ipc::benchAnswerFromJson(orStop(worker::bench(ipc::toJson(request), workbench, m_call))));
        const double samples = static_cast<double>(answer.batch) / static_cast<double>(answer.baselineBatch);
        return samples * base::median(answer.timings.baseline) / base::median(answer.timings.trial);
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
