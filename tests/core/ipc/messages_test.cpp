#include "core/ipc/messages.h"
#include "core/ipc/messages_fidelity.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

#include "core/ipc/rpc.h"

namespace trimtab::ipc {
namespace {

/// What arrives after a trip through text, as over the pipe.
Json overTheWire(const Json& json) {
    auto parsed = base::parseJson(base::dumpJson(json), "test");
    EXPECT_TRUE(parsed.has_value());
    return parsed.value_or(Json());
}

ModelRequest someRequest() {
    ModelRequest request;
    request.model = "/models/a \"quoted\" name.onnx";
    request.trustLinks = true;
    request.recipe = recipe::parse(R"({"weights": {"bits": 4, "group": 32}})").value();
    request.setting.batch = 8;
    request.setting.shapes["x"] = Shape{8, 3, 32, 32};
    request.setting.symbols["sequence"] = 64;
    request.setting.threads = 2;
    request.setting.seed = 7;
    return request;
}

trace::LayerRecord someLayer() {
    trace::LayerRecord layer;
    layer.node = "/conv1/Conv";
    layer.op = "FusedConv";
    layer.origins = {"/conv1/Conv", "/relu1/Relu"};
    layer.kernel = "reference";
    layer.medianNs = 1234.5;
    layer.share = 0.25;
    return layer;
}

trial::Environment someEnvironment() { return {"cpu", "0.1.0", "avx2", 2, "a processor", "0123", "a system"}; }

/// Reading what was written, and writing that again, gives the same document.
template <class T, class Read>
void expectSurvives(const T& value, Read read) {
    const Json json = toJson(value);
    const auto back = read(overTheWire(json));
    ASSERT_TRUE(back.has_value()) << back.error().text();
    EXPECT_EQ(toJson(*back), json);
}

TEST(Messages, SurviveTheWire) {
    expectSurvives(someRequest(), modelRequestFromJson);
    expectSurvives(RunRequest{someRequest(), {{"x", "/x.npy"}}, "/out"}, runRequestFromJson);
    BenchRequest bench{someRequest(), {{"x", "/x.npy"}}, trial::Trial{}, 0.5, false, "/models/original"};
    expectSurvives(bench, benchRequestFromJson);
    bench.baseline.reset();
    expectSurvives(bench, benchRequestFromJson);
    expectSurvives(EvalRequest{someRequest(), "/data", "top1", 4, 100, 9, "/models/original"}, evalRequestFromJson);
    expectSurvives(FidelityRequest{someRequest(), "/data", 24, 35.5}, fidelityRequestFromJson);
    expectSurvives(CompressRequest{someRequest(), "/out.onnx", true}, compressRequestFromJson);
    expectSurvives(DatasetRequest{"/data", "/model.onnx", false}, datasetRequestFromJson);
}

TEST(Messages, AnswersSurviveTheWire) {
    BenchAnswer timed{{{1, 2}, {0.5, 0.25}}, {someLayer()}, 16, 4, true, someEnvironment(), 10, 20};
    expectSurvives(timed, benchAnswerFromJson);
    timed.power = {{}, "no counter", trace::Clocks{"NVML", trace::Extent{1, 2}, {}, {}, false, {}, {}, 3, 20, 0.1}, {}, {}};
    expectSurvives(timed, benchAnswerFromJson);
    expectSurvives(PlanAnswer{{someLayer()}, "p", "n", 99, someEnvironment(), true}, planAnswerFromJson);
    expectSurvives(DatasetInfo{"d", "classification", "top1", "abc", 5, {"x"}, {"x: float32[5]"}}, datasetInfoFromJson);
    CompressAnswer compressed;
    compressed.layers = {{"n", "Conv", 100, 32, 400, 60, 4, 0.5, 20.5, "nf4", true, {{"dense", 60}, {"bsr 4x4", 40}}, 64, 128}};
    compressed.layers.push_back({"m", "MatMul", 10, 0, 40, 20, 2, 1, -1.0, "int"});
    compressed.layers.push_back({"untouched", "MatMul", 10, 0, 40, 40});
    compressed.leftAlone = {{"conv_1", "its channels are an output"}};
    compressed.form = "QDQ int8";
    compressed.readBackMaxError = 1e-6;
    expectSurvives(compressed, compressAnswerFromJson);
    EXPECT_EQ(compressAnswerFromJson(toJson(compressed))->layers[1].sqnrDb, -1.0);
    EXPECT_FALSE(compressAnswerFromJson(toJson(compressed))->layers[2].sqnrDb);
    compressed.calibration = "calibrated on inputs drawn from the seed";
    constexpr double kInfinite = std::numeric_limits<double>::infinity();
    compressed.channels = {{"n", 128, 3, 12.5, kInfinite, 40, {{7, 12.5, kInfinite}, {90, 3, 6.5}}}, {"m", 1, 0, 0, 0, 3}};
    compressed.cache = CacheRow{6, false, 768, 144, 32};
    expectSurvives(compressed, compressAnswerFromJson);
    ModelInfo info;
    info.path = "/m.onnx";
    info.opsets = {{"", 17}};
    info.inputs = {{"x", "float32", {"batch", "3"}}};
    info.operators = {{"Conv", 3}};
    info.layers = {someLayer()};
    info.operations = -1;
    info.problems = {"a problem"};
    info.chat = true;
    expectSurvives(info, modelInfoFromJson);
}

TEST(Messages, CarryScoresThatAreNoNumbers) {
    trial::Accuracy accuracy;
    accuracy.metric = "perplexity";
    accuracy.higherIsBetter = false;
    accuracy.value = std::numeric_limits<double>::infinity();
    accuracy.interval = {-std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity()};
    accuracy.sampleScores = {1, std::nan(""), std::numeric_limits<double>::infinity()};
    accuracy.sampleWeights = {3, 2, 1};
    const auto back = accuracyFromJson(overTheWire(toJson(accuracy)));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->value, accuracy.value);
    EXPECT_EQ(back->interval.low, accuracy.interval.low);
    ASSERT_EQ(back->sampleScores.size(), 3u);
    EXPECT_TRUE(std::isnan(back->sampleScores[1]));
    EXPECT_EQ(back->sampleWeights, accuracy.sampleWeights);
}

TEST(Messages, AreRefusedWithTheNameOfTheWrongField) {
    Json json = toJson(EvalRequest{someRequest(), "/data", "top1", 4, 100});
    json["batch"] = "four";
    const auto wrong = evalRequestFromJson(json);
    ASSERT_FALSE(wrong);
    EXPECT_NE(wrong.error().text().find("batch"), std::string::npos);
    json["batch"] = 0;
    EXPECT_FALSE(evalRequestFromJson(json));
    EXPECT_FALSE(modelRequestFromJson(Json::array()));
    EXPECT_FALSE(runRequestFromJson(Json::object()));
    Json bench = toJson(BenchRequest{});
    bench["seconds"] = -1;
    EXPECT_FALSE(benchRequestFromJson(bench));
    for (const auto& [field, value] :
         {std::pair{"samples", Json(0)}, std::pair{"threshold_db", Json(1000)}, std::pair{"threshold_db", Json("nan")}}) {
        Json fidelity = toJson(FidelityRequest{someRequest()});
        fidelity[field] = value;
        const auto refused = fidelityRequestFromJson(fidelity);
        ASSERT_FALSE(refused) << field << value;
        EXPECT_NE(refused.error().text().find(field), std::string::npos);
    }
}

TEST(Envelopes, AreToldApart) {
    const auto request = openEnvelope(overTheWire(makeRequest(3, "info", {{"a", 1}})));
    ASSERT_TRUE(request);
    EXPECT_EQ(request->kind, Envelope::Kind::Request);
    EXPECT_EQ(request->id, 3);
    EXPECT_EQ(request->method, "info");
    EXPECT_EQ(request->content, (Json{{"a", 1}}));
    const auto notification = openEnvelope(overTheWire(makeNotification("cancel", {{"id", 3}})));
    ASSERT_TRUE(notification);
    EXPECT_EQ(notification->kind, Envelope::Kind::Notification);
    const auto answer = openEnvelope(overTheWire(makeAnswer(3, nullptr)));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->kind, Envelope::Kind::Answer);
    EXPECT_TRUE(answer->content.is_null());
    EXPECT_FALSE(openEnvelope(Json::object()));
    EXPECT_FALSE(openEnvelope(Json::array()));
    EXPECT_FALSE(openEnvelope({{"id", 1}}));
}

TEST(Envelopes, BringErrorsAsTheyWere) {
    const Error error{ErrorCode::OutOfMemory, "too much", "node x"};
    const auto envelope = openEnvelope(overTheWire(makeError(9, error)));
    ASSERT_TRUE(envelope);
    EXPECT_EQ(envelope->kind, Envelope::Kind::Error);
    EXPECT_EQ(envelope->error.code, error.code);
    EXPECT_EQ(envelope->error.message, error.message);
    EXPECT_EQ(envelope->error.context, error.context);
}

}  // namespace
}  // namespace trimtab::ipc
