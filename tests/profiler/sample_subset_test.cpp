// Which samples of a dataset are calibrated on or scored where not all are: data sorted by class must not be cut to its first class.
#include "profiler/worker/sample_subset.h"

#include <algorithm>
#include <fstream>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/file.h"
#include "core/formats/numpy/npy.h"
#include "core/formats/onnx/reader.h"
#include "core/tensor/convert.h"
#include "profiler/worker/calibration_set.h"
#include "tests/support/model_builder.h"

namespace trimtab::worker {
namespace {

using testing::HasSubstr;
using testing::Not;

/// Sample i is (i, −i) with the target 10·i; groups of four where asked for.
class Numbers final : public dataset::Dataset {
public:
    Numbers(std::int64_t size, bool isGrouped) : m_size(size), m_isGrouped(isGrouped) {}
    const std::string& name() const override { return m_word; }
    const std::string& task() const override { return m_word; }
    const std::string& metric() const override { return m_word; }
    const std::string& hash() const override { return m_word; }
    std::int64_t size() const override { return m_size; }
    std::vector<std::string> inputNames() const override { return {"x"}; }
    Result<dataset::Batch> batch(std::int64_t first, std::int64_t count) const override {
        std::vector<float> rows;
        std::vector<std::int64_t> targets, groups;
        for (std::int64_t i = first; i < first + count; ++i) {
            rows.insert(rows.end(), {static_cast<float>(i), static_cast<float>(-i)});
            targets.push_back(10 * i);
            groups.push_back(i / 4);
        }
        dataset::Batch batch;
        batch.inputs.push_back({"x", Tensor::fromFloats({count, 2}, rows)});
        batch.target = Tensor::fromInt64s({count}, targets);
        if (m_isGrouped) batch.group = Tensor::fromInt64s({count}, groups);
        return batch;
    }

private:
    std::string m_word = "numbers";
    std::int64_t m_size;
    bool m_isGrouped;
};

TEST(DrawnSamples, AreDifferentOnesInOrderAndTheSameForOneSeed) {
    const auto drawn = drawnSamples(1000, 128, 7);
    EXPECT_EQ(drawn.size(), 128U);
    EXPECT_TRUE(std::ranges::is_sorted(drawn));
    EXPECT_EQ(std::set<std::int64_t>(drawn.begin(), drawn.end()).size(), 128U);
    EXPECT_TRUE(drawn.front() >= 0 && drawn.back() < 1000);
    EXPECT_EQ(drawn, drawnSamples(1000, 128, 7));
    EXPECT_NE(drawn, drawnSamples(1000, 128, 8));
}

TEST(DrawnSamples, AreAllInOrderWhereThereAreNoMore) {
    EXPECT_EQ(drawnSamples(4, 4, 7), (std::vector<std::int64_t>{0, 1, 2, 3}));
    EXPECT_EQ(drawnSamples(4, 128, 7), (std::vector<std::int64_t>{0, 1, 2, 3}));
}

TEST(DrawnSamples, ComeFromEveryPlaceAlikeOften) {
    std::vector<int> often(10, 0);
    for (std::uint64_t seed = 0; seed < 2000; ++seed)
        for (const std::int64_t sample : drawnSamples(10, 3, seed)) ++often[static_cast<std::size_t>(sample)];
    for (const int count : often) EXPECT_NEAR(count, 600, 100) << "five standard deviations";
}

TEST(SampleSubset, GivesTheRowsOfItsSamplesWithTheirTargets) {
    const SampleSubset subset(std::make_shared<Numbers>(100, true), {3, 4, 5, 40, 77, 78});
    EXPECT_EQ(subset.size(), 6);
    const auto batch = subset.batch(1, 4).value();
    EXPECT_EQ(batch.inputs[0].tensor.shape(), Shape({4, 2}));
    EXPECT_EQ(tensor::toFloats(batch.inputs[0].tensor), (std::vector<float>{4, -4, 5, -5, 40, -40, 77, -77}));
    EXPECT_THAT(batch.target.data<std::int64_t>(), testing::ElementsAre(40, 50, 400, 770));
    EXPECT_THAT(batch.group.data<std::int64_t>(), testing::ElementsAre(1, 1, 10, 19));
}

TEST(SampleSubset, IsTheDatasetItselfWhereAllAreAskedFor) {
    const std::shared_ptr<const dataset::Dataset> whole = std::make_shared<Numbers>(100, false);
    for (const std::int64_t count : {0, 100, 200}) EXPECT_EQ(drawnFrom(whole, count, 1).value(), whole) << count;
    EXPECT_EQ(drawnFrom(whole, 99, 1).value()->size(), 99);
}

TEST(SampleSubset, LeavesGroupsTogether) {
    const auto subset = drawnFrom(std::make_shared<Numbers>(100, true), 8, 1).value();
    const auto batch = subset->batch(0, 8).value();
    EXPECT_THAT(batch.group.data<std::int64_t>(), testing::ElementsAre(0, 0, 0, 0, 1, 1, 1, 1));
}

/// 400 samples whose only entry is their place, as a folder sorted by class would give them.
class SortedData : public testing::Test {
protected:
    void SetUp() override {
        support::ModelBuilder().input("x", DataType::Float32, {"batch", 1}).node("Relu", {"x"}, {"y"}).output("y").save(at("model.onnx"));
        m_graph = std::move(formats::onnx::read(at("model.onnx")).value().graph);
        std::vector<float> places(400);
        for (std::size_t i = 0; i < places.size(); ++i) places[i] = static_cast<float>(i);
        ASSERT_TRUE(formats::numpy::writeNpy(at("x.npy"), Tensor::fromFloats({400, 1}, places)));
        std::ofstream(at("dataset.json")) << R"({"format": "trimtab-dataset", "version": 1, "name": "sorted", "task": "regression",
            "inputs": {"x": {"file": "x.npy"}}, "target": {"file": "x.npy"}})";
        m_request.calibration.path = m_folder.path().string();
    }
    std::string at(const std::string& name) const { return (m_folder.path() / name).string(); }
    std::vector<float> calibratedOn() const {
        std::vector<float> places;
        const CalibrationSet set = calibrationSet(m_graph, m_request).value();
        for (const auto& batch : set.batches) {
            const std::vector<float> some = tensor::toFloats(batch[0].tensor);
            places.insert(places.end(), some.begin(), some.end());
        }
        return places;
    }
    std::string identity() const { return calibrationIdentity(m_graph, m_request).value(); }

