#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <png.h>

#include <cmath>
#include <cstdio>
#include <fstream>

#include <jpeglib.h>

#include "core/base/file.h"
#include "core/base/random.h"
#include "core/dataset/dataset.h"
#include "core/dataset/image_file.h"
#include "core/dataset/preprocess.h"
#include "core/tensor/convert.h"

namespace trimtab::dataset {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string pngBytes(int width, int height, bool isColour, const std::vector<std::uint8_t>& pixels) {
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    image.width = static_cast<png_uint_32>(width);
    image.height = static_cast<png_uint_32>(height);
    image.format = isColour ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
    png_alloc_size_t size = 0;
    png_image_write_to_memory(&image, nullptr, &size, 0, pixels.data(), 0, nullptr);
    std::string bytes(size, '\0');
    EXPECT_TRUE(png_image_write_to_memory(&image, bytes.data(), &size, 0, pixels.data(), 0, nullptr));
    bytes.resize(size);
    return bytes;
}

std::string jpegBytes(int width, int height, std::uint8_t value) {
    jpeg_compress_struct state{};
    jpeg_error_mgr errors{};
    state.err = jpeg_std_error(&errors);
    jpeg_create_compress(&state);
    unsigned char* data = nullptr;
    unsigned long size = 0;
    jpeg_mem_dest(&state, &data, &size);
    state.image_width = static_cast<JDIMENSION>(width);
    state.image_height = static_cast<JDIMENSION>(height);
    state.input_components = 3;
    state.in_color_space = JCS_RGB;
    jpeg_set_defaults(&state);
    jpeg_start_compress(&state, TRUE);
    std::vector<std::uint8_t> line(static_cast<std::size_t>(width) * 3, value);
    while (state.next_scanline < state.image_height) {
        JSAMPROW row = line.data();
        jpeg_write_scanlines(&state, &row, 1);
    }
    jpeg_finish_compress(&state);
    jpeg_destroy_compress(&state);
    std::string bytes(reinterpret_cast<char*>(data), size);
    std::free(data);
    return bytes;
}

Result<Tensor> decode(const std::string& bytes, int channels = 0) {
    return decodeImage(std::as_bytes(std::span(bytes)), channels, "image");
}

TEST(ImageFile, DecodesPngExactlyInGreyAndColour) {
    const auto grey = decode(pngBytes(3, 2, false, {0, 10, 20, 30, 40, 255}));
    ASSERT_TRUE(grey) << grey.error().text();
    EXPECT_EQ(grey->shape(), (Shape{2, 3, 1}));
    EXPECT_THAT(tensor::toInt64s(*grey), ElementsAre(0, 10, 20, 30, 40, 255));
    const auto colour = decode(pngBytes(2, 1, true, {1, 2, 3, 250, 251, 252}));
    EXPECT_EQ(colour->shape(), (Shape{1, 2, 3}));
    EXPECT_THAT(tensor::toInt64s(*colour), ElementsAre(1, 2, 3, 250, 251, 252));
    EXPECT_EQ(decode(pngBytes(2, 1, false, {7, 7}), 3)->shape(), (Shape{1, 2, 3}));
}

TEST(ImageFile, DecodesJpegToWithinItsQuantisation) {
    const auto image = decode(jpegBytes(20, 9, 100));
    ASSERT_TRUE(image) << image.error().text();
    EXPECT_EQ(image->shape(), (Shape{9, 20, 3}));
    for (const std::int64_t value : tensor::toInt64s(*image)) EXPECT_NEAR(static_cast<double>(value), 100, 3);
    EXPECT_EQ(decode(jpegBytes(8, 8, 5), 1)->shape(), (Shape{8, 8, 1}));
}

TEST(ImageFile, RefusesTruncatedMutatedAndOversizedImages) {
    base::Random random(1);
    std::vector<std::uint8_t> noise(64 * 64);
    for (auto& pixel : noise) pixel = static_cast<std::uint8_t>(random.next());
    const std::string png = pngBytes(64, 64, false, noise), jpeg = jpegBytes(64, 64, 80);
    for (const std::string& sound : {png, jpeg})
        for (std::size_t part = 0; part < 16; ++part)
            EXPECT_FALSE(decode(sound.substr(0, sound.size() * part / 16))) << part << (sound == png ? " png" : " jpeg");
    EXPECT_THAT(decode("GIF89a").error().message, HasSubstr("neither"));
    std::string huge = png;
    huge[16] = '\x7f';  // the width's first byte; the header's checksum goes off too, and either reason will do
    EXPECT_FALSE(decode(huge));
    std::string wide = jpeg;
    const std::size_t frame = wide.find("\xff\xc0");
    wide[frame + 5] = wide[frame + 7] = '\xff';
    EXPECT_THAT(decode(wide).error().message, HasSubstr("16384"));
    for (int round = 0; round < 1500; ++round) {
        std::string bytes = round % 2 ? png : jpeg;
        for (int i = 0; i < 3; ++i) bytes[random.below(bytes.size())] = static_cast<char>(random.next());
        const auto image = decode(bytes);
        EXPECT_TRUE(!image || image->shape().rank() == 3);
    }
}

TEST(Preprocess, ResizesBilinearlyWithHalfPixelCentres) {
    // A linear ramp stays linear: enlarged twice, inner values lie at quarter steps and the edges repeat.
    const Planes ramp{1, 1, 4, {0, 4, 8, 12}};
    EXPECT_THAT(resized(ramp, 1, 8).values, ElementsAre(0, 1, 3, 5, 7, 9, 11, 12));
    EXPECT_THAT(resized(ramp, 1, 2).values, ElementsAre(2, 10));
    EXPECT_EQ(resized(ramp, 1, 4).values, ramp.values);
    EXPECT_THAT(resized({1, 2, 2, {0, 2, 4, 6}}, 1, 1).values, ElementsAre(3));
}

TEST(Preprocess, CropsTheCentreScalesEachChannelAndTurnsTheLayout) {
    // Two channels of 3×3: channel c holds 9c … 9c + 8.
    std::vector<float> values(18);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
    Preprocess steps;
    steps.crop = {{1, 1}};
    steps.scale = 2;
    steps.mean = {8, 0};
    steps.deviation = {1, 26};
    steps.stored = Layout::Nchw;
    const auto result = preprocess(Tensor::fromFloats({1, 2, 3, 3}, values), steps);
    ASSERT_TRUE(result) << result.error().text();
    EXPECT_THAT(tensor::toFloats(*result), ElementsAre(0, 1));

    Preprocess turn;
    turn.layout = Layout::Nhwc;
    turn.stored = Layout::Nchw;
    const auto turned = preprocess(Tensor::fromFloats({1, 2, 1, 2}, {1, 2, 3, 4}), turn);
    EXPECT_EQ(turned->shape(), (Shape{1, 1, 2, 2}));
    EXPECT_THAT(tensor::toFloats(*turned), ElementsAre(1, 3, 2, 4));
    steps.crop = {{4, 1}};
    EXPECT_THAT(preprocess(Tensor::fromFloats({1, 2, 3, 3}, values), steps).error().message, HasSubstr("does not fit"));
}

TEST(ClassFolder, NumbersClassesByNameAndFitsImagesToTheModel) {
    auto folder = *base::TemporaryFolder::create("classes");
    for (const char* name : {"b", "a"}) {
        std::filesystem::create_directory(folder.path() / name);
        std::ofstream(folder.path() / name / "1.png", std::ios::binary)
            << pngBytes(4, 4, false, std::vector<std::uint8_t>(16, name[0] == 'a' ? 255 : 0));
    }
    std::ofstream(folder.path() / "b" / "2.jpg", std::ios::binary) << jpegBytes(6, 3, 0);
    Graph graph;
    graph::Value input;
    input.name = "pixels";
    input.type = graph::ValueType::of(DataType::Float32, {1, 3, 2, 2});
    graph.inputs.push_back(graph.addValue(std::move(input)));
    const auto data = open(folder.path().string(), &graph);
    ASSERT_TRUE(data) << data.error().text();
    EXPECT_EQ((*data)->size(), 3);
    const auto batch = (*data)->batch(0, 3);
    ASSERT_TRUE(batch) << batch.error().text();
    EXPECT_EQ(batch->inputs[0].tensor.shape(), (Shape{3, 3, 2, 2}));
    EXPECT_THAT(tensor::toInt64s(batch->target), ElementsAre(0, 1, 1));
    EXPECT_NEAR(tensor::elementAsDouble(batch->inputs[0].tensor, 0), 1.0, 1e-6);
    EXPECT_NEAR(tensor::elementAsDouble(batch->inputs[0].tensor, 12), 0.0, 1e-6);
}

TEST(ClassFolder, NamesAnImageThatDiffersFromTheOthers) {
    auto folder = *base::TemporaryFolder::create("classes");
    std::filesystem::create_directory(folder.path() / "a");
    std::ofstream(folder.path() / "a" / "1.png", std::ios::binary) << pngBytes(4, 4, false, std::vector<std::uint8_t>(16));
    std::ofstream(folder.path() / "a" / "2.png", std::ios::binary) << pngBytes(5, 4, false, std::vector<std::uint8_t>(20));
    const auto data = open(folder.path().string());
    ASSERT_TRUE(data);
    EXPECT_THAT((*data)->batch(0, 2).error().text(), HasSubstr("a/2.png"));
}

}  // namespace
}  // namespace trimtab::dataset
