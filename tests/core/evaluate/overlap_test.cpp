// f1, iou, dice, frame_accuracy.
#include <cmath>
#include <limits>
#include <set>

#include "tests/core/evaluate/tallies.h"

namespace trimtab::evaluate {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
using Places = std::set<std::int64_t>;

/// The places of a whole dataset where `answers` is one class.
Places placesOf(const std::vector<std::int64_t>& answers, const std::vector<std::int64_t>& labels, std::int64_t wanted) {
    Places places;
    for (std::size_t i = 0; i < answers.size(); ++i)
        if (answers[i] == wanted && labels[i] >= 0) places.insert(static_cast<std::int64_t>(i));
    return places;
}

/// |A ∩ B| and |A ∪ B|.
std::pair<double, double> overlapOf(const Places& a, const Places& b) {
    double common = 0;
    for (const auto place : a) common += static_cast<double>(b.count(place));
    return {common, static_cast<double>(a.size() + b.size()) - common};
}

double plainMean(const std::string& metric, const std::vector<std::int64_t>& labels, const std::vector<std::int64_t>& answers,
                 std::int64_t first,
                 std::int64_t classes) {
    double sum = 0, present = 0;
    for (std::int64_t c = first; c < classes; ++c) {
        const Places truth = placesOf(labels, labels, c), said = placesOf(answers, labels, c);
        const auto [common, either] = overlapOf(truth, said);
        if (either == 0) continue;
        sum += metric == "iou" ? common / either : 2 * common / static_cast<double>(truth.size() + said.size());
        ++present;
    }
    return sum / present;
}

/// Scores [places, classes] in which `answers` are highest.
std::vector<float> oneHot(const std::vector<std::int64_t>& answers, std::int64_t classes) {
    std::vector<float> scores(answers.size() * static_cast<std::size_t>(classes), -1);
    for (std::size_t i = 0; i < answers.size(); ++i)
        scores[i * static_cast<std::size_t>(classes) + static_cast<std::size_t>(answers[i])] = 3;
    return scores;
}

TEST(F1, OfOneClassIsTheRightOverRightAndHalfTheWrong) {
    // Labels 1 1 1 0 0, answers 1 1 0 1 0: 2 right, 1 invented, 1 missed: 2·2 / (2·2 + 1 + 1).
    const Tensor target = Tensor::fromInt64s({5}, {1, 1, 1, 0, 0});
    EXPECT_DOUBLE_EQ(figure("f1", Tensor::fromFloats({5, 2}, oneHot({1, 1, 0, 1, 0}, 2)), target), 4.0 / 6);
    EXPECT_DOUBLE_EQ(figure("f1", Tensor::fromFloats({5}, {2, 1, -1, 3, -2}), target), 4.0 / 6) << "one score, above 0";
    EXPECT_DOUBLE_EQ(figure("f1", Tensor::fromFloats({5, 1}, {0.9F, 0.6F, 0.4F, 0.7F, 0.1F}), target), 4.0 / 6)
        << "a probability, above 0.5";
    EXPECT_DOUBLE_EQ(figure("f1", Tensor::fromFloats({5, 2, 1, 1}, oneHot({1, 1, 0, 1, 0}, 2)), target), 4.0 / 6);
}

TEST(F1, AgreesWithSetsOfPlacesOnRandomCases) {
    base::Random random(1);
    for (int round = 0; round < 60; ++round) {
        const std::int64_t classes = 2 + static_cast<std::int64_t>(random.below(4)), n = 3 + static_cast<std::int64_t>(random.below(5));
        const std::int64_t frames = 1 + static_cast<std::int64_t>(random.below(6));
        const auto count = static_cast<std::size_t>(n * frames);
        auto labels = drawnLabels(random, count, static_cast<std::uint64_t>(classes));
        const auto answers = drawnLabels(random, count, static_cast<std::uint64_t>(classes));
        labels[0] = 1;
        for (std::size_t i = 1; i < count; ++i)
            if (frames > 1 && random.below(4) == 0) labels[i] = -1;
        const Tensor output = Tensor::fromFloats(frames > 1 ? Shape{n, frames, classes} : Shape{n, classes}, oneHot(answers, classes));
        const Tensor target = Tensor::fromInt64s(frames > 1 ? Shape{n, frames} : Shape{n}, labels);
        EXPECT_NEAR(figure("f1", output, target), plainMean("f1", labels, answers, classes == 2 ? 1 : 0, classes), 1e-12);
    }
}

TEST(Overlap, AgreesWithSetsOfPlacesOnRandomMaps) {
    base::Random random(2);
    for (int round = 0; round < 60; ++round) {
        const std::int64_t classes = 2 + static_cast<std::int64_t>(random.below(3)), n = 1 + static_cast<std::int64_t>(random.below(4));
        constexpr std::int64_t kHeight = 2, kWidth = 3, kArea = kHeight * kWidth;
        auto labels = drawnLabels(random, static_cast<std::size_t>(n * kArea), static_cast<std::uint64_t>(classes));
        const auto answers = drawnLabels(random, labels.size(), static_cast<std::uint64_t>(classes));
        for (std::size_t i = 1; i < labels.size(); ++i)
            if (random.below(5) == 0) labels[i] = -1;
        std::vector<float> scores(static_cast<std::size_t>(n * classes * kArea));
        for (std::int64_t s = 0; s < n; ++s)
            for (std::int64_t c = 0; c < classes; ++c)
                for (std::int64_t p = 0; p < kArea; ++p)
                    scores[static_cast<std::size_t>((s * classes + c) * kArea + p)] =
                        answers[static_cast<std::size_t>(s * kArea + p)] == c ? 1 : 0;
        const Tensor output = Tensor::fromFloats({n, classes, kHeight, kWidth}, scores);
        const Tensor target = Tensor::fromInt64s({n, kHeight, kWidth}, labels);
        for (const char* metric : {"iou", "dice"})
            EXPECT_NEAR(figure(metric, output, target), plainMean(metric, labels, answers, 0, classes), 1e-12);
    }
}

TEST(Overlap, OfAMaskCountsItsForegroundAlone) {
    // Mask 1 1 0 0, answers 1 0 1 0: one place in common, three in either.
    const Tensor target = Tensor::fromInt64s({1, 1, 2, 2}, {1, 1, 0, 0});
    EXPECT_DOUBLE_EQ(figure("iou", Tensor::fromFloats({1, 1, 2, 2}, {4, -1, 1, -4}), target), 1.0 / 3);
    EXPECT_DOUBLE_EQ(figure("dice", Tensor::fromFloats({1, 1, 2, 2}, {4, -1, 1, -4}), target), 0.5);
    EXPECT_DOUBLE_EQ(figure("iou", Tensor::fromFloats({1, 1, 2, 2}, {0.8F, 0.2F, 0.7F, 0.4F}),
                            Tensor::fromInt64s({1, 2, 2}, {1, 1, 0, 0})), 1.0 / 3);
}

TEST(Overlap, TakesDimsOfExtentOneAsTheyStand) {
    const Tensor row = Tensor::fromFloats({1, 3, 1, 2}, {9, 0, 0, 9, 0, 0});  // answers 0 and 1
    EXPECT_DOUBLE_EQ(figure("iou", row, Tensor::fromInt64s({1, 1, 2}, {0, 1})), 1);
    EXPECT_DOUBLE_EQ(figure("iou", row, Tensor::fromInt64s({1, 1, 1, 2}, {0, 1})), 1) << "labels with a channel";
    EXPECT_DOUBLE_EQ(figure("f1", Tensor::fromFloats({2, 1, 3}, {9, 0, 0, 0, 9, 0}), Tensor::fromInt64s({2, 1}, {0, 1})), 1) << "one frame";
    EXPECT_DOUBLE_EQ(figure("f1", Tensor::fromFloats({2, 3}, {9, 0, 0, 0, 9, 0}), Tensor::fromInt64s({2, 1}, {0, 1})), 1);
}

TEST(Overlap, NeverCountsNaNAsRight) {
    const Tensor mask = Tensor::fromInt64s({2, 1, 2}, {1, 0, 1, 0});
    EXPECT_EQ(figure("iou", Tensor::fromFloats({2, 1, 2}, {kNaN, kNaN, kNaN, kNaN}), mask), 0);
    EXPECT_EQ(figure("f1", Tensor::fromFloats({2, 2}, {kNaN, 5, 0, kNaN}), Tensor::fromInt64s({2}, {1, 0})), 0);
    EXPECT_EQ(figure("f1", Tensor::fromFloats({2, 3}, {0, 5, kNaN, 9, 0, 0}), Tensor::fromInt64s({2}, {1, 0})), 0.5)
        << "class 1 missed, class 0 whole";
    EXPECT_EQ(figure("frame_accuracy", Tensor::fromFloats({1, 2, 2}, {kNaN, 1, 0, 1}), Tensor::fromInt64s({1, 2}, {1, 1})), 0.5);
    // What is no number where there is nothing counts as an answer too: 1 right, 1 invented.
    EXPECT_DOUBLE_EQ(figure("f1", Tensor::fromFloats({2}, {7, kNaN}), Tensor::fromInt64s({2}, {1, 0})), 2.0 / 3);
}

TEST(Overlap, HasScoresWhoseMeanIsTheFigure) {
    base::Random random(3);
    const auto labels = drawnLabels(random, 40, 3);
    const auto evaluation = counted("f1", Tensor::fromFloats({40, 3}, drawnScores(random, 120, 50)),
                                    Tensor::fromInt64s({40}, labels)).value();
    EXPECT_EQ(evaluation.n, 40);
    ASSERT_EQ(evaluation.sampleScores.size(), 40u);
    EXPECT_TRUE(evaluation.sampleWeights.empty());
    EXPECT_NEAR(meanOf(evaluation.sampleScores), evaluation.estimate.value, 1e-12);
    EXPECT_LT(evaluation.estimate.interval.low, evaluation.estimate.value);
    EXPECT_GT(evaluation.estimate.interval.high, evaluation.estimate.value);
}

TEST(Overlap, RefusesWhatDoesNotFit) {
    const auto refused = [](const char* metric, const Tensor& output, const Tensor& target) {
        EXPECT_FALSE(counted(metric, output, target)) << metric;
    };
    const Tensor three = Tensor::fromFloats({2, 3}, {1, 2, 3, 4, 5, 6});
    refused("f1", three, Tensor::fromInt64s({2}, {0, 3}));
    refused("f1", three, Tensor::fromInt64s({3}, {0, 1, 2}));
    refused("f1", three, {});
    refused("f1", Tensor::scalar(1), Tensor::fromInt64s({1}, {0}));
    refused("f1", Tensor::fromFloats({2}, {1, 2}), Tensor::fromInt64s({2}, {0, 2}));
    refused("f1", Tensor::fromFloats({2}, {-1, -2}), Tensor::fromInt64s({2}, {0, 0}));  // no positive and none said
    refused("f1", Tensor::fromFloats({2, 3, 2}, std::vector<float>(12)), Tensor::fromInt64s({2, 2}, {0, 0, 0, 0}));
    refused("iou", three, Tensor::fromInt64s({2}, {0, 1}));
    refused("iou", Tensor::fromFloats({1, 2, 2, 3}, std::vector<float>(12)), Tensor::fromInt64s({1, 3, 2}, std::vector<std::int64_t>(6)));
    refused("iou", Tensor::fromFloats({1, 2, 2}, std::vector<float>(4)), Tensor::fromInt64s({1, 2}, {-1, -1}));
    refused("dice", Tensor::fromFloats({1, 2, 3}, std::vector<float>(6)), Tensor::fromInt64s({1, 2}, {0, 1}));
}

TEST(FrameAccuracy, LeavesOutNegativeLabelsAndWeighsSamplesByTheirFrames) {
    const Tensor output = Tensor::fromFloats({2, 2, 2}, {0, 1, 1, 0, 0, 1, 5, 0});
    const auto evaluation = counted("frame_accuracy", output, Tensor::fromInt64s({2, 2}, {1, 1, 1, -1})).value();
    EXPECT_DOUBLE_EQ(evaluation.estimate.value, 2.0 / 3);
    EXPECT_EQ(evaluation.sampleWeights, (std::vector<double>{2, 1}));
    EXPECT_FALSE(counted("frame_accuracy", output, Tensor::fromInt64s({2, 2}, {-1, -1, -1, -1})));
    EXPECT_FALSE(counted("frame_accuracy", output, Tensor::fromInt64s({2}, {1, 1})));
}

TEST(RelativeL2, IsTheFigureThatWasCalledRelativeError) {
    const Tensor output = Tensor::fromFloats({2, 2}, {6, 8, 1, 1}), target = Tensor::fromFloats({2, 2}, {3, 4, 1, 1});
    for (const char* name : {"relative_l2", "relative_error"}) {
        const auto evaluation = counted(name, output, target).value();
        EXPECT_EQ(evaluation.metric, "relative_l2");
        EXPECT_EQ(evaluation.sampleScores, (std::vector<double>{1, 0}));
        EXPECT_EQ(evaluation.direction, Direction::LowerIsBetter);
    }
}

}  // namespace
}  // namespace trimtab::evaluate
