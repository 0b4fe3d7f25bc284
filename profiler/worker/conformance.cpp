#include "profiler/worker/conformance.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/formats/onnx/reader.h"
#include "core/tensor/convert.h"
#include "kernels/ref/graph_run.h"
#include "profiler/worker/random_outputs.h"

namespace trimtab::worker {
namespace {

namespace fs = std::filesystem;
using ref::RunValue;
using ref::TensorSequence;

constexpr double kRelative = 1e-3;
constexpr double kAbsolute = 1e-7;

Result<std::vector<fs::path>> modelFolders(std::span<const fs::path> folders) {
    std::vector<fs::path> found;
    for (const fs::path& folder : folders) {
        const std::size_t before = found.size();
        std::error_code error;
        for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
            if (it->path().filename() == "model.onnx") found.push_back(it->path().parent_path());
        if (error) return fail(ErrorCode::NotFound, "cannot be listed: " + error.message(), folder.string());
        if (found.size() == before) return fail(ErrorCode::NotFound, "holds no folder with a model.onnx", folder.string());
    }
    std::sort(found.begin(), found.end());
    return found;
}

std::vector<fs::path> dataSets(const fs::path& folder) {
    std::vector<fs::path> sets;
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
        if (it->path().filename().string().starts_with("test_data_set_")) sets.push_back(it->path());
    std::sort(sets.begin(), sets.end());
    return sets;
}

/// input_0.pb, input_1.pb, … for the given values of the graph.
Result<std::vector<RunValue>> readValues(const Graph& graph, const std::vector<graph::ValueId>& ids, const fs::path& folder,
                                         const std::string& stem) {
    std::vector<RunValue> values;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        const graph::ValueType& type = graph.value(ids[i]).type;
        TRIMTAB_TRY(formats::onnx::StoredValue stored, formats::onnx::readValueFile(folder / fmt::format("{}_{}.pb", stem, i), type));
        if (stored.isEmpty) values.emplace_back(ref::EmptyOptional{});
        else if (stored.isSequence) values.emplace_back(TensorSequence{type.type, std::move(stored.tensors)});
        else values.emplace_back(std::move(stored.tensors.front()));
    }
    return values;
}

std::string valueDifference(const RunValue& expected, const RunValue& got) {
    if (expected.index() != got.index()) return "a tensor, a sequence or nothing stands where another of these is needed";
    if (std::holds_alternative<ref::EmptyOptional>(expected)) return {};
    if (const auto* tensor = std::get_if<Tensor>(&expected)) return difference(*tensor, std::get<Tensor>(got));
    const auto& a = std::get<TensorSequence>(expected).items;
    const auto& b = std::get<TensorSequence>(got).items;
    if (a.size() != b.size()) return fmt::format("the sequence holds {} tensors where {} are expected", b.size(), a.size());
    for (std::size_t i = 0; i < a.size(); ++i)
        if (auto words = difference(a[i], b[i]); !words.empty()) return fmt::format("item {}: {}", i, words);
    return {};
}

/// One loaded model, run either by the engine or node by node.
class Subject {
public:
    static Result<Subject> load(const fs::path& folder, runtime::Engine& engine) {
        TRIMTAB_TRY(formats::onnx::ReadResult read, formats::onnx::read(folder / "model.onnx"));
        Subject subject;
        subject.m_graph = std::move(read.graph);
        const auto isTensor = [&](graph::ValueId id) {
            return !subject.m_graph.value(id).type.isSequence && !subject.m_graph.value(id).type.isOptional;
        };
        if (std::all_of(subject.m_graph.inputs.begin(), subject.m_graph.inputs.end(), isTensor) &&
            std::all_of(subject.m_graph.outputs.begin(), subject.m_graph.outputs.end(), isTensor)) {
            TRIMTAB_TRY(subject.m_model, engine.compile(subject.m_graph, {}));
        }
        return subject;
    }

