// Our CPU engine beside ONNX Runtime: the same file, the same inputs, the same number of threads, taking turns in one process; a table in
// Markdown, and what the outputs differ by: in fp32 by no more than kMostRounding, in int8 by no more than quantising costs either of them
// (the distance of our int8 outputs from our fp32 ones); else the exit status is 1. Memory is measured in processes of their own.
//   engines_bench [--threads N] [--seconds S] [--blocks B] [--int8] [--folder DIR (made models are kept there)]
//                 [MODEL.onnx[@name=1,3,640,640]]…
// With --int8 both sides run one statically quantised file (QDQ), made of each model.
//   engines_bench --memory cpu|onnxruntime MODEL.onnx
#include <sys/resource.h>

#include <cmath>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>

#include <fmt/format.h>

#include "core/base/file.h"
#include "core/base/statistics.h"
#include "core/formats/onnx/reader.h"
#include "core/graph/passes/passes.h"
#include "core/graph/shape_inference.h"
#include "core/runtime/inputs.h"
#include "core/tensor/convert.h"
#include "kernels/cpu/cpu_engine.h"
#include "kernels/ref/reference.h"
#include "profiler/clock/alternate.h"
#include "profiler/worker/modules.h"
#include "tests/bench/engines/network.h"
#include "tests/bench/engines/quantized.h"

