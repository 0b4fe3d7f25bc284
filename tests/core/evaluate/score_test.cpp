#include "core/evaluate/score.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

namespace trimtab::evaluate {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

std::vector<double> scores(const std::string& metric, const Tensor& output, const Tensor& target) {
    std::vector<double> values;
    const auto scored = scoreBatch(metric, output, target);
    EXPECT_TRUE(scored.has_value()) << scored.error().text();
    if (scored)
        for (const auto& score : *scored) values.push_back(score.value);
    return values;
}

TEST(Score, CountsLabelsAmongTheHighest) {
    const Tensor output = Tensor::fromFloats({3, 6}, {0, 1, 2, 3, 4, 5,  //
                                                      5, 4, 3, 2, 1, 0,  //
                                                      0, 0, 9, 0, 0, 0});
    const Tensor target = Tensor::fromInt64s({3}, {5, 5, 2});
    EXPECT_EQ(scores("top1", output, target), (std::vector<double>{1, 0, 1}));
    EXPECT_EQ(scores("top5", output, target), (std::vector<double>{1, 0, 1}));
    EXPECT_EQ(scores("top5", output, Tensor::fromInt64s({3, 1}, {1, 4, 0})), (std::vector<double>{1, 1, 1}));
}

TEST(Score, GivesTiesToTheLowerIndex) {
    const Tensor output = Tensor::fromFloats({2, 3}, {1, 1, 1, 1, 1, 1});
    EXPECT_EQ(scores("top1", output, Tensor::fromInt64s({2}, {0, 1})), (std::vector<double>{1, 0}));
}

TEST(Score, CallsSamplesWithNaNWrong) {
    const Tensor output = Tensor::fromFloats({1, 3}, {kNaN, 2, 1});
    EXPECT_EQ(scores("top1", output, Tensor::fromInt64s({1}, {1})), (std::vector<double>{0}));
    EXPECT_EQ(scores("rmse", Tensor::fromFloats({1, 1}, {kNaN}), Tensor::fromFloats({1, 1}, {0}))[0],
              std::numeric_limits<double>::infinity());
}

TEST(Score, LetsTrailingDimsOfOnePass) {
    EXPECT_EQ(scores("top1", Tensor::fromFloats({1, 2, 1, 1}, {0, 1}), Tensor::fromInt64s({1}, {1})), (std::vector<double>{1}));
}

TEST(Score, TakesTheMeanNegativeLogLikelihoodOfTokens) {
    // softmax([0, ln 3]) = [1/4, 3/4]
    const float third = std::log(3.0f);
    const Tensor output = Tensor::fromFloats({2, 2, 2}, {0, third, 0, third, 0, third, 0, third});
    const auto scored = scoreBatch("perplexity", output, Tensor::fromInt64s({2, 2}, {0, 1, 1, -1})).value();
    ASSERT_EQ(scored.size(), 2u);
    EXPECT_NEAR(scored[0].value, (std::log(4.0) + std::log(4.0 / 3)) / 2, 1e-6);
    EXPECT_EQ(scored[0].weight, 2);
    EXPECT_NEAR(scored[1].value, std::log(4.0 / 3), 1e-6);
    EXPECT_EQ(scored[1].weight, 1) << "a negative token is not counted";
    EXPECT_EQ(scores("next_token_accuracy", output, Tensor::fromInt64s({2, 2}, {0, 1, 1, 1})), (std::vector<double>{0.5, 1}));
}

TEST(Score, DoesNotOverflowOnLargeLogits) {
    const Tensor output = Tensor::fromFloats({1, 1, 2}, {3e38f, -3e38f});
    EXPECT_EQ(scores("perplexity", output, Tensor::fromInt64s({1, 1}, {0})), (std::vector<double>{0}));
}

TEST(Score, MeasuresDistanceFromValues) {
    const Tensor output = Tensor::fromFloats({2, 2}, {3, 4, 1, 1});
    const Tensor target = Tensor::fromFloats({2, 2}, {0, 0, 1, 1});
    EXPECT_EQ(scores("rmse", output, target), (std::vector<double>{std::sqrt(12.5), 0}));
    const Tensor far = Tensor::fromFloats({1, 2}, {6, 8});
    EXPECT_EQ(scores("relative_error", far, Tensor::fromFloats({1, 2}, {3, 4})), (std::vector<double>{1}));
}

TEST(Score, RefusesWhatDoesNotFit) {
    const Tensor output = Tensor::fromFloats({1, 3}, {1, 2, 3});
    EXPECT_FALSE(scoreBatch("top1", output, Tensor::fromInt64s({1}, {3})));
    EXPECT_FALSE(scoreBatch("top1", output, Tensor::fromInt64s({1}, {-1})));
    EXPECT_FALSE(scoreBatch("top1", output, Tensor::fromInt64s({2}, {0, 0})));
    EXPECT_FALSE(scoreBatch("perplexity", output, Tensor::fromInt64s({1}, {0})));
    EXPECT_FALSE(scoreBatch("rmse", output, Tensor::fromFloats({2}, {0, 0})));
    EXPECT_FALSE(scoreBatch("top1", output, Tensor{}));
    EXPECT_FALSE(scoreBatch("top1", Tensor::scalar(1), Tensor::fromInt64s({1}, {0})));
    EXPECT_FALSE(scoreBatch("top7", output, Tensor::fromInt64s({1}, {0})));
}

TEST(Fidelity, CountsAgreementOverTheLastDim) {
    const Tensor reference = Tensor::fromFloats({1, 2, 2}, {0, 1, 1, 0});
    const Tensor output = Tensor::fromFloats({1, 2, 2}, {0, 2, 0, 2});
    EXPECT_EQ(scoreFidelity("agreement", output, reference).value(), 0.5);
    EXPECT_EQ(scoreFidelity("agreement", reference, reference).value(), 1);
    EXPECT_FALSE(scoreFidelity("agreement", Tensor::fromFloats({2, 1}, {1, 2}), Tensor::fromFloats({2, 1}, {1, 2})));
}

TEST(Fidelity, TakesTheDivergenceOfTwoDistributions) {
    // KL([1/2, 1/2] || [1/4, 3/4]) = ½ ln 2 + ½ ln ⅔
    const double expected = 0.5 * std::log(2.0) + 0.5 * std::log(2.0 / 3);
    EXPECT_NEAR(scoreFidelity("kl", Tensor::fromFloats({1, 2}, {0, std::log(3.0f)}), Tensor::fromFloats({1, 2}, {5, 5})).value(), expected,
                1e-6);
    EXPECT_NEAR(scoreFidelity("kl", Tensor::fromFloats({1, 2}, {0.25f, 0.75f}), Tensor::fromFloats({1, 2}, {0.5f, 0.5f})).value(), expected,
                1e-6)
        << "probabilities are taken as they are";
}

TEST(Fidelity, TellsNoiseInDecibels) {
    const Tensor reference = Tensor::fromFloats({2}, {10, 0});
    EXPECT_NEAR(scoreFidelity("sqnr_db", Tensor::fromFloats({2}, {9, 0}), reference).value(), 20, 1e-6);
    EXPECT_EQ(scoreFidelity("sqnr_db", reference, reference).value(), 150);
    EXPECT_EQ(scoreFidelity("sqnr_db", Tensor::fromFloats({2}, {kNaN, 0}), reference).value(), -150);
    EXPECT_FALSE(scoreFidelity("sqnr_db", Tensor::fromFloats({1}, {9}), reference));
}

TEST(ScoredOutput, IsTheOneNamedLogits) {
    const std::vector<NamedTensor> outputs{{"hidden", Tensor::scalar(1)}, {"logits", Tensor::scalar(2)}};
    EXPECT_EQ(scoredOutput(outputs).data<float>()[0], 2);
    EXPECT_EQ(scoredOutput({outputs[0]}).data<float>()[0], 1);
}

}  // namespace
}  // namespace trimtab::evaluate
