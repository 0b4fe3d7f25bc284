// trimtab profile MODEL, and the profiles of a session.
#include <array>
#include <filesystem>
#include <span>

#include <fmt/format.h>

#include "app/cli/command.h"
#include "app/cli/commands.h"
#include "app/cli/model_options.h"
#include "app/cli/profile_scaling.h"
#include "app/cli/profile_session.h"
#include "app/cli/profile_text.h"
#include "app/cli/session_options.h"
#include "core/report/perfetto.h"

namespace trimtab::cli {
namespace {

struct ProfileOptions {
    ModelOptions model;
    double seconds = 2.0;
    bool counters = false;
    bool advice = false;
    std::string trace;
    std::string scale;
    std::optional<std::int64_t> prompt, generate;
    std::string session;
    std::int64_t trial = 0, kept = 0;
    CLI::App* command = nullptr;
};

/// What stands beside a model alone: a trial says it itself.
constexpr std::array kOfModels{"--trust-links", "--random-weights", "--recipe", "--calibration", "--engine", "--device", "--shape",
                               "--symbol",      "--batch",          "--input",  "--scale",       "--prompt", "--generate", "--session"};
constexpr std::array kOfRuns{"--seconds", "--counters", "--advice"};

Status refuseAll(const ProfileOptions& options, std::span<const char* const> names, const char* why) {
    for (const char* name : names)
        if (options.command->count(name) > 0) return fail(ErrorCode::Usage, std::string(name) + " has no place here: " + why);
    return {};
}

/// Shows a profile, new or kept. `number`: its number in a session; 0: it is in none.
Status show(Program& program, const ProfileOptions& options, const ReadProfile& read, const std::string& subject, std::int64_t number) {
    const trace::Profile& profile = read.answer.profile;
    if (!options.trace.empty()) TRIMTAB_REQUIRE(report::writePerfetto(profile.trace, profile.layers, subject, options.trace));
    if (program.options.json) {
        Json document = documentOf(read);
        document["profile"] = number > 0 ? Json(number) : Json(nullptr);
        program.printJson(document);
        return {};
    }
    print(read);
    if (number > 0)
        fmt::print("\nprofile {} of {}\n", number, options.session.empty() ? options.model.model : options.session);
    return {};
}

Result<ReadProfile> made(Program& program, const ipc::ProfileRequest& request) {
    TRIMTAB_TRY(const Json json, program.callWorker("profile", ipc::toJson(request)));
    TRIMTAB_TRY(auto answer, ipc::profileAnswerFromJson(json));
    if (answer.profile.runs == 0 && answer.capacity.fits()) return fail(ErrorCode::Failed, "no run was recorded");
    return readProfile(request, std::move(answer));
}

ipc::ProfileRequest requestOf(const ProfileOptions& options) {
    ipc::ProfileRequest request;
    request.seconds = options.seconds;
    request.counters = options.counters;
    if (options.advice) request.options = trial::usualOptions();
    return request;
}

Status workOnSession(Program& program, const ProfileOptions& options) {
    const std::string& path = options.model.model;
    TRIMTAB_REQUIRE(refuseAll(options, kOfModels, "a session's trial says it itself"));
    if (options.trial > 0) {
        ipc::ProfileRequest request = requestOf(options);
        TRIMTAB_TRY(const TrialToProfile trial, trialToProfile(program, path, options.trial));
        request.model = trial.model;
        TRIMTAB_TRY(const ReadProfile read, made(program, request));
        TRIMTAB_TRY(const std::int64_t number, keepProfile(read, trial.label, options.trial, path));
        return show(program, options, read, trial.label, number);
    }
    TRIMTAB_REQUIRE(refuseAll(options, kOfRuns, "nothing is run without --trial"));
    if (options.kept > 0) {
        TRIMTAB_TRY(auto kept, keptProfile(path, options.kept));
        return show(program, options, readProfile(std::move(kept.request), std::move(kept.answer)), kept.heading.subject, options.kept);
    }
    if (!options.trace.empty()) return fail(ErrorCode::Usage, "--trace wants --trial or --kept: the profile that it is of");
    return listProfiles(program, path);
}

Status scaleModel(Program& program, const ProfileOptions& options, const ipc::ModelRequest& model) {
    constexpr std::array kOthers{"--prompt", "--generate", "--counters", "--advice", "--trace", "--input", "--session"};
    TRIMTAB_REQUIRE(refuseAll(options, kOthers, "--scale times whole runs on drawn inputs"));
    TRIMTAB_TRY(const Scale scale, parseScale(options.scale));
    ipc::BenchRequest bench;
    bench.model = model;
    bench.seconds = options.seconds;
    return profileScaling(program, bench, scale);
}

Status work(Program& program, const ProfileOptions& options) {
    if (isSession(options.model.model)) return workOnSession(program, options);
    if (options.trial > 0 || options.kept > 0)
        return fail(ErrorCode::Usage, "--trial and --kept are numbers of a session: name the session file (.trimtab) in place of the model");
    ipc::ProfileRequest request = requestOf(options);
    TRIMTAB_TRY(request.model, modelRequestOf(options.model, program.options));
    TRIMTAB_TRY(request.inputFiles, inputFilesOf(options.model));
    if (!options.scale.empty()) return scaleModel(program, options, request.model);
    if (options.generate && !options.prompt)
        return fail(ErrorCode::Usage, "--generate wants --prompt: the tokens before those that it times");
    request.model.setting.prompt = options.prompt.value_or(0);
    request.model.setting.generate = options.generate.value_or(0);
    const bool keeps = !options.session.empty();
    if (keeps) TRIMTAB_REQUIRE(openIfThere(options.session));  // a profile that cannot be kept is not worth its time
    TRIMTAB_TRY(const ReadProfile read, made(program, request));
    const std::string subject = std::filesystem::path(request.model.model).filename().string() + ": " + recipe::summary(request.model.recipe);
    std::int64_t number = 0;
    if (keeps) {
        TRIMTAB_TRY(number, keepProfile(read, subject, 0, options.session));
    }
    return show(program, options, read, subject, number);
}

}  // namespace

void addProfile(CLI::App& app, Program& program) {
    auto options = std::make_shared<ProfileOptions>();
    CLI::App* command = addCommand(app, program, "profile", "Where a run's time goes, layer by layer, and what bounds each; or the profiles of a session",
                                   [&program, options] { return work(program, *options); });
    options->command = command;
    addModel(*command, options->model);
    command->get_option("MODEL")->description("The model: an ONNX file, a Hugging Face folder or a GGUF file; or a session (.trimtab)");
    addRandomWeights(*command, options->model);
    addRecipe(*command, options->model);
    addRunning(*command, options->model);
    addInputs(*command, options->model);
    command->add_option("--seconds", options->seconds, "Time to measure (default: 2)")->check(realBetween(0.001, 3600.0));
    command->add_flag("--counters", options->counters,
                      "Read counters: the processor's (cycles, instructions, cache misses), and a GPU's for each layer (bytes, pipes, "
                      "occupancy, stalls)");
    command->add_flag("--advice", options->advice, "Try bf16, int8, int4 and pruning on each layer alone, and say what to do next");
    command->add_option("--trace", options->trace, "Write the trace for Perfetto (ui.perfetto.dev) to this .pftrace file");
    command->add_option("--scale", options->scale,
                        "Time at several sizes of an open dimension, or of the batch, instead: NAME=64,128,256,512; what grows how");
    const CLI::Range tokens(std::int64_t{1}, std::int64_t{1} << 20);
    command->add_option("--prompt", options->prompt, "Of a language model: profile the reading of so many tokens at once")->check(tokens);
    command->add_option("--generate", options->generate, "With --prompt: profile a step of so many behind it instead")->check(tokens);
    command->add_option("--session", options->session, "Keep the profile in this session file (.trimtab)");
    CLI::Option* trial = command->add_option("--trial", options->trial, "Of a session: profile this trial, and keep the profile there")
                             ->check(CLI::PositiveNumber);
    command->add_option("--kept", options->kept, "Of a session: show the profile of this number again")
        ->check(CLI::PositiveNumber)
        ->excludes(trial);
}

}  // namespace trimtab::cli
