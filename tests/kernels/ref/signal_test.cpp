// Fourier transforms, windows, mel filters, determinants, losses, distinct elements and n-gram counts, by figures worked out by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "core/tensor/convert.h"
#include "tests/kernels/ref/harness.h"

namespace trimtab::ref::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::Pointwise;
using tensor::toFloats;
using tensor::toInt64s;

Tensor number(std::int64_t value) { return Tensor::fromInt64s(Shape{}, {value}); }

std::vector<float> near(const Tensor& value) { return toFloats(value); }

TEST(RefDft, TransformsAnImpulseIntoOnes) {
    const Tensor y = first(node("DFT", 20), {floats({1, 3, 1}, {1, 0, 0})});
    EXPECT_EQ(y.shape(), (Shape{1, 3, 2}));
    EXPECT_THAT(near(y), Pointwise(FloatNear(1e-6F), {1, 0, 1, 0, 1, 0}));
}

TEST(RefDft, PadsCutsAndHalves) {
    const Attributes onesided{{"onesided", std::int64_t{1}}};
    const Tensor padded = first(node("DFT", 20, onesided), {floats({2, 1}, {1, 1}), number(4), number(0)});
    EXPECT_EQ(padded.shape(), (Shape{3, 2}));
    EXPECT_THAT(near(padded), Pointwise(FloatNear(1e-6F), {2, 0, 1, -1, 0, 0}));
    const Tensor cut = first(node("DFT", 20), {floats({3, 1}, {1, 3, 100}), number(2)});
    EXPECT_THAT(near(cut), Pointwise(FloatNear(1e-5F), {4, 0, -2, 0}));
}

TEST(RefDft, InvertsItself) {
    for (const std::int64_t length : {1, 2, 7, 8, 12, 31}) {
        const Tensor x = noise({length, 1}, 5);
        const Tensor spectrum = first(node("DFT", 20), {x});
        const Tensor back = first(node("DFT", 20, {{"inverse", std::int64_t{1}}}), {spectrum});
        const Tensor half = first(node("DFT", 20, {{"onesided", std::int64_t{1}}}), {x});
        const Tensor real = first(node("DFT", 20, {{"inverse", std::int64_t{1}}, {"onesided", std::int64_t{1}}}), {half, number(length)});
        EXPECT_EQ(real.shape(), x.shape());
        EXPECT_THAT(near(real), Pointwise(FloatNear(1e-5F), toFloats(x))) << length;
        for (std::int64_t i = 0; i < length; ++i) {
            EXPECT_NEAR(tensor::elementAsDouble(back, 2 * i), tensor::elementAsDouble(x, i), 1e-5);
            EXPECT_NEAR(tensor::elementAsDouble(back, 2 * i + 1), 0, 1e-5);
        }
    }
}

