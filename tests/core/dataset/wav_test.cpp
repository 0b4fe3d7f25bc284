#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <fstream>
#include <limits>

#include "core/base/file.h"
#include "core/base/random.h"
#include "core/dataset/dataset.h"
#include "core/dataset/wav_file.h"
#include "core/formats/numpy/npy.h"
#include "core/tensor/convert.h"

namespace trimtab::dataset {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

void put(std::string& bytes, std::uint64_t value, int width) {
    for (int i = 0; i < width; ++i) bytes.push_back(static_cast<char>(value >> (8 * i)));
}

/// A WAV file written byte by byte: format 1 is whole numbers, 3 floats.
std::string wav(const std::string& data, int rate, int channels, int bits, int format = 1) {
    const int frame = channels * bits / 8;
    std::string bytes = "RIFF";
    put(bytes, 36 + data.size(), 4);
    bytes += "WAVEfmt ";
    put(bytes, 16, 4);
    put(bytes, static_cast<std::uint64_t>(format), 2);
    put(bytes, static_cast<std::uint64_t>(channels), 2);
    put(bytes, static_cast<std::uint64_t>(rate), 4);
    put(bytes, static_cast<std::uint64_t>(rate * frame), 4);
    put(bytes, static_cast<std::uint64_t>(frame), 2);
    put(bytes, static_cast<std::uint64_t>(bits), 2);
    bytes += "data";
    put(bytes, data.size(), 4);
    return bytes + data;
}

std::string clip(const std::vector<int>& samples, int rate = 8000, int channels = 1) {
    std::string data;
    for (const int sample : samples) put(data, static_cast<std::uint16_t>(sample), 2);
    return wav(data, rate, channels, 16);
}

std::span<const std::byte> spanOf(const std::string& bytes) { return std::as_bytes(std::span(bytes.data(), bytes.size())); }

Result<std::vector<float>> decoded(const std::string& bytes, std::int64_t most = kMaxFrames) {
    TRIMTAB_TRY(const Tensor tensor, decodeWav(spanOf(bytes), most, "clip.wav"));
    return tensor::toFloats(tensor);
}

std::string refusalOf(const std::string& bytes) {
    const auto read = decoded(bytes);
    EXPECT_FALSE(read);
    return read ? "" : read.error().text();
}

TEST(WavFile, GivesWholeNumbersAsSharesOfTheirRange) {
    EXPECT_THAT(decoded(clip({0, 16384, -32768, 8192})).value(), ElementsAre(0.0F, 0.5F, -1.0F, 0.25F));
    EXPECT_THAT(decoded(wav(std::string("\x80\xff\x00", 3), 8000, 1, 8)).value(), ElementsAre(0.0F, 127.0F / 128, -1.0F));
    EXPECT_THAT(decoded(wav(std::string("\x00\x00\x40", 3), 8000, 1, 24)).value(), ElementsAre(0.5F));
    std::string floats;
    put(floats, std::bit_cast<std::uint32_t>(-0.75F), 4);
    EXPECT_THAT(decoded(wav(floats, 8000, 1, 32, 3)).value(), ElementsAre(-0.75F));
}

TEST(WavFile, AveragesChannels) {
    EXPECT_THAT(decoded(clip({16384, 0, -32768, -16384}, 8000, 2)).value(), ElementsAre(0.25F, -0.75F));
    const auto header = readWavHeader(spanOf(clip({1, 2, 3, 4}, 44100, 2)), "x").value();
    EXPECT_EQ(header.frames, 2);
    EXPECT_EQ(header.rate, 44100);
    EXPECT_EQ(header.channels, 2);
}

TEST(WavFile, ReadsNoMoreThanIsAskedFor) { EXPECT_THAT(decoded(clip({16384, 8192, 1, 2}), 2).value(), ElementsAre(0.5F, 0.25F)); }

TEST(WavFile, PassesOverChunksThatAreNotSound) {
    std::string bytes = clip({16384});
    bytes.insert(12, std::string("LIST\x03\0\0\0abc\0", 12));
    EXPECT_THAT(decoded(bytes).value(), ElementsAre(0.5F));
}

TEST(WavFile, RefusesWhatIsNoSoundFile) {
    EXPECT_THAT(refusalOf(""), HasSubstr("no WAV"));
    EXPECT_THAT(refusalOf(std::string(64, 'x')), HasSubstr("no WAV"));
    EXPECT_THAT(refusalOf(clip({})), HasSubstr("frames"));
    const std::string whole = clip(std::vector<int>(100, 5));
    EXPECT_THAT(refusalOf(whole.substr(0, whole.size() - 1)), HasSubstr("cut off"));
    EXPECT_THAT(refusalOf(whole.substr(0, 40)), HasSubstr("no samples"));
    std::string endless = whole;
    endless.replace(40, 4, "\xff\xff\xff\xff");
    EXPECT_THAT(refusalOf(endless), HasSubstr("cut off"));
    EXPECT_FALSE(decoded(wav(std::string(8, '\0'), 8000, 0, 16)));
    EXPECT_FALSE(decoded(wav(std::string(4096, '\0'), 8000, 1000, 16)));
    std::string nan;
    put(nan, std::bit_cast<std::uint32_t>(std::numeric_limits<float>::quiet_NaN()), 4);
    EXPECT_THAT(refusalOf(wav(nan, 8000, 1, 32, 3)), HasSubstr("no number"));
}

TEST(WavFile, EndsEveryTruncatedOrMutatedFileWithFramesOrARefusal) {
    const std::string whole[] = {clip(std::vector<int>(300, 1234), 8000, 2), wav(std::string(600, '\x41'), 16000, 1, 32, 3)};
    base::Random random(3);
    for (const std::string& file : whole) {
        for (std::size_t length = 0; length < file.size(); ++length) EXPECT_FALSE(decoded(file.substr(0, length))) << length;
        for (int round = 0; round < 4000; ++round) {
            std::string mutated = file;
            for (std::uint64_t changes = 1 + random.below(6); changes > 0; --changes)
                mutated[random.below(random.below(4) == 0 ? mutated.size() : 48)] = static_cast<char>(random.below(256));
            if (random.below(4) == 0) mutated.insert(random.below(48), mutated.substr(random.below(48), random.below(40)));
            const auto read = decoded(mutated);
            if (!read) continue;
            EXPECT_LE(read->size(), mutated.size());
            for (const float value : *read) ASSERT_TRUE(std::isfinite(value));
        }
    }
}

class Clips : public testing::Test {
protected:
    std::filesystem::path at(const std::string& name) const { return m_folder.path() / name; }
    void write(const std::string& name, const std::string& bytes) const {
        std::filesystem::create_directories(at(name).parent_path());
        std::ofstream(at(name), std::ios::binary) << bytes;
    }
    void manifest(const std::string& preprocess, const std::string& rest = R"("task": "classification")") const {
        write("dataset.json", R"({"format": "trimtab-dataset", "version": 1, "inputs": {"audio": {"file": "clips", "preprocess": {)" +
                                  preprocess + "}}}, " + rest + "}");
    }
    std::string refusal(const std::string& path) const {
        const auto opened = open(path);
        EXPECT_FALSE(opened);
        return opened ? "" : opened.error().text();
    }
    std::string folder() const { return m_folder.path().string(); }
    base::TemporaryFolder m_folder = *base::TemporaryFolder::create("clips");
};

TEST_F(Clips, ComeInTheOrderOfTheirNames) {
    write("clips/b.wav", clip({16384, 0}));
    write("clips/a.WAV", clip({8192, 4096}));
    write("clips/notes.txt", "no sound");
    manifest(R"("scale": 2)");
    const auto data = open(folder());
    ASSERT_TRUE(data) << data.error().text();
    const auto batch = (*data)->batch(0, 2);
    ASSERT_TRUE(batch);
    EXPECT_EQ(batch->inputs[0].tensor.shape(), (Shape{2, 2}));
    EXPECT_THAT(tensor::toFloats(batch->inputs[0].tensor), ElementsAre(0.5F, 0.25F, 1, 0));
    EXPECT_FALSE(batch->target.defined());
}

TEST_F(Clips, AreCutOrPaddedToALengthThatIsSaid) {
    write("clips/a.wav", clip({8192, 4096, 2048}));
    write("clips/b.wav", clip({16384}));
    manifest("");
    EXPECT_THAT(refusal(folder()), HasSubstr("\"length\""));
    manifest(R"("length": 2)");
    const auto data = open(folder());
    ASSERT_TRUE(data) << data.error().text();
    EXPECT_THAT(tensor::toFloats((*data)->batch(0, 2)->inputs[0].tensor), ElementsAre(0.25F, 0.125F, 0.5F, 0));
    manifest(R"("length": 0)");
    EXPECT_THAT(refusal(folder()), HasSubstr("length"));
    manifest(R"("length": 9e18)");
    EXPECT_THAT(refusal(folder()), HasSubstr("length"));
}

TEST_F(Clips, OfDifferentRatesAreRefusedByName) {
    write("clips/a.wav", clip({1, 2}, 8000));
    write("clips/b.wav", clip({1, 2}, 16000));
    manifest(R"("length": 2)");
    const std::string text = refusal(folder());
    EXPECT_THAT(text, HasSubstr("b.wav"));
    EXPECT_THAT(text, HasSubstr("8000"));
    EXPECT_THAT(text, HasSubstr("not resampled"));
}

TEST_F(Clips, StandAloneOrInFoldersOfClasses) {
    write("flat/b.wav", clip({16384}));
    write("flat/a.wav", clip({8192}));
    const auto flat = open(at("flat").string());
    ASSERT_TRUE(flat) << flat.error().text();
    EXPECT_EQ((*flat)->size(), 2);
    EXPECT_THAT((*flat)->inputNames(), ElementsAre("audio"));

    write("classes/yes/1.wav", clip({16384}));
    write("classes/no/1.wav", clip({8192}));
    write("classes/no/2.wav", clip({4096}));
    const auto classes = open(at("classes").string());
    ASSERT_TRUE(classes) << classes.error().text();
    EXPECT_THAT(tensor::toInt64s((*classes)->batch(0, 3)->target), ElementsAre(0, 0, 1));
    EXPECT_THAT(tensor::toFloats((*classes)->batch(0, 3)->inputs[0].tensor), ElementsAre(0.25F, 0.125F, 0.5F));

    write("classes/3.wav", clip({1}));
    EXPECT_THAT(refusal(at("classes").string()), HasSubstr("one kind"));
    std::filesystem::create_directories(at("empty"));
    EXPECT_THAT(refusal(at("empty").string()), HasSubstr("*.wav"));
}

TEST_F(Clips, TakeTheLengthAndTheChannelAxisThatTheModelFixes) {
    write("flat/a.wav", clip({8192, 1, 2}));
    Graph graph;
    graph::Value value;
    value.name = "wave";
    value.type.type = DataType::Float32;
    value.type.dims = {graph::Dim::unknown(), graph::Dim::known(1), graph::Dim::known(5)};
    graph.inputs.push_back(graph.addValue(std::move(value)));
    const auto data = open(at("flat").string(), &graph);
    ASSERT_TRUE(data) << data.error().text();
    EXPECT_EQ((*data)->batch(0, 1)->inputs[0].tensor.shape(), (Shape{1, 1, 5}));
}

TEST_F(Clips, DoNotFollowLinks) {
    write("real.wav", clip({1}));
    std::filesystem::create_directories(at("flat"));
    std::filesystem::create_symlink(at("real.wav"), at("flat/a.wav"));
    EXPECT_THAT(refusal(at("flat").string()), HasSubstr("link"));
}

TEST_F(Clips, ArePartOfTheDatasetsIdentity) {
    write("flat/a.wav", clip({1, 2}));
    const std::string before = (*open(at("flat").string()))->hash();
    write("flat/a.wav", clip({1, 3}));
    EXPECT_NE(before, (*open(at("flat").string()))->hash());
}

}  // namespace
}  // namespace trimtab::dataset
