#include "core/formats/gguf/gguf.h"

#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/random.h"
#include "tests/support/gguf_file.h"

namespace trimtab::formats::gguf {
namespace {

using support::bytesOf;
using support::GgufFile;
using support::lengthAndText;
using testing::ElementsAre;
using testing::HasSubstr;

class GgufFiles : public testing::Test {
protected:
    Result<Content> readBytes(const std::string& bytes) {
        const auto path = m_folder.path() / "a.gguf";
        std::ofstream(path, std::ios::binary) << bytes;
        return read(path);
    }
    std::string refusal(const std::string& bytes, ErrorCode code = ErrorCode::Refused) {
        const auto content = readBytes(bytes);
        if (content) return "was read";
        EXPECT_EQ(content.error().code, code) << content.error().text();
        return content.error().text();
    }
    std::string refusal(const GgufFile& file, ErrorCode code = ErrorCode::Refused) { return refusal(file.composed(), code); }

    base::TemporaryFolder m_folder = *base::TemporaryFolder::create("gguf");
};

GgufFile sound() {
    GgufFile file;
    file.text("general.name", "small");
    file.whole("general.count", 7);
    file.number("general.ratio", 0.5F);
    file.flag("general.isSound", true);
    file.texts("tokens", {"a", "", "ccc"});
    file.numbers("scores", {1, -2});
    file.wholes("kinds", {1, -3});
    file.tensor("matrix", {2, 3}, 0, std::string(24, 'm'));
    file.tensor("vector", {4}, 1, std::string(8, 'v'));
    file.tensor("codes", {32, 2}, 8, std::string(68, 'c'));
    return file;
}

TEST_F(GgufFiles, GiveTheirMetadataAndTensors) {
    const auto content = readBytes(sound().composed());
    ASSERT_TRUE(content) << content.error().text();
    const Metadata& metadata = content->metadata;
    EXPECT_EQ(metadata.text("general.name").value(), "small");
    EXPECT_EQ(metadata.integer("general.count").value(), 7);
    EXPECT_EQ(metadata.number("general.count").value(), 7);
    EXPECT_EQ(metadata.number("general.ratio").value(), 0.5);
    EXPECT_TRUE(metadata.boolean("general.isSound", false).value());
    EXPECT_THAT(metadata.texts("tokens").value(), ElementsAre("a", "", "ccc"));
    EXPECT_THAT(metadata.numbers("scores").value(), ElementsAre(1, -2));
    EXPECT_THAT(metadata.integers("kinds").value(), ElementsAre(1, -3));
    EXPECT_EQ(metadata.integer("absent", 5).value(), 5);
    ASSERT_EQ(content->tensors.size(), 3U);
    const StoredTensor& matrix = content->tensors.at("matrix");
    EXPECT_EQ(matrix.shape, (Shape{3, 2})) << "the file lists the innermost extent first";
    EXPECT_EQ(matrix.bytes.size(), 24U);
    EXPECT_EQ(matrix.bytes[23], std::byte{'m'});
    EXPECT_EQ(content->tensors.at("vector").type, BlockType::F16);
    EXPECT_EQ(content->tensors.at("vector").bytes[7], std::byte{'v'});
    EXPECT_EQ(content->tensors.at("codes").type, BlockType::Q8_0);
    EXPECT_EQ(content->tensors.at("codes").bytes[67], std::byte{'c'});
    EXPECT_EQ(content->tensorBytes, 24 + 8 + 68);
}

TEST_F(GgufFiles, GiveIntegersOfEveryWidth) {
    GgufFile file;
    file.field("u8", 0, bytesOf(std::uint8_t{200}));
    file.field("i8", 1, bytesOf(std::int8_t{-100}));
    file.field("u16", 2, bytesOf(std::uint16_t{60000}));
    file.field("i16", 3, bytesOf(std::int16_t{-30000}));
    file.field("u32", 4, bytesOf(std::uint32_t{4000000000}));
    file.field("i32", 5, bytesOf(std::int32_t{-2000000000}));
    file.field("u64", 10, bytesOf(std::uint64_t{1} << 62));
    file.field("i64", 11, bytesOf(-(std::int64_t{1} << 62)));
    file.field("f64", 12, bytesOf(0.1));
    file.field("huge", 10, bytesOf(~std::uint64_t{0}));
    const auto content = readBytes(file.composed());
    ASSERT_TRUE(content) << content.error().text();
    const Metadata& metadata = content->metadata;
    EXPECT_EQ(metadata.integer("u8").value(), 200);
    EXPECT_EQ(metadata.integer("i8").value(), -100);
    EXPECT_EQ(metadata.integer("u16").value(), 60000);
    EXPECT_EQ(metadata.integer("i16").value(), -30000);
    EXPECT_EQ(metadata.integer("u32").value(), 4000000000);
    EXPECT_EQ(metadata.integer("i32").value(), -2000000000);
    EXPECT_EQ(metadata.integer("u64").value(), std::int64_t{1} << 62);
    EXPECT_EQ(metadata.integer("i64").value(), -(std::int64_t{1} << 62));
    EXPECT_EQ(metadata.number("f64").value(), 0.1);
    EXPECT_FALSE(metadata.integer("huge"));
    EXPECT_THAT(metadata.integer("f64").error().message, HasSubstr("f64 must be a whole number"));
    EXPECT_THAT(metadata.text("u8").error().message, HasSubstr("u8 must be a text"));
    EXPECT_THAT(metadata.texts("u8").error().message, HasSubstr("u8 must be an array"));
    EXPECT_THAT(metadata.boolean("u8", true).error().message, HasSubstr("true or false"));
    EXPECT_THAT(metadata.integer("absent").error().message, HasSubstr("has no absent"));
}

TEST_F(GgufFiles, OfTheSecondVersionAreTheSame) {
    GgufFile file = sound();
    file.version = 2;
    const auto content = readBytes(file.composed());
    ASSERT_TRUE(content) << content.error().text();
    EXPECT_EQ(content->version, 2U);
    EXPECT_EQ(content->tensors.size(), 3U);
    file.version = 1;
    EXPECT_THAT(refusal(file, ErrorCode::Unsupported), HasSubstr("version 1 of GGUF"));
    file.version = 0x03000000;
    EXPECT_THAT(refusal(file, ErrorCode::Unsupported), HasSubstr("big-endian"));
}

TEST_F(GgufFiles, AlignTheirTensorsAsTheySay) {
    GgufFile file;
    file.alignment = 64;
    file.whole("general.alignment", 64);
    file.tensor("a", {1}, 0, "aaaa");
    file.tensor("b", {1}, 0, "bbbb");
    const auto content = readBytes(file.composed());
    ASSERT_TRUE(content) << content.error().text();
    EXPECT_EQ(content->tensors.at("a").bytes[0], std::byte{'a'});
    EXPECT_EQ(content->tensors.at("b").bytes[3], std::byte{'b'});
    for (const std::uint32_t wrong : {0U, 24U, 1U << 30}) {
        GgufFile other;
        other.whole("general.alignment", wrong);
        EXPECT_THAT(refusal(other), HasSubstr(fmt::format("general.alignment is {}", wrong)));
    }
    GgufFile crooked;
    crooked.entry("a", {1}, 0, 4);
    EXPECT_THAT(refusal(crooked.composed() + std::string(64, 'x')), HasSubstr("a begins at byte 4, which is no multiple of 32"));
}

TEST_F(GgufFiles, AreRefusedWhereverTheyAreCutOff) {
    const std::string whole = sound().composed();
    for (std::size_t length = 0; length + 28 < whole.size(); ++length)  // the last tensor is padded
        ASSERT_FALSE(readBytes(whole.substr(0, length))) << length;
}

TEST_F(GgufFiles, NameWhatIsWrong) {
    EXPECT_THAT(refusal("GGML"), HasSubstr("is no GGUF file"));
    const auto tensorAs = [&](const std::vector<std::uint64_t>& extents, std::uint32_t type, ErrorCode code = ErrorCode::Refused) {
        GgufFile file;
        file.entry("blk.0.x", extents, type, 0);
        return refusal(file.composed() + std::string(4096, 'x'), code);
    };
    EXPECT_THAT(tensorAs({}, 0), HasSubstr("blk.0.x has 0 axes"));
    EXPECT_THAT(tensorAs({1, 1, 1, 1, 1}, 0), HasSubstr("blk.0.x has 5 axes"));
    EXPECT_THAT(tensorAs({0}, 0), HasSubstr("has an axis of 0"));
    EXPECT_THAT(tensorAs({31}, 8), HasSubstr("rows of 31, which are no whole blocks of 32 (Q8_0)"));
    EXPECT_THAT(tensorAs({128}, 12), HasSubstr("rows of 128, which are no whole blocks of 256 (Q4_K)"));
    EXPECT_THAT(tensorAs({1U << 31, 1U << 31, 1U << 31}, 0), HasSubstr("is too large"));
    EXPECT_THAT(tensorAs({2000}, 0), HasSubstr("blk.0.x takes 8000 bytes from byte 0 on, and"));
    EXPECT_THAT(tensorAs({256}, 13, ErrorCode::Unsupported), HasSubstr("blk.0.x is of type Q5_K, which is not read yet"));
    EXPECT_THAT(tensorAs({256}, 99, ErrorCode::Unsupported), HasSubstr("type number 99"));
    GgufFile file;
    file.entry("a", {16}, 0, 0);
    file.entry("b", {16}, 0, 32);
    EXPECT_THAT(refusal(file.composed() + std::string(128, 'x')), HasSubstr("a and b share bytes"));
    GgufFile twice;
    twice.entry("a", {8}, 0, 0);
    twice.entry("a", {8}, 0, 32);
    EXPECT_THAT(refusal(twice.composed() + std::string(128, 'x')), HasSubstr("a stands twice"));
}

TEST_F(GgufFiles, NameTheKeyThatIsWrong) {
    const auto fieldAs = [&](std::uint32_t type, const std::string& bytes, ErrorCode code = ErrorCode::Refused) {
        GgufFile file;
        file.field("a.key", type, bytes);
        return refusal(file, code);
    };
    EXPECT_THAT(fieldAs(13, ""), HasSubstr("a.key has a value of type 13"));
    EXPECT_THAT(fieldAs(7, "\x02"), HasSubstr("a.key is neither true nor false"));
    EXPECT_THAT(fieldAs(9, bytesOf(9U) + bytesOf(std::uint64_t{1}) + std::string(64, '\0'), ErrorCode::Unsupported),
                HasSubstr("a.key is an array of arrays"));
    EXPECT_THAT(fieldAs(9, bytesOf(4U) + bytesOf(~std::uint64_t{0})), HasSubstr("values, more than the file has bytes for"));
    EXPECT_THAT(fieldAs(8, bytesOf(~std::uint64_t{0})), HasSubstr("truncated"));
    GgufFile twice;
    twice.whole("k", 1);
    twice.whole("k", 1);
    EXPECT_THAT(refusal(twice), HasSubstr("k stands twice"));
    GgufFile nameless;
    nameless.whole("", 1);
    EXPECT_THAT(refusal(nameless), HasSubstr("the key at byte 32 is not 1 to 65535 printable characters"));
    GgufFile strange;
    strange.entry("\xff\n", {8}, 0, 0);
    EXPECT_THAT(refusal(strange), HasSubstr("the name of a tensor"));
    const std::string counts = "GGUF" + bytesOf(3U) + bytesOf(std::uint64_t{1} << 60) + bytesOf(std::uint64_t{0});
    EXPECT_THAT(refusal(counts), HasSubstr("tensors, more than its 0 bytes hold"));
    const std::string keys = "GGUF" + bytesOf(3U) + bytesOf(std::uint64_t{0}) + bytesOf(std::uint64_t{1} << 60);
    EXPECT_THAT(refusal(keys), HasSubstr("keys, more than its 0 bytes hold"));
}

TEST_F(GgufFiles, ThatAreMutatedEndInContentOrARefusal) {
    const std::string whole = sound().composed();
    base::Random random(11);
    int read = 0;
    for (int round = 0; round < 1500; ++round) {
        std::string bytes = whole;
        const int changes = 1 + static_cast<int>(random.below(4));
        for (int i = 0; i < changes; ++i) bytes[random.below(bytes.size())] = static_cast<char>(random.below(256));
        const auto content = readBytes(bytes);
        if (!content) {
            EXPECT_FALSE(content.error().message.empty());
            continue;
        }
        ++read;
        for (const auto& [name, tensor] : content->tensors)
            EXPECT_EQ(static_cast<std::int64_t>(tensor.bytes.size()),
                      tensor.shape.elementCount() / elementsOf(tensor.type) * gguf::bytesOf(tensor.type));
        for (const auto& [key, field] : content->metadata.fields())
            if (field.isArray && field.type == FieldType::String) {
                EXPECT_EQ(content->metadata.texts(key)->size(), field.count);
            }
    }
    EXPECT_GT(read, 50) << "mutations that change values alone are read";
}

}  // namespace
}  // namespace trimtab::formats::gguf