TEST(RefDft, RefusesWhatIsNoSignal) {
    EXPECT_EQ(refusal(node("DFT", 17), {floats({2, 1}, {1, 2})}), ErrorCode::Refused) << "axis 1 holds the parts";
    EXPECT_EQ(refusal(node("DFT", 20), {floats({2, 3}, {1, 2, 3, 4, 5, 6})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("DFT", 20), {floats({1, 1}, {1}), number(0)}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("DFT", 20), {floats({1, 1}, {1}), number(INT64_MAX)}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("DFT", 20, {{"onesided", std::int64_t{1}}}), {floats({2, 2}, {1, 2, 3, 4})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("DFT", 20, {{"onesided", std::int64_t{1}}, {"inverse", std::int64_t{1}}}), {floats({1, 2}, {1, 2})}),
              ErrorCode::Refused) << "one bin alone has length 0";
}

TEST(RefStft, CutsWindowedFrames) {
    const Tensor y = first(node("STFT", 17), {floats({1, 4, 1}, {1, 2, 3, 4}), number(2), floats({2}, {1, 10})});
    EXPECT_EQ(y.shape(), (Shape{1, 2, 2, 2}));
    EXPECT_THAT(near(y), Pointwise(FloatNear(1e-4F), {21, 0, -19, 0, 43, 0, -37, 0}));
    EXPECT_EQ(refusal(node("STFT", 17), {floats({1, 2, 1}, {1, 2}), number(1)}), ErrorCode::Refused) << "neither window nor length";
    EXPECT_EQ(refusal(node("STFT", 17), {floats({1, 2, 1}, {1, 2}), number(0), Tensor(), number(1)}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("STFT", 17), {floats({1, 2, 1}, {1, 2}), number(1), Tensor(), number(3)}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("STFT", 17), {floats({1, 1, 2}, {1, 2}), number(1), Tensor(), number(1)}), ErrorCode::Refused);
}

TEST(RefWindows, HaveTheirCorners) {
    const Attributes symmetric{{"periodic", std::int64_t{0}}};
    EXPECT_THAT(near(first(node("HannWindow", 17), {number(4)})), Pointwise(FloatNear(1e-6F), {0.0F, 0.5F, 1.0F, 0.5F}));
    EXPECT_THAT(near(first(node("HannWindow", 17, symmetric), {number(3)})), Pointwise(FloatNear(1e-6F), {0, 1, 0}));
    EXPECT_THAT(near(first(node("HammingWindow", 17, symmetric), {number(3)})),
                Pointwise(FloatNear(1e-6F), {0.0869565F, 1.0F, 0.0869565F}));
    EXPECT_THAT(near(first(node("BlackmanWindow", 17), {number(2)})), Pointwise(FloatNear(1e-6F), {0, 1}));
    EXPECT_THAT(near(first(node("BlackmanWindow", 17, symmetric), {number(1)})), ElementsAre(1));
    EXPECT_EQ(refusal(node("HannWindow", 17), {number(0)}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("HannWindow", 17, {{"output_datatype", std::int64_t{8}}}), {number(1)}), ErrorCode::Unsupported);
}

TEST(RefMelWeightMatrix, RefusesBandsBeyondTheSpectrum) {
    const auto call = [](std::int64_t bands, std::int64_t length, std::int64_t rate, float low, float high) {
        return refusal(node("MelWeightMatrix", 17),
                       {number(bands), number(length), number(rate), Tensor::scalar(low), Tensor::scalar(high)});
    };
    EXPECT_EQ(call(2, 16, 8000, 0, 3000), ErrorCode::Cancelled);
    EXPECT_EQ(call(2, 16, 8000, 0, 300000), ErrorCode::Refused);
    EXPECT_EQ(call(2, 16, 0, 0, 3000), ErrorCode::Refused);
    EXPECT_EQ(call(0, 16, 8000, 0, 3000), ErrorCode::Refused);
    EXPECT_EQ(call(2, 16, 8000, 300, 100), ErrorCode::Refused);
    EXPECT_EQ(call(2, 16, 8000, 0, NAN), ErrorCode::Refused);
}

TEST(RefDet, EliminatesWithPivots) {
    EXPECT_THAT(near(first(node("Det", 11), {floats({2, 2, 2}, {0, 1, 1, 0, 1, 2, 3, 4})})), ElementsAre(-1, -2));
    EXPECT_THAT(near(first(node("Det", 22), {floats({3, 3}, {2, 0, 1, 1, 3, 2, 1, 1, 1})})), Pointwise(FloatNear(1e-6F), {0}));
    EXPECT_THAT(near(first(node("Det", 22), {floats({1, 0, 0}, {})})), ElementsAre(1));
    EXPECT_EQ(refusal(node("Det", 11), {floats({1, 2}, {1, 2})}), ErrorCode::Refused);
}

TEST(RefUnique, KeepsOrSortsWhatItFinds) {
    const auto unsorted = call(node("Unique", 11, {{"sorted", std::int64_t{0}}}, 4), {floats({6}, {2, 1, 1, 3, 4, 3})});
    ASSERT_TRUE(unsorted);
    EXPECT_THAT(toFloats((*unsorted)[0]), ElementsAre(2, 1, 3, 4));
    EXPECT_THAT(toInt64s((*unsorted)[1]), ElementsAre(0, 1, 3, 4));
    EXPECT_THAT(toInt64s((*unsorted)[2]), ElementsAre(0, 1, 1, 2, 3, 2));
    EXPECT_THAT(toInt64s((*unsorted)[3]), ElementsAre(1, 2, 2, 1));
    const auto rows = call(node("Unique", 11, {{"axis", std::int64_t{0}}}, 4), {floats({3, 2}, {5, 0, 1, 9, 5, 0})});
    ASSERT_TRUE(rows);
    EXPECT_EQ((*rows)[0].shape(), (Shape{2, 2}));
    EXPECT_THAT(toFloats((*rows)[0]), ElementsAre(1, 9, 5, 0));
    EXPECT_THAT(toInt64s((*rows)[1]), ElementsAre(1, 0));
    EXPECT_THAT(toInt64s((*rows)[2]), ElementsAre(1, 0, 1));
    EXPECT_THAT(toInt64s((*rows)[3]), ElementsAre(1, 2));
}

TEST(RefUnique, CountsNanAsOneValueAboveAll) {
    const auto found = call(node("Unique", 11, {}, 4), {floats({4}, {NAN, 1, NAN, INFINITY})});
    ASSERT_TRUE(found);
    EXPECT_EQ((*found)[0].shape(), Shape{3});
    EXPECT_TRUE(std::isnan(toFloats((*found)[0])[2]));
    EXPECT_THAT(toInt64s((*found)[3]), ElementsAre(1, 1, 2));
    EXPECT_EQ(refusal(node("Unique", 11, {{"axis", std::int64_t{1}}}), {floats({0, 3}, {})}), ErrorCode::Refused);
}

TEST(RefLosses, WeighAndIgnore) {
    const Tensor scores = floats({3, 2}, {-1, -2, -3, -4, -5, -6});
    const Tensor weights = floats({2}, {1, 3});
    EXPECT_THAT(toFloats(first(node("NegativeLogLikelihoodLoss", 13), {scores, ints({0, 1, 1})})), ElementsAre(11.0F / 3));
    EXPECT_THAT(toFloats(first(node("NegativeLogLikelihoodLoss", 13), {scores, ints({0, 1, 1}), weights})), ElementsAre(31.0F / 7));
    const Attributes ignoring{{"ignore_index", std::int64_t{-7}}, {"reduction", std::string("sum")}};
    EXPECT_THAT(toFloats(first(node("NegativeLogLikelihoodLoss", 22, ignoring), {scores, ints({0, -7, 1}), weights})), ElementsAre(19));
    EXPECT_EQ(refusal(node("NegativeLogLikelihoodLoss", 13), {scores, ints({0, 1, 2})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("NegativeLogLikelihoodLoss", 13), {scores, ints({0, 1, -1})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("NegativeLogLikelihoodLoss", 13), {scores, ints({0, 1})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("NegativeLogLikelihoodLoss", 13), {scores, ints({0, 1, 1}), floats({1}, {1})}), ErrorCode::Refused);
    const auto both = call(node("SoftmaxCrossEntropyLoss", 13, {}, 2), {floats({1, 2}, {0, 0}), ints({1})});
    ASSERT_TRUE(both);
    EXPECT_NEAR(toFloats((*both)[0])[0], std::numbers::ln2, 1e-6);
    EXPECT_NEAR(toFloats((*both)[1])[0], -std::numbers::ln2, 1e-6);
}

TEST(RefTfIdf, CountsWithSkips) {
    const auto counted = [](Attributes attributes, const std::string& mode) {
        attributes["mode"] = mode;
        attributes["pool_int64s"] = Ints{2, 3, 5, 4, 5, 6, 7, 8, 6, 7};
        attributes["ngram_counts"] = Ints{0, 4};
        attributes["ngram_indexes"] = Ints{0, 1, 2, 3, 4, 5, 6};
        return toFloats(first(node("TfIdfVectorizer", 9, attributes), {ints({1, 1, 3, 3, 3, 7, 8, 6, 7, 5, 6, 8})}));
    };
    const auto ofLength = [](std::int64_t length) {
        return Attributes{{"min_gram_length", length}, {"max_gram_length", length}, {"max_skip_count", std::int64_t{5}}};
    };
    const Attributes bigrams = ofLength(2);
    EXPECT_THAT(counted(bigrams, "TF"), ElementsAre(0, 0, 0, 0, 1, 3, 1));
    EXPECT_THAT(counted(bigrams, "IDF"), ElementsAre(0, 0, 0, 0, 1, 1, 1));
    EXPECT_THAT(counted(ofLength(1), "TF"), ElementsAre(0, 3, 1, 0, 0, 0, 0));
}

TEST(RefTfIdf, RefusesPoolsThatItCannotSearch) {
    Attributes attributes{{"mode", std::string("TF")}, {"pool_strings", std::vector<std::string>{"a"}}, {"ngram_counts", Ints{0}},
                          {"ngram_indexes", Ints{0}}};
    EXPECT_EQ(refusal(node("TfIdfVectorizer", 9, attributes), {ints({1})}), ErrorCode::Unsupported);
    attributes.erase("pool_strings");
    EXPECT_EQ(refusal(node("TfIdfVectorizer", 9, attributes), {ints({1})}), ErrorCode::Refused) << "no n-grams for one column";
    attributes["pool_int64s"] = Ints{1};
    EXPECT_EQ(refusal(node("TfIdfVectorizer", 9, attributes), {ints({1})}), ErrorCode::Cancelled);
    attributes["ngram_indexes"] = Ints{INT64_MAX};
    EXPECT_EQ(refusal(node("TfIdfVectorizer", 9, attributes), {ints({1})}), ErrorCode::Refused);
    attributes["ngram_indexes"] = Ints{0};
    attributes["ngram_counts"] = Ints{5};
    EXPECT_EQ(refusal(node("TfIdfVectorizer", 9, attributes), {ints({1})}), ErrorCode::Refused);
}

TEST(RefReductions, OfNothingGiveTheIdentity) {
    const auto reduced = [](const std::string& op, DataType type) {
        const auto empty = *Tensor::zeros(type, Shape{0});
        return tensor::elementAsDouble(first(node(op, 20), {empty}), 0);
    };
    EXPECT_EQ(reduced("ReduceMax", DataType::Float32), -INFINITY);
    EXPECT_EQ(reduced("ReduceMin", DataType::Int8), 127);
    EXPECT_EQ(reduced("ReduceMax", DataType::Int32), -2147483648.0);
    EXPECT_EQ(reduced("ReduceMax", DataType::UInt8), 0);
    EXPECT_EQ(reduced("ReduceMin", DataType::UInt16), 65535);
    EXPECT_EQ(reduced("ReduceMax", DataType::Bool), 0);
    EXPECT_EQ(reduced("ReduceMin", DataType::Bool), 1);
    EXPECT_EQ(reduced("ReduceSum", DataType::Int64), 0);
    EXPECT_EQ(reduced("ReduceProd", DataType::Float64), 1);
    EXPECT_EQ(reduced("ReduceLogSumExp", DataType::Float32), -INFINITY);
    EXPECT_EQ(refusal(node("ReduceSum", 13), {*Tensor::zeros(DataType::Bool, Shape{2})}), ErrorCode::Refused);
}

TEST(RefSplit, KnowsItsParts) {
    const auto parts = call(node("Split", 18, {{"num_outputs", std::int64_t{3}}}, 3), {ramp({7})});
    ASSERT_TRUE(parts);
    EXPECT_THAT(toFloats((*parts)[2]), ElementsAre(6));
    EXPECT_EQ(refusal(node("Split", 13, {}, 3), {ramp({7})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("Split", 18, {{"num_outputs", std::int64_t{2}}}, 3), {ramp({6})}), ErrorCode::Refused);
    EXPECT_EQ(refusal(node("Split", 18, {{"num_outputs", std::int64_t{2}}}, 2), {ramp({6}), ints({3, 3})}), ErrorCode::Refused);
}

TEST(RefMod, NeedsFmodForFloats) { EXPECT_EQ(refusal(node("Mod", 13), {floats({1}, {5}), floats({1}, {3})}), ErrorCode::Refused); }

}  // namespace
}  // namespace trimtab::ref::testing
