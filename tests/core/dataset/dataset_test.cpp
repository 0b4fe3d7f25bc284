#include "core/dataset/dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zip.h>

#include <fstream>

#include "core/base/file.h"
#include "core/formats/numpy/npy.h"
#include "core/tensor/convert.h"

namespace trimtab::dataset {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// A graph that has inputs and nothing else.
Graph graphWith(std::initializer_list<std::pair<const char*, graph::ValueType>> inputs) {
    Graph graph;
    for (const auto& [name, type] : inputs) {
        graph::Value value;
        value.name = name;
        value.type = type;
        graph.inputs.push_back(graph.addValue(std::move(value)));
    }
    return graph;
}

graph::ValueType typed(DataType type, std::initializer_list<std::int64_t> dims) {
    graph::ValueType result;
    result.type = type;
    result.dims.emplace();
    for (const std::int64_t dim : dims) result.dims->push_back(dim < 0 ? graph::Dim::unknown() : graph::Dim::known(dim));
    return result;
}

class DatasetTest : public testing::Test {
protected:
    std::filesystem::path at(const std::string& name) const { return m_folder.path() / name; }
    void text(const std::string& name, const std::string& content) const { std::ofstream(at(name), std::ios::binary) << content; }
    void array(const std::string& name, const Tensor& tensor) const { ASSERT_TRUE(formats::numpy::writeNpy(at(name), tensor)); }
    void manifest(const std::string& inputs, const std::string& rest) const {
        text("dataset.json", R"({"format": "trimtab-dataset", "version": 1, "name": "test", "inputs": )" + inputs + ", " + rest + "}");
    }
    std::string refusal(const std::string& path, const Graph* graph = nullptr) const {
        const auto opened = open(path, graph);
        EXPECT_FALSE(opened);
        return opened ? "" : opened.error().text();
    }
    std::string folder() const { return m_folder.path().string(); }

