#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "core/dataset/dataset.h"
#include "core/formats/onnx/reader.h"
#include "core/tensor/convert.h"

namespace trimtab::dataset {
namespace {

const std::filesystem::path kSamples = TRIMTAB_SOURCE_DIR "/resources/samples";

std::shared_ptr<const Dataset> dataOf(const std::string& sample) {
    const auto data = open((kSamples / sample / "data").string());
    if (!data) ADD_FAILURE() << data.error().text();
    return data ? *data : nullptr;
}

std::set<std::int64_t> valuesOf(const Tensor& tensor) {
    std::set<std::int64_t> values;
    for (std::int64_t i = 0; i < tensor.elementCount(); ++i) values.insert(tensor::elementAsInt64(tensor, i));
    return values;
}

TEST(ShippedSamples, OpenBoundToTheirModelsWithATargetForEachSample) {
    std::set<std::string> seen;
    for (const auto& entry : std::filesystem::directory_iterator(kSamples)) {
        const std::string name = entry.path().filename().string();
        if (!exists(entry.path() / "data/dataset.json")) continue;
        SCOPED_TRACE(name);
        seen.insert(name);
        const auto model = formats::onnx::read(entry.path() / (name + ".onnx"));
        ASSERT_TRUE(model) << model.error().text();
        const auto data = open((entry.path() / "data").string(), &model->graph);
        ASSERT_TRUE(data) << data.error().text();
        EXPECT_EQ((*data)->inputNames().size(), model->graph.inputs.size());
        const auto last = (*data)->batch((*data)->size() - 3, 3);
        ASSERT_TRUE(last) << last.error().text();
        for (const NamedTensor& input : last->inputs) EXPECT_EQ(input.tensor.shape()[0], 3) << input.name;
        EXPECT_EQ(last->target.shape()[0], 3);
    }
    EXPECT_EQ(seen, (std::set<std::string>{"classifier", "language", "recommender", "speech", "surrogate"}));
}

TEST(ShippedSamples, HoldSecondsOfSoundWithALabelForEachHundredth) {
    const auto data = dataOf("speech");
    ASSERT_TRUE(data);
    EXPECT_EQ(data->metric(), "frame_accuracy");
    const auto clips = data->batch(0, 16);
    ASSERT_TRUE(clips) << clips.error().text();
    EXPECT_EQ(clips->inputs[0].tensor.shape(), (Shape{16, 8000}));
    EXPECT_EQ(clips->target.shape(), (Shape{16, 100}));
    EXPECT_EQ(valuesOf(clips->target), (std::set<std::int64_t>{0, 1}));
    const auto sound = clips->inputs[0].tensor.data<float>();
    const auto [lowest, highest] = std::ranges::minmax(sound);
    EXPECT_LT(lowest, -0.05F);
    EXPECT_GT(highest, 0.05F);
    EXPECT_LE(std::max(-lowest, highest), 0.951F) << "the generator leaves headroom";
}

TEST(ShippedSamples, ShowEachUserFortyItemsOfWhichSomeAreClicked) {
    constexpr std::int64_t kShown = 40;
    const auto data = dataOf("recommender");
    ASSERT_TRUE(data);
    EXPECT_EQ(data->size(), 240 * kShown);
    for (std::int64_t first = 0; first < data->size(); first += kShown) {
        const auto visit = data->batch(first, kShown);
        ASSERT_TRUE(visit) << visit.error().text();
        EXPECT_EQ(valuesOf(visit->group).size(), 1U);
        EXPECT_EQ(valuesOf(visit->target), (std::set<std::int64_t>{0, 1}));
    }
}

TEST(ShippedSamples, HoldFieldsWhoseTargetsAreTheirVelocitiesLater) {
    const auto data = dataOf("surrogate");
    ASSERT_TRUE(data);
    EXPECT_EQ(data->metric(), "relative_l2");
    const auto fields = data->batch(0, 2);
    ASSERT_TRUE(fields) << fields.error().text();
    EXPECT_EQ(fields->inputs[0].tensor.shape(), (Shape{2, 3, 32, 32}));
    EXPECT_EQ(fields->target.shape(), (Shape{2, 2, 32, 32}));
}

}  // namespace
}  // namespace trimtab::dataset