    /// Empty when the data set's outputs agree.
    Result<std::string> check(const fs::path& dataSet) {
        TRIMTAB_TRY(std::vector<RunValue> inputs, readValues(m_graph, m_graph.inputs, dataSet, "input"));
        TRIMTAB_TRY(const std::vector<RunValue> expected, readValues(m_graph, m_graph.outputs, dataSet, "output"));
        TRIMTAB_TRY(const std::vector<RunValue> got, m_model ? runCompiled(inputs) : ref::evaluateGraph(m_graph, inputs));
        const RandomOutputs random(m_graph, inputs);
        m_random = m_random || random.any();
        for (std::size_t i = 0; i < expected.size(); ++i) {
            const std::string words = random.has(i) ? random.difference(i, expected[i], got) : valueDifference(expected[i], got[i]);
            if (!words.empty()) return fmt::format("output {}: {}", m_graph.value(m_graph.outputs[i]).name, words);
        }
        return std::string();
    }

    /// Some output of a data set checked so far depends on random numbers.
    bool isRandom() const { return m_random; }

private:
    Result<std::vector<RunValue>> runCompiled(const std::vector<RunValue>& inputs) {
        std::vector<NamedTensor> named;
        for (std::size_t i = 0; i < inputs.size(); ++i)
            named.push_back({m_graph.value(m_graph.inputs[i]).name, std::get<Tensor>(inputs[i])});
        TRIMTAB_TRY(std::vector<NamedTensor> outputs, m_model->run(named));
        std::vector<RunValue> values;
        for (NamedTensor& output : outputs) values.emplace_back(std::move(output.tensor));
        return values;
    }

    Graph m_graph;
    bool m_random = false;
    std::unique_ptr<runtime::CompiledModel> m_model;
};

void note(ConformanceReport& report, const std::string& name, const Error& error) {
    (error.code == ErrorCode::Unsupported ? report.unsupported : report.failed).push_back({name, error.text()});
}

void judge(const fs::path& folder, runtime::Engine& engine, ConformanceReport& report) {
    const std::string name = folder.filename().string();
    auto subject = Subject::load(folder, engine);
    if (!subject) return note(report, name, subject.error());
    const std::vector<fs::path> sets = dataSets(folder);
    if (sets.empty()) {
        report.failed.push_back({name, "there is no test_data_set_ folder"});
        return;
    }
    for (const fs::path& dataSet : sets) {
        const auto words = subject->check(dataSet);
        if (!words) return note(report, name, words.error());
        if (!words->empty()) {
            report.failed.push_back({name, *words});
            return;
        }
    }
    report.passed.push_back(name);
    if (subject->isRandom()) report.random.push_back(name);
}

}  // namespace

bool agrees(double expected, double got) {
    if (expected == got || (std::isnan(expected) && std::isnan(got))) return true;
    return std::isfinite(expected) && std::fabs(expected - got) <= kAbsolute + kRelative * std::fabs(expected);
}

std::string difference(const Tensor& expected, const Tensor& got) {
    if (expected.type() != got.type()) return fmt::format("type {} where {} is expected", name(got.type()), name(expected.type()));
    if (expected.shape() != got.shape()) return fmt::format("shape {} where {} is expected", got.shape().text(), expected.shape().text());
    const bool floating = isFloatingPoint(expected.type());
    for (std::int64_t i = 0; i < expected.elementCount(); ++i) {
        if (!floating) {
            const std::int64_t a = tensor::elementAsInt64(expected, i), b = tensor::elementAsInt64(got, i);
            if (a != b) return fmt::format("element {} is {} where {} is expected", i, b, a);
            continue;
        }
        const double a = tensor::elementAsDouble(expected, i), b = tensor::elementAsDouble(got, i);
        if (!agrees(a, b)) return fmt::format("element {} is {} where {} is expected", i, b, a);
    }
    return {};
}

Result<ConformanceReport> runConformance(std::span<const fs::path> folders, runtime::Engine& engine, const ConformanceHooks& hooks) {
    TRIMTAB_TRY(const std::vector<fs::path> found, modelFolders(folders));
    ConformanceReport report;
    for (std::size_t i = 0; i < found.size(); ++i) {
        if (hooks.cancelled && hooks.cancelled()) return fail(ErrorCode::Cancelled, "the conformance run was cancelled");
        if (hooks.progress) hooks.progress(static_cast<double>(i) / static_cast<double>(found.size()), found[i].filename().string());
        judge(found[i], engine, report);
    }
    return report;
}

}  // namespace trimtab::worker