    base::TemporaryFolder m_folder = base::TemporaryFolder::create("trimtab-sorted").value();
    Graph m_graph;
    ipc::ModelRequest m_request;
};

TEST_F(SortedData, IsCalibratedOnFromAllOverIt) {
    const auto places = calibratedOn();
    ASSERT_EQ(places.size(), 128U);
    for (const float begin : {0.F, 100.F, 200.F, 300.F})
        EXPECT_GT(std::ranges::count_if(places, [&](float place) { return place >= begin && place < begin + 100; }), 15) << begin;
    EXPECT_EQ(places, calibratedOn());
}

TEST_F(SortedData, GivesAnotherIdentityForAnotherSeedOnlyWhereSamplesAreDrawn) {
    const auto seed1 = identity();
    EXPECT_THAT(seed1, HasSubstr("seed"));
    const auto places = calibratedOn();
    m_request.setting.seed = 2;
    EXPECT_NE(identity(), seed1);
    EXPECT_NE(calibratedOn(), places);
    m_request.calibration.samples = 400;
    const auto all = identity();
    EXPECT_THAT(all, Not(HasSubstr("seed"))) << "as older sessions have it: nothing turns stale";
    m_request.setting.seed = 1;
    EXPECT_EQ(identity(), all);
    EXPECT_TRUE(std::ranges::is_sorted(calibratedOn()));
    EXPECT_EQ(calibratedOn().size(), 400U);
}

}  // namespace
}  // namespace trimtab::worker
