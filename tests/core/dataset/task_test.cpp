// Targets, groups and metrics of each task.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "core/base/file.h"
#include "core/dataset/dataset.h"
#include "core/formats/numpy/npy.h"
#include "core/tensor/convert.h"

namespace trimtab::dataset {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Tasks : public testing::Test {
protected:
    void array(const std::string& name, const Tensor& tensor) const {
        ASSERT_TRUE(formats::numpy::writeNpy(m_folder.path() / name, tensor));
    }
    Result<std::shared_ptr<const Dataset>> with(const std::string& task, const std::string& rest = "") const {
        std::ofstream(m_folder.path() / "dataset.json")
            << R"({"format": "trimtab-dataset", "version": 1, "inputs": {"x": {"file": "x.npy"}}, "target": {"file": "y.npy"}, "task": ")"
            << task << "\"" << rest << "}";
        return open(m_folder.path().string());
    }
    void SetUp() override { array("x.npy", Tensor::fromFloats({2, 3}, {1, 2, 3, 4, 5, 6})); }
    base::TemporaryFolder m_folder = *base::TemporaryFolder::create("tasks");
};

TEST_F(Tasks, HaveTheirOwnMetric) {
    const std::tuple<const char*, const char*, Shape> tasks[] = {
        {"frame-classification", "frame_accuracy", {2, 2}}, {"recommendation", "auc", {2, 1}}, {"segmentation", "iou", {2, 1, 2}},
        {"transcription", "wer", {2, 2}}, {"multi-label", "mean_average_precision", {2, 2}}};
    for (const auto& [task, metric, shape] : tasks) {
        array("y.npy", Tensor::fromInt64s(shape, std::vector<std::int64_t>(static_cast<std::size_t>(shape.elementCount()), 1)));
        const auto data = with(task);
        ASSERT_TRUE(data) << task << data.error().text();
        EXPECT_EQ((*data)->metric(), metric);
        EXPECT_EQ((*data)->batch(0, 1)->target.type(), DataType::Int64);
    }
    EXPECT_FALSE(with("segmentation", R"(, "metric": "agreement")"));
}

TEST_F(Tasks, RefuseTargetsOfAnotherForm) {
    array("y.npy", Tensor::fromInt64s({2}, {0, 1}));
    for (const char* task : {"frame-classification", "segmentation", "transcription", "multi-label"}) EXPECT_FALSE(with(task)) << task;
    EXPECT_TRUE(with("recommendation"));
    array("y.npy", Tensor::fromFloats({2, 2}, {0, 1, 1, 0}));
    EXPECT_FALSE(with("multi-label"));
}

TEST_F(Tasks, TakeTheOlderNameOfAMetric) {
    array("y.npy", Tensor::fromFloats({2, 2}, {0, 1, 1, 0}));
    EXPECT_EQ((*with("regression", R"(, "metric": "relative_error")"))->metric(), "relative_l2");
    EXPECT_EQ((*with("regression", R"(, "metric": "relative_l2")"))->metric(), "relative_l2");
}

TEST_F(Tasks, GiveEachSampleItsGroup) {
    array("y.npy", Tensor::fromInt64s({2}, {0, 1}));
    EXPECT_FALSE((*with("recommendation"))->batch(0, 2)->group.defined());
    array("users.npy", Tensor::fromValues<std::int32_t>(DataType::Int32, {2, 1}, {7, -3}));
    const auto data = with("recommendation", R"(, "group": {"file": "users.npy"})");
    ASSERT_TRUE(data) << data.error().text();
    EXPECT_THAT(tensor::toInt64s((*data)->batch(0, 2)->group), ElementsAre(7, -3));
    EXPECT_THAT(tensor::toInt64s((*data)->batch(1, 1)->group), ElementsAre(-3));
    const std::string before = (*data)->hash();
    array("users.npy", Tensor::fromInt64s({2}, {7, 7}));
    EXPECT_NE(before, (*with("recommendation", R"(, "group": {"file": "users.npy"})"))->hash());

    array("users.npy", Tensor::fromInt64s({3}, {7, 7, 7}));
    EXPECT_THAT(with("recommendation", R"(, "group": {"file": "users.npy"})").error().text(), HasSubstr("[3]"));
    array("users.npy", Tensor::fromFloats({2}, {0, 1}));
    EXPECT_THAT(with("recommendation", R"(, "group": {"file": "users.npy"})").error().text(), HasSubstr("integers"));
    EXPECT_THAT(with("recommendation", R"(, "group": "users.npy")").error().text(), HasSubstr("group"));
}

TEST_F(Tasks, SayWhatIdsMean) {
    array("y.npy", Tensor::fromInt64s({2, 2}, {0, 1, 2, -1}));
    EXPECT_EQ((*with("transcription"))->tokenRules().blank, 0);
    EXPECT_FALSE((*with("transcription"))->tokenRules().separator);
    const auto data = with("transcription", R"(, "blank": 3, "separator": 1)");
    ASSERT_TRUE(data) << data.error().text();
    EXPECT_EQ((*data)->tokenRules().blank, 3);
    EXPECT_EQ((*data)->tokenRules().separator, 1);
    EXPECT_FALSE(with("transcription", R"(, "blank": -1)"));
    EXPECT_FALSE(with("transcription", R"(, "separator": "space")"));
}

}  // namespace
}  // namespace trimtab::dataset
