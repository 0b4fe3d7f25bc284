#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/random.h"
#include "core/explain/compare.h"

namespace trimtab::explain {
namespace {

using testing::HasSubstr;
using trace::LayerRecord;

// `spread`: relative noise of blocks and of samples; 0 makes every pair distinguishable that differs at all.
trial::TrialResult result(double milliseconds, double score, double spread, std::uint64_t seed) {
    base::Random random(seed);
    trial::TrialResult made;
    made.state = trial::State::Finished;
    made.accuracy.emplace();
    made.accuracy->metric = "top1";
    made.accuracy->value = score;
    for (int i = 0; i < 40; ++i) made.accuracy->sampleScores.push_back(score + spread * random.normal());
    made.speed.emplace();
    made.speed->medianMs = milliseconds;
    made.speed->baselineKey = "baseline";
    for (int i = 0; i < 5; ++i) {
        const double noisy = milliseconds * std::exp(spread * random.normal());
        made.speed->blocks.push_back({{10, 10, 10}, {noisy, noisy, noisy}});
    }
    return made;
}

TEST(Dominance, IsAStrictPartialOrderWhereAllCanBeToldApart) {
    base::Random random(3);
    std::vector<trial::TrialResult> results;
    for (std::uint64_t i = 0; i < 25; ++i)
        results.push_back(result(1.0 + static_cast<double>(random.below(6)), 0.1 * static_cast<double>(random.below(6)), 0, i));
    for (const auto& a : results) {
        EXPECT_FALSE(dominates(a, a));
        for (const auto& b : results) {
            EXPECT_FALSE(dominates(a, b) && dominates(b, a));
            for (const auto& c : results) {
                if (dominates(a, b) && dominates(b, c)) {
                    EXPECT_TRUE(dominates(a, c));
                }
            }
        }
    }
}

TEST(Dominance, IsIrreflexiveAndOneWayUnderNoise) {
    base::Random random(4);
    std::vector<trial::TrialResult> results;
    for (std::uint64_t i = 0; i < 20; ++i) results.push_back(result(random.uniform(1, 2), random.uniform(0.5, 0.7), 0.1, i));
    for (const auto& a : results) {
        EXPECT_FALSE(dominates(a, a));
        for (const auto& b : results) EXPECT_FALSE(dominates(a, b) && dominates(b, a));
    }
}

TEST(Dominance, NeedsBothHalves) {
    const auto good = result(1, 0.9, 0, 1);
    auto blind = result(9, 0.1, 0, 2), slow = result(9, 0.1, 0, 2);
    blind.accuracy.reset();
    slow.speed.reset();
    EXPECT_FALSE(dominates(good, blind) || dominates(good, slow) || dominates(blind, good) || dominates(slow, good));
}

TEST(CompareSpeed, OneBlockProvesNothing) {
    auto fast = result(1, 0.5, 0, 1), slow = result(9, 0.5, 0, 2);
    EXPECT_EQ(compareSpeed(*fast.speed, *slow.speed), Verdict::Better);
    EXPECT_EQ(compareSpeed(*slow.speed, *fast.speed), Verdict::Worse);
    fast.speed->blocks.resize(1);
    EXPECT_EQ(compareSpeed(*fast.speed, *slow.speed), Verdict::Indistinguishable);
}

// The machine is busy in the second half of the study: raw times lie, paired ratios do not.
TEST(CompareSpeed, HoldsBothAgainstTheirOwnBaseline) {
    trial::Speed quiet, busy;
    quiet.baselineKey = busy.baselineKey = "baseline";
    for (int i = 0; i < 5; ++i) {
        const double jitter = 1 + 0.01 * i;
        quiet.blocks.push_back({{10 * jitter}, {5}});
        busy.blocks.push_back({{30 * jitter}, {10}});
    }
    EXPECT_EQ(compareSpeed(busy, quiet), Verdict::Better) << "3 times its baseline against 2 times";
}

TEST(CompareSpeed, CountsRunsOrSamples) {
    auto small = result(2, 0.5, 0, 1), large = result(16, 0.5, 0, 2);
    large.speed->batch = 16;
    EXPECT_EQ(compareSpeed(*small.speed, *large.speed), Verdict::Better) << "2 ms against 16";
    EXPECT_EQ(compareSpeed(*small.speed, *large.speed, SpeedAxis::Throughput), Verdict::Worse) << "2 ms a sample against 1";
}

TEST(CompareSpeed, WithoutABaselineInCommonTheirOwnTimesAreCompared) {
    auto quick = result(2, 0.5, 0, 1), slow = result(16, 0.5, 0, 2);
    slow.speed->baselineKey = "another";
    for (auto& block : slow.speed->blocks) block.baseline = {160};
    EXPECT_EQ(compareSpeed(*quick.speed, *slow.speed), Verdict::Better)
        << "2 ms against 16, although the other gains more over its own baseline";
}

TEST(CompareAccuracy, KnowsTheDirectionOfTheMetric) {
    auto low = result(1, 0.2, 0, 1), high = result(1, 0.8, 0, 1);
    EXPECT_EQ(compareAccuracy(*high.accuracy, *low.accuracy), Verdict::Better);
    low.accuracy->higherIsBetter = high.accuracy->higherIsBetter = false;
    EXPECT_EQ(compareAccuracy(*high.accuracy, *low.accuracy), Verdict::Worse);
    high.accuracy->metric = "rmse";
    EXPECT_EQ(compareAccuracy(*high.accuracy, *low.accuracy), Verdict::Indistinguishable) << "two metrics are no pair";
}

TEST(CompareAccuracy, PairsSampleBySample) {
    base::Random random(8);
    trial::Accuracy a, b;
    a.metric = b.metric = "rmse";
    a.higherIsBetter = b.higherIsBetter = false;
    for (int i = 0; i < 200; ++i) {
        const double hard = random.normal() * 10;  // samples differ far more than the two models do
        a.sampleScores.push_back(hard);
        b.sampleScores.push_back(hard + 0.1 + 0.05 * random.normal());
    }
    EXPECT_EQ(compareAccuracy(a, b), Verdict::Better);
}

TEST(CompareAccuracy, ScoresThatAreNoNumbersLose) {
    auto fine = result(1, 0.1, 0, 1), broken = result(1, 0.9, 0, 2);
    broken.accuracy->sampleScores[3] = std::numeric_limits<double>::quiet_NaN();
    EXPECT_EQ(compareAccuracy(*fine.accuracy, *broken.accuracy), Verdict::Better);
    EXPECT_EQ(compareAccuracy(*broken.accuracy, *fine.accuracy), Verdict::Worse);
    EXPECT_EQ(compareAccuracy(*broken.accuracy, *broken.accuracy), Verdict::Indistinguishable);
}

LayerRecord layer(std::string node, std::vector<std::string> origins, double nanoseconds) {
    LayerRecord record;
    record.node = std::move(node);
    record.origins = std::move(origins);
    record.kernel = "dense";
    record.medianNs = nanoseconds;
    record.operations = 1e6;
    record.weightBytes = 4'000'000;
    return record;
}

/// `cacheBytes`: of the machine's last cache; nothing: not known.
LayerDifference only(const LayerRecord& a, const LayerRecord& b, std::optional<std::int64_t> cacheBytes = {}) {
    trial::TrialResult before, after;
    before.environment.lastLevelCacheBytes = cacheBytes;
    before.layers = {a};
    after.layers = {b};
    return compareLayers(before, after).at(0);
}

TEST(CompareLayers, MatchesByOriginsAcrossFusions) {
    trial::TrialResult a, b;
    a.layers = {layer("conv+relu", {"conv", "relu"}, 1e6), layer("fc", {"fc"}, 1e6), layer("gone", {"gone"}, 1e6)};
    b.layers = {layer("fc+bias", {"fc", "bias"}, 5e5), layer("conv", {"conv"}, 5e5)};
    const auto differences = compareLayers(a, b);
    ASSERT_EQ(differences.size(), 3U);
    EXPECT_EQ(differences[0].b.node, "conv");
    EXPECT_EQ(differences[1].b.node, "fc+bias");
    EXPECT_DOUBLE_EQ(differences[1].result, 2);
    EXPECT_THAT(differences[2].note, HasSubstr("gone"));
}

TEST(CompareLayers, TakesTheLayerThatSharesMostOrigins) {
    trial::TrialResult a, b;
    a.layers = {layer("block", {"q", "k", "v"}, 1e6), layer("named", {}, 1e6), layer("head", {"head"}, 1e6)};
    b.layers = {layer("q", {"q"}, 1e5), layer("k+v", {"k", "v", "v"}, 2e5), layer("named", {"else"}, 3e5),
                layer("head", {"head"}, 4e5), layer("head again", {"head"}, 5e5)};
    const auto differences = compareLayers(a, b);
    EXPECT_EQ(differences[0].b.node, "k+v");
    EXPECT_EQ(differences[1].b.node, "named") << "by its name where one of both has no origins";
    EXPECT_EQ(differences[2].b.node, "head") << "the first of those that share as many";
}

TEST(CompareLayers, SumsLayersThatWereFusedIntoOneAndPartsOfOne) {
    trial::TrialResult a, b;
    a.layers = {layer("q", {"q"}, 1e6), layer("k", {"k"}, 1e6), layer("v", {"v"}, 1e6)};
    b.layers = {layer("qkv", {"q", "k", "v"}, 3e6)};
    b.layers[0].operations *= 3;
    b.layers[0].weightBytes *= 3;
    for (const LayerDifference& row : compareLayers(a, b)) {
        EXPECT_DOUBLE_EQ(row.promise, 1);
        EXPECT_DOUBLE_EQ(row.result, 1);
        EXPECT_THAT(row.note, HasSubstr("3 together against 1"));
    }
    EXPECT_DOUBLE_EQ(*promiseOfRun(compareLayers(a, b)), 1);
    const auto back = compareLayers(b, a);
    ASSERT_EQ(back.size(), 1U) << "the parts are no layers of their own";
    EXPECT_DOUBLE_EQ(back[0].result, 1);
}

TEST(CompareLayers, ShowsLayersThatTheSecondTrialAdded) {
    trial::TrialResult a, b;
    a.layers = {layer("fc", {"fc"}, 1e6)};
    b.layers = {layer("quantize", {"new"}, 2e5), layer("fc", {"fc"}, 1e6)};
    const auto differences = compareLayers(a, b);
    ASSERT_EQ(differences.size(), 2U);
    EXPECT_EQ(differences[1].node, "quantize");
    EXPECT_TRUE(differences[1].a.node.empty());
    EXPECT_THAT(differences[1].note, HasSubstr("added"));
    EXPECT_DOUBLE_EQ(*promiseOfRun(differences), 1);
}

TEST(CompareLayers, CallsMoreWorkNoNoise) {
    LayerRecord eight = layer("fc", {"fc"}, 8e6);
    eight.operations *= 8;
    EXPECT_THAT(only(layer("fc", {"fc"}, 1e6), eight).note, HasSubstr("8 times the operations"));
    LayerRecord bytes = layer("fc", {"fc"}, 2e6);
    bytes.weightBytes *= 2;
    EXPECT_THAT(only(layer("fc", {"fc"}, 1e6), bytes).note, HasSubstr("2 times the bytes"));
    trial::TrialResult one, two;
    one.layers = {layer("fc", {"fc"}, 2e6)};
    two.layers = {layer("fc", {"fc"}, 1e6)};
    two.environment.threads = 2;
    EXPECT_EQ(compareLayers(two, one).at(0).note, "no change") << "it ran on fewer threads";
}

TEST(CompareLayers, StaysQuickWhereThousandsShareAnOrigin) {
    trial::TrialResult a, b;
    for (int i = 0; i < 20'000; ++i) a.layers.push_back(layer("part", {"whole"}, 1e3));
    b.layers = a.layers;
    EXPECT_EQ(compareLayers(a, b).size(), a.layers.size());
}

TEST(CompareLayers, OfAnotherFilePromisesNothingForALayerThatItLacks) {
    trial::TrialResult a, b;
    a.layers = {layer("kept", {"kept"}, 1e6), layer("gone", {"gone"}, 1e6)};
    b.layers = {layer("kept", {"kept"}, 1e6)};
    const auto differences = compareLayers(a, b);
    EXPECT_DOUBLE_EQ(promiseOfRun(a, b, differences).value(), 2) << "the recipe took it out";
    b.trial.variant = "other";
    EXPECT_FALSE(promiseOfRun(a, b, differences));
}

TEST(CompareLayers, BytesPromiseWhereMemoryBounds) {
    LayerRecord quarter = layer("fc", {"fc"}, 5e5);
    quarter.weightBytes = 1'000'000;
    quarter.weightBits = 8;
    EXPECT_DOUBLE_EQ(only(layer("fc", {"fc"}, 1e6), quarter).promise, 4);
}

TEST(CompareLayers, OperationsPromiseWhereArithmeticBounds) {
    LayerRecord dense = layer("conv", {"conv"}, 1e6);
    dense.operations = 1e9;
    LayerRecord integer = dense;
    integer.compute = "int8";
    integer.weightBits = integer.activationBits = 8;
    EXPECT_DOUBLE_EQ(only(dense, integer).promise, 4);
    integer.medianNs = 5e5;
    EXPECT_THAT(only(dense, integer).note, HasSubstr("quantising the activations")) << "4 promised, 2 kept";
}

TEST(CompareLayers, TheRunsPromiseSumsLayersByTheirTime) {
    LayerDifference conv, norm, block;
    conv.a = layer("conv", {"conv"}, 6e6);
    conv.b = conv.a;
    conv.promise = 4;
    norm.a = norm.b = layer("norm", {"norm"}, 1e6);
    block.a = layer("block", {"block"}, 3e6);
    EXPECT_DOUBLE_EQ(*promiseOfRun({conv, norm}), 7 / 2.5);
    EXPECT_DOUBLE_EQ(*promiseOfRun({conv, norm, block}), 10 / 2.5) << "a layer that left takes no time";
    conv.a.medianNs = -1;
    EXPECT_FALSE(promiseOfRun({conv})) << "nothing was timed";
}

TEST(CompareLayers, TheRunsResultIsPairedAndTurnedTowardsTheSecondTrial) {
    EXPECT_NEAR(resultOfRun(result(4, 0.5, 0, 1), result(2, 0.5, 0, 2))->value, 2, 1e-9);
    EXPECT_FALSE(resultOfRun(trial::TrialResult{}, result(2, 0.5, 0, 2)));
}

TEST(CompareLayers, NothingIsPromisedWhereLaunchingBounds) {
    LayerRecord quarter = layer("fc", {"fc"}, 1000);
    quarter.weightBytes = 1'000'000;
    quarter.weightBits = 8;
    const auto difference = only(layer("fc", {"fc"}, 1000), quarter);
    EXPECT_EQ(difference.promise, 1);
    EXPECT_THAT(difference.note, HasSubstr("too small"));
}

TEST(CompareLayers, SaysWhyThereIsNoGain) {
    LayerRecord emulated = layer("fc", {"fc"}, 2e6);
    emulated.execution = trace::Execution::Emulated;
    emulated.weightBits = 3;
    EXPECT_THAT(only(layer("fc", {"fc"}, 1e6), emulated).note, HasSubstr("emulated"));
    EXPECT_EQ(only(layer("fc", {"fc"}, 1e6), layer("fc", {"fc"}, 1e6)).note, "no change");
    EXPECT_THAT(only(layer("fc", {"fc"}, 1e6), layer("fc", {"fc"}, 2e6)).note, HasSubstr("no change, and slower all the same"));
    EXPECT_EQ(only(layer("fc", {"fc"}, 1e3), layer("fc", {"fc"}, 3e3)).note, "no change") << "it does little more than start";
    LayerRecord untimed = layer("fc", {"fc"}, -1);
    untimed.weightBits = 8;
    EXPECT_EQ(only(layer("fc", {"fc"}, -1), untimed).note, "not timed");
}

TEST(CompareLayers, BlamesReformattingWhereALayerThatMovesMoreIsSlower) {
    LayerRecord reformatted = layer("fc", {"fc"}, 2e6);
    reformatted.reformatBytes = 2'000'000;
    EXPECT_THAT(only(layer("fc", {"fc"}, 1e6), reformatted).note, HasSubstr("2.00 MB more are moved")) << "with the same kernel";
    reformatted.kernel = "other";
    reformatted.reason = "it was asked for";
    const auto note = only(layer("fc", {"fc"}, 1e6), reformatted).note;
    EXPECT_THAT(note, HasSubstr("2.00 MB more are moved"));
    EXPECT_THAT(note, HasSubstr("it was asked for"));
    LayerRecord before = layer("fc", {"fc"}, 1e6);
    before.reformatBytes = 1'900'000;
    EXPECT_EQ(only(before, reformatted).note, "it was asked for") << "100 kB are nothing beside 4 MB of weights";
    reformatted.medianNs = 9e5;
    EXPECT_EQ(only(layer("fc", {"fc"}, 1e6), reformatted).note, "it was asked for") << "what is faster needs no excuse";
}

TEST(CompareLayers, SaysWhatMadeATreatedLayerSlower) {
    LayerRecord before = layer("fc", {"fc"}, 1e6);
    before.parameters = 1'000'000;
    before.operations = 2.0 * 1e6 * 127;  // 127 rows
    LayerRecord codes = before;
    codes.medianNs = 2e6;
    codes.kernel = "weight-only int8";
    codes.weightBits = 8;
    EXPECT_THAT(only(before, codes).note, HasSubstr("127 rows"));
    before.operations = codes.operations = 2.0 * 1e6;  // one row: bytes bound it
    EXPECT_EQ(only(before, codes).note, "slower: not explained");
    LayerRecord integers = codes;
    integers.compute = "int8";
    integers.activationBits = 8;
    EXPECT_THAT(only(before, integers).note, HasSubstr("quantising the activations"));
    LayerRecord bfloat = before;
    bfloat.medianNs = 2e6;
    bfloat.compute = "bf16";
    EXPECT_THAT(only(before, bfloat).note, HasSubstr("rounding the inputs to bf16"));
    LayerRecord other = before;
    other.medianNs = 2e6;
    other.kernel = "another";
    EXPECT_THAT(only(before, other).note, HasSubstr("another"));
    EXPECT_THAT(only(before, other).note, HasSubstr("slower"));
}

TEST(CompareLayers, BlamesTheCacheOnlyWhereItHoldsTheWholeRun) {
    trial::TrialResult before, after;
    before.layers = {layer("fc", {"fc"}, 1e6)};
    LayerRecord codes = layer("fc", {"fc"}, 2e6);
    codes.kernel = "weight-only int8";
    codes.weightBits = 8;
    after.layers = {codes};
    const auto note = [&] { return compareLayers(before, after).at(0).note; };
    EXPECT_EQ(note(), "slower: not explained") << "no size is known";
    before.environment.lastLevelCacheBytes = 32'000'000;
    EXPECT_THAT(note(), HasSubstr("all 4.00 MB of a run stay in the cache of 32.0 MB"));
    before.layers.push_back(layer("head", {"head"}, 1e6));
    before.layers.back().weightBytes = 40'000'000;
    EXPECT_EQ(note(), "slower: not explained") << "what the head reads drives the layer's 4 MB out";
}

TEST(CompareLayers, SaysWhatTookPartOfAPromiseOnlyWhereThatIsKnown) {
    const std::string unknown = "less than promised: not explained";
    LayerRecord quarter = layer("fc", {"fc"}, 5e5);
    quarter.kernel = "weight-only int8";
    quarter.weightBits = 8;
    quarter.weightBytes = 1'000'000;
    EXPECT_EQ(only(layer("fc", {"fc"}, 1e6), quarter).note, unknown);
    EXPECT_THAT(only(layer("fc", {"fc"}, 1e6), quarter, 32'000'000).note, HasSubstr("less than promised: all 4.00 MB of a run stay"));

    LayerRecord dense = layer("conv", {"conv"}, 1e6);
    dense.operations = 1e9;
    LayerRecord bfloat = dense;
    bfloat.compute = "bf16";
    bfloat.medianNs = 8e5;  // 1.25 of 2
    EXPECT_EQ(only(dense, bfloat, 32'000'000).note, unknown) << "arithmetic bounds it, cached or not";
    LayerRecord reformatted = bfloat;
    reformatted.reformatBytes = 2'000'000;
    EXPECT_THAT(only(dense, reformatted).note, HasSubstr("less than promised: 2.00 MB more are moved"));
    dense.operations = bfloat.operations = 5e7;  // 12.5 a byte: bytes bound it from 1.25 times as quick on
    EXPECT_THAT(only(dense, bfloat).note, HasSubstr("less than promised: by a rule of thumb"));
    bfloat.medianNs = 1.03e6;
    EXPECT_EQ(only(dense, bfloat).note, unknown) << "bytes alone would have let it gain a quarter";
    dense.medianNs = 6000;
    bfloat.medianNs = 4500;
    EXPECT_THAT(only(dense, bfloat).note, HasSubstr("do little more than start"));
}

TEST(CompareLayers, PromisesTheShareOfNonZerosOfKernelsThatSkipZeros) {
    LayerRecord dense = layer("conv", {"conv"}, 1e6);
    dense.operations = 1e9;
    for (const char* kernel : {"csr avx512", "coo avx2", "bsr 4x1 avx512", "bitmap portable", "packed 2:4 avx512"}) {
        LayerRecord sparse = dense;
        sparse.kernel = kernel;
        sparse.density = 0.25;
        EXPECT_DOUBLE_EQ(only(dense, sparse).promise, 4) << kernel;
    }
    LayerRecord masked = dense;
    masked.density = 0.25;
    EXPECT_DOUBLE_EQ(only(dense, masked).promise, 1) << "a dense kernel multiplies the zeros";
}

}  // namespace
}  // namespace trimtab::explain