namespace trimtab::engines {
namespace {

namespace fs = std::filesystem;

struct Options {
    int threads = 2;
    double seconds = 4;
    int blocks = 5;
    bool int8 = false;
    fs::path folder = fs::temp_directory_path() / "trimtab-engines";
    std::string memoryOf;  // an engine's name: only load, run, and print the peak
    std::vector<std::string> models;
};

struct Model {
    std::string name;
    fs::path path;
    std::map<std::string, Shape> shapes;
};

/// "detector.onnx@x=1,3,640,640".
Model parseModel(const std::string& word) {
    Model model;
    const auto at = word.find('@');
    model.path = word.substr(0, at);
    model.name = model.path.stem().string();
    if (at != std::string::npos) {
        const auto equals = word.find('=', at);
        std::istringstream dims(word.substr(equals + 1));
        std::vector<std::int64_t> extents;
        for (std::string part; std::getline(dims, part, ',');) extents.push_back(std::stoll(part));
        model.shapes[word.substr(at + 1, equals - at - 1)] = Shape(extents);
    }
    return model;
}

std::vector<Model> madeModels(const fs::path& folder) {
    fs::create_directories(folder);
    struct Made {
        const char* name;
        void (*write)(const fs::path&);
        std::map<std::string, Shape> shapes;
    };
    std::vector<Model> models;
    for (const Made& made : {Made{"resnet50", writeResNet50, {{"image", Shape{1, 3, 224, 224}}}},
                             Made{"mobilenet_v2", writeMobileNetV2, {{"image", Shape{1, 3, 224, 224}}}},
                             Made{"bert_base", writeBertBase, {{"input_ids", Shape{1, 128}}}}, Made{"vit_base", writeVitBase, {}}}) {
        const fs::path path = folder / (std::string(made.name) + ".onnx");
        if (!fs::exists(path)) made.write(path);
        models.push_back({made.name, path, made.shapes});
    }
    return models;
}

/// The graph as an engine is given it: ours simplified as the worker does, ONNX Runtime's as the file has it.
Result<Graph> load(const fs::path& path, bool simplified) {
    TRIMTAB_TRY(auto read, formats::onnx::read(path));
    TRIMTAB_REQUIRE(graph::inferShapes(read.graph));
    if (!simplified) return std::move(read.graph);
    ref::ReferenceEvaluator evaluator;
    TRIMTAB_REQUIRE(graph::simplify(read.graph, evaluator));
    return std::move(read.graph);
}

struct Side {
    std::unique_ptr<runtime::Engine> engine;
    std::unique_ptr<runtime::CompiledModel> model;
    std::vector<NamedTensor> inputs;
};

Result<Side> prepare(const std::string& engine, const Model& model, int threads) {
    Side side;
    if (engine == "cpu") {
        side.engine = cpu::makeCpuEngine(threads);
    } else {
        TRIMTAB_TRY(const runtime::Module* module, worker::loadModule(engine));
        TRIMTAB_TRY(side.engine, module->makeEngine(threads, ""));
    }
    TRIMTAB_TRY(const Graph graph, load(model.path, engine == "cpu"));
    recipe::RunSetting setting;
    setting.threads = threads;
    setting.shapes = model.shapes;
    TRIMTAB_TRY(side.inputs, runtime::makeInputs(graph, setting, {}));
    TRIMTAB_TRY(side.model, side.engine->compile(graph, setting));
    return side;
}

struct Difference {
    double relative = 0;  // ‖a − b‖ / ‖a‖ over all outputs
    double largest = 0;   // of one element
};

constexpr double kMostRounding = 1e-3;  // relative difference of two fp32 engines that add in another order

Result<Difference> difference(Side& from, Side& of) {
    TRIMTAB_TRY(const auto a, from.model->run(from.inputs));
    TRIMTAB_TRY(const auto b, of.model->run(of.inputs));
    double error = 0, norm = 0, largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const auto x = tensor::toFloats(a[i].tensor), y = tensor::toFloats(b[i].tensor);
        if (x.size() != y.size()) return fail(ErrorCode::Failed, "the outputs differ in size");
        for (std::size_t k = 0; k < x.size(); ++k) {
            error += std::pow(x[k] - y[k], 2);
            norm += std::pow(x[k], 2);
            largest = std::max(largest, std::abs(static_cast<double>(x[k]) - y[k]));
        }
    }
    return Difference{std::sqrt(error / std::max(norm, 1e-30)), largest};
}

std::int64_t peakBytes(const std::string& self, const std::string& engine, const Model& model, int threads) {
    std::string shape;
    for (const auto& [name, dims] : model.shapes) {
        shape = "@" + name + "=";
        for (int i = 0; i < dims.rank(); ++i) shape += (i ? "," : "") + std::to_string(dims[i]);
    }
    const std::string command = fmt::format("'{}' --threads {} --memory {} '{}{}'", self, threads, engine, model.path.string(), shape);
    FILE* pipe = ::popen(command.c_str(), "r");
    long long bytes = 0;
    if (!pipe || std::fscanf(pipe, "%lld", &bytes) != 1) bytes = 0;
    if (pipe) ::pclose(pipe);
    return bytes;
}

int printMemory(const Options& options) {
    auto side = prepare(options.memoryOf, parseModel(options.models.at(0)), options.threads);
    for (int i = 0; side && i < 3; ++i) {
        if (const auto ran = side->model->run(side->inputs); !ran) return std::cerr << ran.error().text() << '\n', 1;
    }
    if (!side) return std::cerr << side.error().text() << '\n', 1;
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    std::cout << static_cast<long long>(usage.ru_maxrss) * 1024 << '\n';
    return 0;
}

struct Row {
    std::string name;
    double ours = 0, theirs = 0;  // ms
    base::Estimate ratio;         // theirs / ours
    Difference error;
    double allowed = kMostRounding;  // relative
    std::int64_t ourPeak = 0, theirPeak = 0;
};

/// The model as a quantised file in the folder.
Result<Model> quantized(const Options& options, const Model& model) {
    TRIMTAB_TRY(const Graph graph, load(model.path, true));
    recipe::RunSetting setting;
    setting.shapes = model.shapes;
    TRIMTAB_TRY(const auto inputs, runtime::makeInputs(graph, setting, {}));
    Model made = model;
    fs::create_directories(options.folder);
    made.path = options.folder / (model.name + ".int8.onnx");
    TRIMTAB_REQUIRE(writeQuantized(graph, inputs, made.path));
    return made;
}

Result<double> costOfQuantizing(const Model& original, Side& quantized, int threads) {
    TRIMTAB_TRY(Side floats, prepare("cpu", original, threads));
    TRIMTAB_TRY(const Difference cost, difference(floats, quantized));
    return cost.relative;
}

Result<Row> compare(const Options& options, const std::string& self, const Model& original) {
    Model model = original;
    if (options.int8) {
        TRIMTAB_TRY(model, quantized(options, original));
    }
    TRIMTAB_TRY(Side ours, prepare("cpu", model, options.threads));
    TRIMTAB_TRY(Side theirs, prepare("onnxruntime", model, options.threads));
    Row row;
    row.name = model.name;
    TRIMTAB_TRY(row.error, difference(theirs, ours));
    if (options.int8) {
        TRIMTAB_TRY(row.allowed, costOfQuantizing(original, ours, options.threads));
    }
    const auto runs = [](Side& side) { return [&side]() -> Status { return side.model->run(side.inputs).map([](const auto&) {}); }; };
    std::vector<base::PairedBlock> blocks;
    std::vector<double> all[2];
    for (int b = 0; b < options.blocks; ++b) {
        profiler::TimingPlan plan;
        plan.seconds = options.seconds / options.blocks;
        TRIMTAB_TRY(blocks.emplace_back(), profiler::timeAlternating(runs(theirs), runs(ours), plan));
        all[0].insert(all[0].end(), blocks.back().trial.begin(), blocks.back().trial.end());
        all[1].insert(all[1].end(), blocks.back().baseline.begin(), blocks.back().baseline.end());
    }
    row.ratio = base::pairedSpeedup(blocks);
    row.ours = base::median(all[0]);
    row.theirs = base::median(all[1]);
    row.ourPeak = peakBytes(self, "cpu", model, options.threads);
    row.theirPeak = peakBytes(self, "onnxruntime", model, options.threads);
    return row;
}

int printTable(const Options& options, const std::string& self) {
    std::vector<Model> models;
    for (const std::string& word : options.models) models.push_back(parseModel(word));
    if (models.empty()) models = madeModels(options.folder);
    std::cout << fmt::format("{} threads each, {} blocks, ratio = their time / ours (above 1: ours is faster), 95 % interval\n\n",
                             options.threads, options.blocks)
              << "| model | ours ms | ONNX Runtime ms | ratio | interval | relative difference | allowed | largest difference "
                 "| our peak MB | their peak MB |\n"
                 "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n";
    double logs = 0;
    int count = 0;
    bool failed = false;
    for (const Model& model : models) {
        const auto row = compare(options, self, model);
        if (!row) {
            std::cout << fmt::format("| {} | {} |\n", model.name, row.error().text());
            failed = true;
            continue;
        }
        const bool agrees = row->error.relative <= row->allowed;
        failed = failed || !agrees;
        std::cout << fmt::format("| {} | {:.2f} | {:.2f} | {:.2f} | {:.2f}…{:.2f} | {:.1e}{} | {:.1e} | {:.1e} | {} | {} |\n", row->name,
                                 row->ours, row->theirs, row->ratio.value, row->ratio.interval.low, row->ratio.interval.high,
                                 row->error.relative, agrees ? "" : " (too far)", row->allowed, row->error.largest,
                                 row->ourPeak / 1'000'000, row->theirPeak / 1'000'000)
                  << std::flush;
        logs += std::log(row->ratio.value);
        ++count;
    }
    if (count > 0) std::cout << fmt::format("\nGeometric mean of {} models: {:.3f}\n", count, std::exp(logs / count));
    return failed ? 1 : 0;
}

int run(int argc, char** argv) {
    Options options;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        const bool hasNext = i + 1 < argc;
        if (word == "--threads" && hasNext) options.threads = std::stoi(argv[++i]);
        else if (word == "--seconds" && hasNext) options.seconds = std::stod(argv[++i]);
        else if (word == "--blocks" && hasNext) options.blocks = std::stoi(argv[++i]);
        else if (word == "--int8") options.int8 = true;
        else if (word == "--folder" && hasNext) options.folder = argv[++i];
        else if (word == "--memory" && hasNext) options.memoryOf = argv[++i];
        else options.models.push_back(word);
    }
    return options.memoryOf.empty() ? printTable(options, argv[0]) : printMemory(options);
}

}  // namespace
}  // namespace trimtab::engines

int main(int argc, char** argv) { return trimtab::engines::run(argc, argv); }
