#pragma once
// Mixed assignment: the best option for each unit under one limit, from a sensitivity table, then measured for real and repaired where the
// sum of the parts misled it. The uniform recipes of all options are measured beside it: a mix is worth its rules only if it beats them.
#include <optional>
#include <string>
#include <vector>

#include "core/trial/sensitivity.h"
#include "core/tune/run_study.h"

namespace trimtab::tune {

struct MixGoal {
    enum class Quantity : std::uint8_t { Latency, Bytes, Loss, MeanBits };
    Quantity minimize = Quantity::Latency;
    Quantity limited = Quantity::Loss;
    trial::Limit maxDrop{0.01, true};   // where Loss is limited
    double limit = 0;                   // else: ms of a run, bytes of the units' weights, or mean bits of their parameters
    bool lastLayerToo = false;          // else the last unit of a mix keeps its own precision, or takes options of 8 bits and more
    int rounds = 6;                     // of measuring and repairing, at most; bytes and bits are kept by the first mix
};

/// "latency", "bytes", "loss", "bits".
std::optional<MixGoal::Quantity> quantityFromName(std::string_view word);

/// What a limit on the metric allows in units of the sample scores (perplexity: nats), from the baseline's value.
double allowedLoss(std::string_view metric, double baseline, const trial::Limit& limit);

/// One option, or none, for each unit.
struct Mix {
    std::vector<std::optional<std::size_t>> options;  // indices into table.options
    double loss = 0;      // sums of the parts: scores
    double gainMs = 0;
    double latencyMs = 0; // of the timed stretches
    double bytes = 0;
    double meanBits = 0;

    /// One rule for each treated layer; runs of units with one option are not merged, so that names say exactly what is meant. Groups of
    /// units come last: what leaves goes on top of what their layers get.
    recipe::Recipe recipe(const trial::SensitivityTable& table) const;
};

/// One option under everything, with the loss that it was measured to cost the whole model: every row that it goes with takes it, and its
/// loss counts once. Single rows understate what such a recipe gains, because neighbours that are treated alike hand their results on as
/// they are.
struct Underneath {
    std::size_t option = 0;
    double loss = 0;  // scores
};

/// `limit` in the limited quantity's own unit (Loss: scores). Emulated cells take part only where latency is neither minimised nor limited:
/// they have no speed. A row is charged its loss and one standard error, and never paid. Refused when nothing meets the limit.
Result<Mix> mixFor(const trial::SensitivityTable& table, const MixGoal& goal, double limit,
                   const std::optional<Underneath>& underneath = {});

/// The sums over the rows of a uniform recipe of one option, or of none. What an option does beside removing units is told by the option
/// of that alone; nullopt where the table has none.
std::optional<Mix> sumsOf(const trial::SensitivityTable& table, const std::optional<std::size_t>& option);

/// How a measured trial stands to the limit. Outside too, whatever is limited, if its scores are no numbers.
enum class Verdict : std::uint8_t { Inside, Undecided, Outside };
std::string_view name(Verdict verdict);  // "inside", "undecided", "outside"

struct MixCandidate {
    trial::TrialResult result;
    std::optional<Mix> mix;  // none: a uniform recipe or the baseline
    Verdict verdict = Verdict::Undecided;
};

struct MixOutcome {
    std::vector<MixCandidate> candidates;          // the baseline, the uniform recipes, then mixes in the order they were tried
    std::optional<std::size_t> best, bestUniform;  // among those inside the limit
    std::string noMix;                             // why there is none among them: the parts cannot meet the limit
    base::Estimate overUniform;                    // speed of the best over that of the best uniform recipe (or the baseline), paired over
                                                   // blocks
};

/// REQUIRES: the table was measured on the study's model. Its baseline and sums only predict: limits are taken from the measured
/// baseline. Runs trials as runStudy() does: finished ones are taken over.
Result<MixOutcome> searchMix(const trial::Study& study, const trial::SensitivityTable& table, const MixGoal& goal, TrialRunner& runner,
                             TrialSink& sink, const StudyObserver& observer, std::stop_token stop);

}  // namespace trimtab::tune
