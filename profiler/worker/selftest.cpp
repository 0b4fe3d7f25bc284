// "selftest": an engine against the reference, on small seeded models under every treatment it may meet.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/compress/compress.h"
#include "core/runtime/inputs.h"
#include "kernels/ref/reference_engine.h"
#include "profiler/worker/engines.h"
#include "profiler/worker/methods.h"
#include "profiler/worker/selftest_models.h"

namespace trimtab::worker {
namespace {

/// Of the largest output: sums in another order; rounding of quantised activations and 16-bit products in another place.
constexpr double kExactTolerance = 1e-4;
constexpr double kRoundedTolerance = 3e-2;

Result<std::vector<float>> firstOutput(runtime::Engine& engine, const Graph& graph, const std::vector<NamedTensor>& inputs) {
    TRIMTAB_TRY(const auto model, engine.compile(graph, {}));
    TRIMTAB_TRY(const auto outputs, model->run(inputs));
    const auto values = outputs.front().tensor.data<float>();
    return std::vector<float>(values.begin(), values.end());
}

double relativeDifference(const std::vector<float>& wanted, const std::vector<float>& got) {
    double largest = 0;
    double difference = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        largest = std::max(largest, std::abs(static_cast<double>(wanted[i])));
        difference = std::max(difference, std::abs(static_cast<double>(wanted[i]) - got[i]));
        if (!std::isfinite(got[i])) return std::numeric_limits<double>::infinity();
    }
    return largest > 0 ? difference / largest : difference;
}

/// The largest difference of the first output, in parts of its largest entry.
Result<double> differenceUnder(runtime::Engine& engine, const SelftestModel& model, const recipe::Recipe& recipe) {
    TRIMTAB_TRY(const auto compressed, trimtab::compress::compress(model.graph, recipe));
    TRIMTAB_TRY(const auto inputs, runtime::makeInputs(compressed.graph, {}));
    const auto reference = ref::makeReferenceEngine();
    TRIMTAB_TRY(const auto wanted, firstOutput(*reference, compressed.graph, inputs));
    TRIMTAB_TRY(const auto got, firstOutput(engine, compressed.graph, inputs));
    if (wanted.size() != got.size()) return fail(ErrorCode::Failed, "the output has another size than the reference's");
    return relativeDifference(wanted, got);
}

/// Empty when the check passes, else the reason.
std::string reasonToFail(runtime::Engine& engine, const SelftestModel& model, const recipe::Recipe& recipe) {
    const auto difference = differenceUnder(engine, model, recipe);
    if (!difference) return difference.error().text();
    const bool rounded = recipe.base.compute.has_value();
    const double tolerance = rounded ? kRoundedTolerance : kExactTolerance;
    if (*difference <= tolerance) return {};
    return fmt::format("differs from the reference by {:.3g} of the largest output (allowed: {:.3g})", *difference, tolerance);
}

}  // namespace

Result<Json> selftest(const Json& params, Workbench&, const Call& call) {
    TRIMTAB_TRY(const std::string name, base::stringAt(params, "engine", "cpu"));
    TRIMTAB_TRY(const std::string device, base::stringAt(params, "device", ""));
    const auto made = makeEngine(name, 0, device);
    if (!made) {  // what this command asks is whether the engine works here, so its absence is no refusal of the input
        Error error = made.error();
        if (error.code == ErrorCode::Unsupported) error.code = ErrorCode::Failed;
        return fail(std::move(error));
    }
    const auto& engine = *made;
    TRIMTAB_TRY(const auto models, selftestModels());
    int passed = 0;
    Json failed = Json::array();
    for (std::size_t i = 0; i < models.size(); ++i) {
        for (const std::string& text : models[i].recipes) {
            if (call.cancelled()) return fail(ErrorCode::Cancelled, "cancelled");
            TRIMTAB_TRY(const auto recipe, recipe::parse(text));
            const std::string check = models[i].name + ", " + recipe::summary(recipe);
            call.progress(static_cast<double>(i) / static_cast<double>(models.size()), check);
            const std::string reason = reasonToFail(*engine, models[i], recipe);
            if (reason.empty()) {
                ++passed;
            } else {
                failed.push_back({{"name", check}, {"reason", reason}});
            }
        }
    }
    return Json{{"engine", name}, {"passed", passed}, {"failed", std::move(failed)}};
}

}  // namespace trimtab::worker
