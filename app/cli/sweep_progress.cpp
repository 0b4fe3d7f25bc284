#include "app/cli/sweep_progress.h"

#include <fmt/format.h>

#include "app/cli/accuracy_text.h"
#include "app/cli/table.h"
#include "core/base/units.h"

namespace trimtab::cli {

tune::StudyObserver SweepProgress::observer() {
    return {[this](const tune::StudyProgress& at) { show(at); }, [this](const trial::TrialResult& result) { finished(result); },
            [this](const trial::Accuracy& accuracy) { scored(accuracy); }};
}

void SweepProgress::show(const tune::StudyProgress& at) {
    std::string line = fmt::format("{} of {} trials", at.done, at.total);
    if (at.failed > 0) line += fmt::format(", {} failed", at.failed);
    if (const std::string left = formatSeconds(at.secondsLeft); !left.empty()) line += fmt::format(", {} left", left);
    if (!at.current.empty()) line += fmt::format("  {} ({})", printable(at.current), at.phase);
    m_progress.show(at.total > 0 ? static_cast<double>(at.done) / at.total : -1, line);
}

void SweepProgress::finished(const trial::TrialResult& result) {
    if (!m_said.insert(result.id).second) return;
    std::string line = printable(result.trial.label) + ": ";
    if (result.state == trial::State::Failed) {
        m_progress.say(line + "failed: " + printable(result.failure));
        return;
    }
    if (result.accuracy) line += fmt::format("{} {}", printable(result.accuracy->title()), valueText(*result.accuracy));
    if (result.speed) line += fmt::format(", {}, {:.2f}×", base::formatMilliseconds(result.speed->medianMs), result.speed->speedup.value);
    if (result.execution == trace::Execution::Emulated) line += ", emulated";
    m_progress.say(line);
}

void SweepProgress::scored(const trial::Accuracy& accuracy) {
    const bool isKnown = m_baseline.has_value();
    m_baseline = accuracy;
    if (isKnown) return;
    m_progress.say(fmt::format("The model as it is: {}. Is this what you expect?", accuracyText(accuracy)));
}

}  // namespace trimtab::cli