    base::TemporaryFolder m_folder = *base::TemporaryFolder::create("dataset");
};

TEST_F(DatasetTest, ReadsAManifestWithPreprocessingAndLabels) {
    array("images.npy", Tensor::fromValues<std::uint8_t>(DataType::UInt8, {2, 1, 1, 2}, {0, 255, 51, 102}));
    array("labels.npy", Tensor::fromValues<std::int32_t>(DataType::Int32, {2}, {3, 1}));
    manifest(R"({"image": {"file": "images.npy", "preprocess": {"scale": 0.00392156862745098, "mean": [0.5], "std": [0.25]}}})",
             R"("task": "classification", "target": {"file": "labels.npy"})");
    const auto data = open(folder());
    ASSERT_TRUE(data) << data.error().text();
    EXPECT_EQ((*data)->name(), "test");
    EXPECT_EQ((*data)->metric(), "top1");
    EXPECT_EQ((*data)->size(), 2);
    EXPECT_THAT((*data)->inputNames(), ElementsAre("image"));
    const auto batch = (*data)->batch(0, 2);
    ASSERT_TRUE(batch);
    EXPECT_EQ(batch->inputs[0].tensor.shape(), (Shape{2, 1, 1, 2}));
    EXPECT_THAT(
        tensor::toFloats(batch->inputs[0].tensor),
        testing::Pointwise(testing::FloatNear(1e-5f), std::vector<float>{-2.0f, 2.0f, (0.2f - 0.5f) / 0.25f, (0.4f - 0.5f) / 0.25f}));
    EXPECT_EQ(batch->target.type(), DataType::Int64);
    EXPECT_THAT(tensor::toInt64s(batch->target), ElementsAre(3, 1));
    EXPECT_THAT(tensor::toInt64s((*data)->batch(1, 1)->target), ElementsAre(1));
}

TEST_F(DatasetTest, BindsOneFieldToOneInputWhateverTheirNamesAndChecksTheRest) {
    array("x.npy", Tensor::fromFloats({2, 3}, {1, 2, 3, 4, 5, 6}));
    manifest(R"({"x": {"file": "x.npy"}})", R"("task": "regression")");
    const Graph same = graphWith({{"pixels", typed(DataType::Float16, {-1, 3})}});
    const auto data = open(folder(), &same);
    ASSERT_TRUE(data) << data.error().text();
    EXPECT_THAT((*data)->inputNames(), ElementsAre("pixels"));
    EXPECT_EQ((*data)->batch(0, 1)->inputs[0].tensor.type(), DataType::Float16);

    const Graph wrongExtent = graphWith({{"x", typed(DataType::Float32, {-1, 4})}});
    EXPECT_THAT(refusal(folder(), &wrongExtent), HasSubstr("'x'"));
    const Graph wrongRank = graphWith({{"x", typed(DataType::Float32, {-1, 3, 1, 1, 1})}});
    EXPECT_THAT(refusal(folder(), &wrongRank), HasSubstr("'x'"));
    const Graph wrongType = graphWith({{"x", typed(DataType::Int64, {-1, 3})}});
    EXPECT_THAT(refusal(folder(), &wrongType), HasSubstr("takes int64"));
    const Graph two = graphWith({{"x", typed(DataType::Float32, {-1, 3})}, {"mask", typed(DataType::Float32, {-1, 3})}});
    EXPECT_THAT(refusal(folder(), &two), HasSubstr("'mask'"));
}

TEST_F(DatasetTest, ShiftsTokensByOneForLanguageModels) {
    array("tokens.npy", Tensor::fromValues<std::int32_t>(DataType::Int32, {2, 4}, {1, 2, 3, 4, 5, 6, 7, 8}));
    manifest(R"({"input_ids": {"file": "tokens.npy"}})", R"("task": "language-model", "target": {"shift_of": "input_ids"})");
    const Graph graph = graphWith({{"input_ids", typed(DataType::Int64, {-1, -1})}});
    const auto data = open(folder(), &graph);
    ASSERT_TRUE(data) << data.error().text();
    EXPECT_EQ((*data)->metric(), "perplexity");
    const auto batch = (*data)->batch(0, 2);
    EXPECT_EQ(batch->inputs[0].tensor.type(), DataType::Int64);
    EXPECT_THAT(tensor::toInt64s(batch->inputs[0].tensor), ElementsAre(1, 2, 3, 5, 6, 7));
    EXPECT_THAT(tensor::toInt64s(batch->target), ElementsAre(2, 3, 4, 6, 7, 8));
}

TEST_F(DatasetTest, CutsOneRowOfTokensIntoWindows) {
    std::vector<std::int64_t> tokens(300);
    for (std::size_t i = 0; i < tokens.size(); ++i) tokens[i] = static_cast<std::int64_t>(i);
    array("tokens.npy", Tensor::fromInt64s({300}, tokens));
    const auto data = open(at("tokens.npy").string());
    ASSERT_TRUE(data) << data.error().text();
    EXPECT_EQ((*data)->size(), 2);
    const auto batch = (*data)->batch(1, 1);
    EXPECT_EQ(batch->inputs[0].tensor.shape(), (Shape{1, 127}));
    EXPECT_EQ(tensor::elementAsInt64(batch->inputs[0].tensor, 0), 128);
    EXPECT_EQ(tensor::elementAsInt64(batch->target, 126), 255);

    const Graph fixed = graphWith({{"ids", typed(DataType::Int64, {-1, 9})}});
    const auto short_ = open(at("tokens.npy").string(), &fixed);
    ASSERT_TRUE(short_) << short_.error().text();
    EXPECT_EQ((*short_)->size(), 30);
    EXPECT_EQ((*short_)->batch(0, 1)->inputs[0].tensor.shape(), (Shape{1, 9}));
    EXPECT_NE((*short_)->hash(), (*data)->hash());
}

TEST_F(DatasetTest, ReadsAnArchiveOfArraysAndLeavesThoseOutThatTheModelHasNoInputFor) {
    const std::vector<std::pair<const char*, Tensor>> arrays{{"x", Tensor::fromFloats({3, 2}, {1, 2, 3, 4, 5, 6})},
                                                             {"target", Tensor::fromFloats({3}, {1, 2, 3})},
                                                             {"other", Tensor::fromFloats({9}, std::vector<float>(9))}};
    int error = 0;
    zip_t* archive = zip_open(at("d.npz").c_str(), ZIP_CREATE, &error);
    std::vector<std::string> contents;
    for (const auto& [name, tensor] : arrays) {
        array("part.npy", tensor);
        contents.push_back(*base::readFile(at("part.npy"), 1 << 20));
    }
    for (std::size_t i = 0; i < arrays.size(); ++i)
        zip_file_add(archive, (std::string(arrays[i].first) + ".npy").c_str(),
                     zip_source_buffer(archive, contents[i].data(), contents[i].size(), 0), 0);
    ASSERT_EQ(zip_close(archive), 0);
    const Graph graph = graphWith({{"x", typed(DataType::Float32, {-1, 2})}});
    const auto data = open(at("d.npz").string(), &graph);
    ASSERT_TRUE(data) << data.error().text();
    EXPECT_EQ((*data)->task(), "regression");
    EXPECT_EQ((*data)->size(), 3);
    EXPECT_THAT(tensor::toFloats((*data)->batch(1, 2)->target), ElementsAre(2, 3));
}

TEST_F(DatasetTest, ReadsAFolderOfArraysFileAfterFile) {
    const Graph graph = graphWith({{"x", typed(DataType::Float32, {-1, 2})}});
    array("b.npy", Tensor::fromFloats({2, 2}, {3, 4, 5, 6}));
    array("a.npy", Tensor::fromFloats({2}, {1, 2}));  // one sample
    const auto data = open(folder(), &graph);
    ASSERT_TRUE(data) << data.error().text();
    EXPECT_EQ((*data)->size(), 3);
    EXPECT_THAT(tensor::toFloats((*data)->batch(0, 3)->inputs[0].tensor), ElementsAre(1, 2, 3, 4, 5, 6));
    EXPECT_FALSE((*data)->batch(0, 3)->target.defined());
    array("b.npy", Tensor::fromFloats({2, 2}, {3, 4, 5, 7}));
    EXPECT_NE((*open(folder(), &graph))->hash(), (*data)->hash());
    array("c.npy", Tensor::fromFloats({1, 3}, {1, 2, 3}));
    EXPECT_THAT(refusal(folder(), &graph), HasSubstr("different shapes"));
}

TEST_F(DatasetTest, ReadsAFolderWithAnArrayForEachInput) {
    const Graph graph = graphWith({{"x", typed(DataType::Float32, {-1, 2})}, {"mask", typed(DataType::Int64, {-1})}});
    array("x.npy", Tensor::fromFloats({2, 2}, {1, 2, 3, 4}));
    EXPECT_THAT(refusal(folder(), &graph), HasSubstr("'mask' has no field"));
    array("mask.npy", Tensor::fromInt64s({2}, {7, 8}));
    const auto data = open(folder(), &graph);
    ASSERT_TRUE(data) << data.error().text();
    EXPECT_EQ((*data)->size(), 2);
    EXPECT_THAT(tensor::toInt64s((*data)->batch(1, 1)->inputs[1].tensor), ElementsAre(8));
    array("other.npy", Tensor::fromFloats({2}, {1, 2}));
    EXPECT_THAT(refusal(folder(), &graph), HasSubstr("not named like the model's inputs"));
}

TEST_F(DatasetTest, ReadsColumnsByNameOrAllOfThemAsFeatures) {
    text("d.csv", "a,b,\"target\"\r\n1.5,2,0\r\n3,-4e1,1\r\n");
    const Graph features = graphWith({{"x", typed(DataType::Float32, {-1, 2})}});
    const auto rows = open(at("d.csv").string(), &features);
    ASSERT_TRUE(rows) << rows.error().text();
    EXPECT_EQ((*rows)->task(), "classification");
    EXPECT_THAT(tensor::toFloats((*rows)->batch(0, 2)->inputs[0].tensor), ElementsAre(1.5f, 2, 3, -40));
    EXPECT_THAT(tensor::toInt64s((*rows)->batch(0, 2)->target), ElementsAre(0, 1));

    const Graph named = graphWith({{"b", typed(DataType::Float32, {-1, 1})}, {"a", typed(DataType::Float32, {-1})}});
    const auto columns = open(at("d.csv").string(), &named);
    ASSERT_TRUE(columns) << columns.error().text();
    const auto batch = (*columns)->batch(1, 1);
    EXPECT_EQ(batch->inputs[0].tensor.shape(), (Shape{1, 1}));
    EXPECT_THAT(tensor::toFloats(batch->inputs[0].tensor), ElementsAre(-40));
    EXPECT_THAT(tensor::toFloats(batch->inputs[1].tensor), ElementsAre(3));

    text("bad.csv", "a,target\n1,0\n2\n");
    EXPECT_THAT(refusal(at("bad.csv").string()), HasSubstr("row 3"));
    text("word.csv", "a,target\n1,yes\n");
    EXPECT_THAT(refusal(at("word.csv").string()), HasSubstr("'yes'"));
}

TEST_F(DatasetTest, RefusesManifestsThatAreOff) {
    array("x.npy", Tensor::fromFloats({2, 3}, std::vector<float>(6)));
    array("three.npy", Tensor::fromInt64s({3}, {1, 2, 3}));
    const std::string x = R"({"x": {"file": "x.npy"}})";
    const auto refused = [&](const std::string& inputs, const std::string& rest) {
        manifest(inputs, rest);
        return refusal(folder());
    };
    EXPECT_THAT(refused(x, R"("task": "dreaming")"), HasSubstr("dreaming"));
    EXPECT_THAT(refused(x, R"("task": "regression", "metric": "luck")"), HasSubstr("luck"));
    EXPECT_THAT(refused(x, R"("task": "regression", "exec": "rm")"), HasSubstr("exec"));
    EXPECT_THAT(refused(x, R"("task": "classification", "target": {"file": "three.npy"})"), HasSubstr("[3]"));
    EXPECT_THAT(refused(x, R"("task": "language-model", "target": {"shift_of": "y"})"), HasSubstr("'y'"));
    EXPECT_THAT(refused(R"({"x": {"file": "../x.npy"}})", R"("task": "regression")"), HasSubstr("'..'"));
    EXPECT_THAT(refused(R"({"x": {"file": "/etc/passwd"}})", R"("task": "regression")"), HasSubstr("absolute"));
    EXPECT_THAT(refused(R"({"x": {"file": "none.npy"}})", R"("task": "regression")"), HasSubstr("none.npy"));
    EXPECT_THAT(refused(R"({"x": {"file": "x.npy", "preprocess": {"std": [0]}}})", R"("task": "regression")"), HasSubstr("std"));
    EXPECT_THAT(refused(R"({"x": {"file": "x.npy", "preprocess": {"mean": [1, 2]}}})", R"("task": "regression")"), HasSubstr("3 channels"));
    EXPECT_THAT(refused(R"({"x": {"file": "x.npy", "preprocess": {"resize": [1, 99999999]}}})", R"("task": "regression")"),
                HasSubstr("resize"));
    EXPECT_THAT(refused(R"({"x": {"file": "x.npy", "preprocess": {"resize": [2, 2]}}})", R"("task": "regression")"), HasSubstr("images"));
    text("dataset.json", "{\"format\": ");
    EXPECT_THAT(refusal(folder()), HasSubstr("dataset.json"));
    EXPECT_EQ(open(at("nothing").string()).error().code, ErrorCode::NotFound);
    std::filesystem::create_symlink(at("x.npy"), at("link.npy"));
    EXPECT_THAT(refused(R"({"x": {"file": "link.npy"}})", R"("task": "regression")"), HasSubstr("symbolic link"));
}

TEST_F(DatasetTest, HashesManifestAndContent) {
    array("x.npy", Tensor::fromFloats({2, 1}, {1, 2}));
    manifest(R"({"x": {"file": "x.npy"}})", R"("task": "regression")");
    const std::string first = (*open(folder()))->hash();
    EXPECT_EQ(first, (*open(folder()))->hash());
    array("x.npy", Tensor::fromFloats({2, 1}, {1, 3}));
    const std::string second = (*open(folder()))->hash();
    EXPECT_NE(first, second);
    manifest(R"({"x": {"file": "x.npy", "preprocess": {"scale": 2}}})", R"("task": "regression")");
    EXPECT_NE(second, (*open(folder()))->hash());
}

TEST(SampleDatasets, OpenAndHoldWhatTheirManifestsSay) {
    const auto images = open(TRIMTAB_SOURCE_DIR "/resources/samples/classifier/data");
    ASSERT_TRUE(images) << images.error().text();
    EXPECT_EQ((*images)->task(), "classification");
    const auto pictures = (*images)->batch((*images)->size() - 3, 3);
    ASSERT_TRUE(pictures);
    EXPECT_EQ(pictures->inputs[0].tensor.shape().rank(), 4);
    EXPECT_EQ(pictures->target.shape(), Shape{3});

    const auto tokens = open(TRIMTAB_SOURCE_DIR "/resources/samples/language/data");
    ASSERT_TRUE(tokens) << tokens.error().text();
    EXPECT_EQ((*tokens)->metric(), "perplexity");
    const auto sentences = (*tokens)->batch(0, 2);
    ASSERT_TRUE(sentences);
    EXPECT_EQ(sentences->inputs[0].tensor.shape(), sentences->target.shape());
    EXPECT_EQ(tensor::elementAsInt64(sentences->inputs[0].tensor, 1), tensor::elementAsInt64(sentences->target, 0));
}

}  // namespace
}  // namespace trimtab::dataset
