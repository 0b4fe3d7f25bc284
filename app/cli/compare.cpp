// trimtab compare S.trimtab A B · trimtab compare OLD.trimtab NEW.trimtab [--fail-if-slower 5%]
#include <charconv>

#include "app/cli/command.h"
#include "app/cli/commands.h"
#include "app/cli/compare.h"
#include "core/trial/study.h"

namespace trimtab::cli {
namespace {

struct CompareOptions {
    std::vector<std::string> words;
    std::string failIfSlower;
};

Result<std::int64_t> trialNumber(const std::string& word) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc{} || end != word.data() + word.size() || value < 1)
        return fail(ErrorCode::Usage, "\"" + word + "\" is not the number of a trial");
    return value;
}

Status work(Program& program, const CompareOptions& options) {
    if (options.words.size() == 3) {
        if (!options.failIfSlower.empty()) return fail(ErrorCode::Usage, "--fail-if-slower compares two sessions, not two trials");
        TRIMTAB_TRY(const std::int64_t a, trialNumber(options.words[1]));
        TRIMTAB_TRY(const std::int64_t b, trialNumber(options.words[2]));
        return compareTrials(program, options.words[0], a, b);
    }
    if (options.words.size() != 2) return fail(ErrorCode::Usage, "compare takes SESSION A B, or OLD NEW");
    std::optional<double> limit;
    if (!options.failIfSlower.empty()) {
        auto parsed = trial::parseLimit(options.failIfSlower);
        if (!parsed || !parsed->relative) return fail(ErrorCode::Usage, "--fail-if-slower takes a share such as 5%");
        limit = parsed->value;
    }
    return compareSessions(program, options.words[0], options.words[1], limit);
}

}  // namespace

void addCompare(CLI::App& app, Program& program) {
    auto options = std::make_shared<CompareOptions>();
    CLI::App* command = addCommand(app, program, "compare",
                                   "Two trials of a session layer by layer (SESSION A B), or two sessions trial by trial (OLD NEW)",
                                   [&program, options] { return work(program, *options); });
    command->add_option("WHAT", options->words, "SESSION A B, or OLD NEW")->required()->expected(2, 3);
    command->add_option("--fail-if-slower", options->failIfSlower, "Exit 1 when a trial of NEW is slower by more than this, such as 5%");
}

}  // namespace trimtab::cli
