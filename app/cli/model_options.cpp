#include "app/cli/model_options.h"

#include <charconv>

#include <fmt/format.h>

#include "app/cli/command.h"
#include "core/base/file.h"

namespace trimtab::cli {
namespace {

constexpr std::int64_t kMaxRecipeBytes = 16 << 20;

/// "NAME=VALUE" split at the last '=' (input names may hold one).
Result<std::pair<std::string, std::string>> splitPair(const std::string& word, const std::string& form) {
    const std::size_t equals = word.rfind('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == word.size())
        return fail(ErrorCode::Usage, "\"" + word + "\" is not of the form " + form);
    return std::pair{word.substr(0, equals), word.substr(equals + 1)};
}

Result<std::int64_t> parseExtent(std::string_view text, const std::string& word) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < 0)
        return fail(ErrorCode::Usage, "\"" + std::string(text) + "\" in \"" + word + "\" is not an extent");
    return value;
}

Result<Shape> parseShape(std::string_view text, const std::string& word) {
    std::vector<std::int64_t> dims;
    while (!text.empty()) {
        const std::size_t comma = text.find(',');
        TRIMTAB_TRY(const std::int64_t extent, parseExtent(text.substr(0, comma), word));
        dims.push_back(extent);
        if (comma == std::string_view::npos) break;
        text.remove_prefix(comma + 1);
        if (text.empty()) return fail(ErrorCode::Usage, "\"" + word + "\" ends with a comma");
    }
    return Shape(std::move(dims));
}

/// Empty for "cpu", "cuda" and "cuda:0" to "cuda:999"; and so for "tensorrt".
std::string deviceProblem(const std::string& word) {
    if (word == "cpu") return {};
    for (const std::string_view family : {"cuda", "tensorrt"}) {
        if (word == family) return {};
        if (!word.starts_with(family) || word[family.size()] != ':') continue;
        const std::string_view number = std::string_view(word).substr(family.size() + 1);
        if (!number.empty() && number.size() <= 3 && number.find_first_not_of("0123456789") == std::string_view::npos) return {};
    }
    return "\"" + word + "\" is no device; there are cpu, cuda:0, cuda:1, … and, for ONNX Runtime, tensorrt:0, …";
}

}  // namespace

void addModel(CLI::App& command, ModelOptions& options) {
    command.add_option("MODEL", options.model, "The model: an ONNX file, a Hugging Face folder or a GGUF file")->required();
    command.add_flag("--trust-links", options.trustLinks, "Accept weight files with several hard links");
}

void addRandomWeights(CLI::App& command, ModelOptions& options) {
    command.add_option("--random-weights", options.randomWeights,
                       "MODEL is a config.json: draw its weights from this seed, to ask for speed before a download");
}

void addRecipe(CLI::App& command, ModelOptions& options) {
    CLI::Option* recipe = command.add_option("--recipe", options.recipe, "What is done to the model first (a JSON file)");
    addCalibration(command, options);
    for (const char* ofRecipes : {"--calibration", "--calibration-samples"}) command.get_option(ofRecipes)->needs(recipe);
}

void addCalibration(CLI::App& command, ModelOptions& options) {
    command.add_option("--calibration", options.calibration,
                       "Dataset for methods that look at activations (default: the data, else drawn inputs)");
    command.add_option("--calibration-samples", options.calibrationSamples, "Samples of it (default: 128)")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 30));
}

void addEngine(CLI::App& command, std::string& engine, std::string& device) {
    command
        .add_option("--engine", engine, "What runs it: cpu (default), cuda, onnxruntime or reference; `trimtab devices` says what is here")
        ->check(CLI::IsMember({"cpu", "cuda", "onnxruntime", "reference"}));
    command
        .add_option("--device", device,
                    "Where it runs: cpu, cuda:0, cuda:1, … or (ONNX Runtime) tensorrt:0, … (default: the engine's first)")
        ->check(CLI::Validator(deviceProblem, "cpu|cuda:N|tensorrt:N"));
}

void addRunning(CLI::App& command, ModelOptions& options) {
    addEngine(command, options.engine, options.device);
    command.add_option("--shape", options.shapes, "Shape of an input, in full: NAME=1,3,224,224")->allow_extra_args(false);
    command.add_option("--symbol", options.symbols, "Extent of an open dim: sequence=64")->allow_extra_args(false);
    command.add_option("--batch", options.batch, "Extent of the first open dim of each input")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 40));
}

void addInputs(CLI::App& command, ModelOptions& options) {
    command.add_option("--input", options.inputs, "Values of an input: NAME=FILE.npy; other inputs are drawn from the seed")
        ->allow_extra_args(false);
}

Result<recipe::RunSetting> settingOf(const ModelOptions& options, const CommonOptions& common) {
    recipe::RunSetting setting;
    setting.engine = options.engine;
    setting.device = options.device;
    setting.batch = options.batch;
    setting.threads = common.threads;
    setting.seed = common.seed;
    for (const std::string& word : options.shapes) {
        TRIMTAB_TRY(const auto pair, splitPair(word, "NAME=1,3,224,224"));
        TRIMTAB_TRY(setting.shapes[pair.first], parseShape(pair.second, word));
    }
    for (const std::string& word : options.symbols) {
        TRIMTAB_TRY(const auto pair, splitPair(word, "NAME=64"));
        TRIMTAB_TRY(setting.symbols[pair.first], parseExtent(pair.second, word));
    }
    return setting;
}

Json randomWeightsOf(const ipc::ModelRequest& model) { return model.randomWeights ? Json(*model.randomWeights) : Json(); }

void printRandomWeights(std::FILE* to, const ipc::ModelRequest& model) {
    if (model.randomWeights)
        fmt::print(to, "{:<12}weights are random (seed {}): speed and memory are what they would be, answers mean nothing\n", "mark",
                   *model.randomWeights);
}

Result<recipe::Recipe> readRecipe(const std::string& path) {
    TRIMTAB_TRY(const std::string text, base::readFile(path, kMaxRecipeBytes));
    auto recipe = recipe::parse(text);
    if (recipe) return recipe;
    base::Error error = std::move(recipe).error();
    error.context = error.context.empty() ? path : path + ": " + error.context;
    return fail(std::move(error));
}

trial::Calibration calibrationOf(const ModelOptions& options) {
    trial::Calibration calibration;
    if (!options.calibration.empty()) calibration.path = absolutePath(options.calibration);
    if (options.calibrationSamples > 0) calibration.samples = options.calibrationSamples;
    return calibration;
}

Result<ipc::ModelRequest> modelRequestOf(const ModelOptions& options, const CommonOptions& common) {
    ipc::ModelRequest request;
    request.model = absolutePath(options.model);
    request.trustLinks = options.trustLinks;
    request.randomWeights = options.randomWeights;
    if (!options.recipe.empty()) {
        TRIMTAB_TRY(request.recipe, readRecipe(options.recipe));
    }
    request.calibration = calibrationOf(options);
    TRIMTAB_TRY(request.setting, settingOf(options, common));
    return request;
}

Result<std::map<std::string, std::string>> inputFilesOf(const ModelOptions& options) {
    std::map<std::string, std::string> files;
    for (const std::string& word : options.inputs) {
        TRIMTAB_TRY(const auto pair, splitPair(word, "NAME=FILE.npy"));
        files[pair.first] = absolutePath(pair.second);
    }
    return files;
}

}  // namespace trimtab::cli
