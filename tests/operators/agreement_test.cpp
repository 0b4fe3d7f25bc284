// Every suite's cases on the reference and on the CPU engine, held against the suite's judge.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/tensor/convert.h"
#include "kernels/cpu/cpu_engine.h"
#include "kernels/ref/reference_engine.h"
#include "tests/operators/judge.h"
#include "tests/operators/suites.h"

namespace trimtab::operators {

void PrintTo(const Suite& suite, std::ostream* out) { *out << title(suite); }

namespace {

constexpr int kFewestCases = 20;

std::vector<Suite> allSuites() {
    std::vector<Suite> all;
    for (const auto make : {elementwiseSuites, numberFormatSuites, quantizedSuites, microsoftQuantizedSuites, microsoftOlderNameSuites,
                            visionSamplingSuites, visionRegionSuites, visionWindowSuites, visionBorderSuites, signalSuites, lossSuites,
                            randomSuites, reductionSuites, indexingSuites, numericSuites, attentionSuites, transformerSuites,
                            normalizationSuites, narrowCastSuites, narrowQuantizationSuites, sequenceSuites, optionalSuites, branchSuites,
                            loopSuites, scanSuites}) {
        for (Suite& suite : make()) all.push_back(std::move(suite));
    }
    for (Suite& suite : sixteenBitSuites(all)) all.push_back(std::move(suite));
    return all;
}

/// What the generated table tells: how many cases of a suite were compared, and with what.
std::map<std::string, std::string>& rows() {
    static std::map<std::string, std::string> made;
    return made;
}

Result<Tensors> runOn(runtime::Engine& engine, const Graph& model, const Case& drawn) {
    std::vector<NamedTensor> inputs;
    for (std::size_t i = 0; i < drawn.inputs.size(); ++i)
        if (drawn.inputs[i].defined() && !drawn.initializers.contains(i)) inputs.push_back({fmt::format("input_{}", i), drawn.inputs[i]});
    TRIMTAB_TRY(const auto compiled, engine.compile(model, {}));
    TRIMTAB_TRY(const std::vector<NamedTensor> results, compiled->run(inputs));
    Tensors outputs;
    for (const NamedTensor& result : results) {
        TRIMTAB_TRY(outputs.emplace_back(), result.tensor.clone());
    }
    return outputs;
}

Result<Tensors> judged(const Suite& suite, runtime::Engine& judge, const Graph& model, const Case& drawn) {
    const DataType narrow = suite.widening.narrow;
    if (narrow == DataType::Undefined) return runOn(judge, model, drawn);
    Case wide = drawn;
    for (Tensor& input : wide.inputs)
        if (input.type() == narrow) {
            TRIMTAB_TRY(input, tensor::convert(input, DataType::Float32));
        }
    TRIMTAB_TRY(const Graph wideModel, modelOf(suite, wide));
    TRIMTAB_TRY(Tensors outputs, runOn(judge, wideModel, wide));
    std::size_t next = 0;
    for (std::size_t i = 0; i < drawn.outputs.size(); ++i) {
        if (!drawn.outputs[i]) continue;
        Tensor& output = outputs[next++];
        if (output.type() == DataType::Float32 && std::ranges::find(suite.widening.kept, i) == suite.widening.kept.end()) {
            TRIMTAB_TRY(output, tensor::convert(output, narrow));
        }
    }
    return outputs;
}

std::string judgeOf(const Suite& suite) {
    if (suite.statement) return suite.why;
    if (suite.widening.narrow == DataType::Undefined) return "ONNX Runtime";
    return fmt::format("ONNX Runtime in float32, rounded to {}", name(suite.widening.narrow));
}

/// Empty when the tensors agree.
std::string difference(const Tensor& expected, const Tensor& got, const Suite& suite) {
    if (expected.type() != got.type()) return fmt::format("type {} where {} is expected", name(got.type()), name(expected.type()));
    if (expected.shape() != got.shape()) return fmt::format("shape {} where {} is expected", got.shape().text(), expected.shape().text());
    for (std::int64_t i = 0; i < expected.elementCount(); ++i) {
        const double a = tensor::elementAsDouble(expected, i), b = tensor::elementAsDouble(got, i);
        const bool same = a == b || (std::isnan(a) && std::isnan(b));
        if (!same && !(std::fabs(a - b) <= suite.absolute + suite.relative * std::fabs(a)))
            return fmt::format("element {} is {} where {} is expected", i, b, a);
    }
    return {};
}

std::string describe(const Case& drawn) {
    std::string words;
    for (const Tensor& input : drawn.inputs)
        words += input.defined() ? fmt::format(" {}{}", name(input.type()), input.shape().text()) : " –";
    for (const auto& [key, value] : drawn.attributes) words += " " + key;
    return words;
}

class Agreement : public ::testing::TestWithParam<Suite> {};

TEST_P(Agreement, WithItsJudge) {
    const Suite& suite = GetParam();
    const auto runtime = suite.statement ? Result<std::shared_ptr<runtime::Engine>>(nullptr) : onnxRuntime();
    if (!runtime) GTEST_SKIP() << runtime.error().text();
    const auto reference = ref::makeReferenceEngine();
    const auto cpu = cpu::makeCpuEngine(1);
    int compared = 0;
    std::set<std::string_view> types;
    for (int i = 0; i < suite.cases; ++i) {
        Draw draw(0x9e37 + static_cast<std::uint64_t>(i) * 7919);
        const Case drawn = suite.draw(draw, i);
        const std::string where = fmt::format("{} case {}:{}", title(suite), i, describe(drawn));
        const auto model = modelOf(suite, drawn);
        for (const Tensor& input : drawn.inputs)
            if (input.defined()) types.insert(name(input.type()));
        ASSERT_TRUE(model) << where << ": " << model.error().text();
        const auto expected = suite.statement ? Result<Tensors>(suite.statement(drawn)) : judged(suite, **runtime, *model, drawn);
        ASSERT_TRUE(expected) << where << ": the judge: " << expected.error().text();
        for (runtime::Engine* engine : {reference.get(), cpu.get()}) {
            const auto got = runOn(*engine, *model, drawn);
            ASSERT_TRUE(got) << where << ": " << engine->info().name << ": " << got.error().text();
            ASSERT_EQ(expected->size(), got->size()) << where;
            for (std::size_t k = 0; k < got->size(); ++k)
                EXPECT_EQ(difference((*expected)[k], (*got)[k], suite), "") << where << ": output " << k << " on " << engine->info().name;
        }
        ++compared;
    }
    EXPECT_GE(compared, kFewestCases);
    rows()[fmt::format("{}|{}|{:03}|{}", suite.domain, suite.op, suite.version, suite.part)] =
        fmt::format("| {}{} | {} | {} | {} | {} | {} |", suite.domain.empty() ? "" : suite.domain + ".", suite.op, suite.version,
                    suite.part, compared, fmt::join(types, ", "), judgeOf(suite));
}

std::string testName(const ::testing::TestParamInfo<Suite>& info) {
    std::string made = fmt::format("{}{}_{}", info.param.domain.empty() ? "" : "Microsoft", info.param.op, info.param.version);
    if (!info.param.part.empty()) made += "_";
    for (const char c : info.param.part) made += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
    return made;
}

INSTANTIATE_TEST_SUITE_P(Operators, Agreement, ::testing::ValuesIn(allSuites()), testName);

/// With TRIMTAB_OPERATOR_TABLE=FILE the table of what was compared is written there.
class Table : public ::testing::Environment {
public:
    void TearDown() override {
        const char* file = std::getenv("TRIMTAB_OPERATOR_TABLE");
        if (!file) return;
        std::ofstream out(file);
        out << "# Operators held against a judge\n\nWritten by tests/operators/agreement_test with TRIMTAB_OPERATOR_TABLE set.\n\n"
               "| operator | opset | cases about | cases | types of inputs | judge |\n| --- | --- | --- | --- | --- | --- |\n";
        for (const auto& [key, row] : rows()) out << row << '\n';
    }
};
const auto* const kTable = ::testing::AddGlobalTestEnvironment(new Table);

}  // namespace
}  // namespace trimtab::operators
