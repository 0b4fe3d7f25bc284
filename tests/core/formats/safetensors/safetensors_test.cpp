#include "core/formats/safetensors/safetensors.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/random.h"
#include "core/tensor/convert.h"
#include "tests/core/formats/safetensors/composed.h"

namespace trimtab::formats::safetensors {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Safetensors : public testing::Test {
protected:
    Result<Content> readBytes(const std::string& bytes) {
        const auto path = m_folder.path() / "a.safetensors";
        write(path, bytes);
        return read(path);
    }
    std::string refusal(const std::string& bytes) {
        const auto content = readBytes(bytes);
        if (content) return "was read";
        EXPECT_EQ(content.error().code, ErrorCode::Refused) << content.error().text();
        return content.error().text();
    }
    std::string refusal(const std::string& header, const std::string& buffer) { return refusal(composed(header, buffer)); }

    base::TemporaryFolder m_folder = *base::TemporaryFolder::create("safetensors");
};

TEST_F(Safetensors, GivesTensorsInTheOrderOfTheirBytesAndTheMetadata) {
    const auto content = readBytes(composed(R"({"b":{"dtype":"I8","shape":[3],"data_offsets":[8,11]},)"
                                            R"("__metadata__":{"format":"pt"},)"
                                            R"("a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},)"
                                            R"("none":{"dtype":"F32","shape":[0,4],"data_offsets":[8,8]},)"
                                            R"("one":{"dtype":"U8","shape":[],"data_offsets":[11,12]}}   )",
                                            std::string("\0\0\x80\x3f\0\0\0\x40\x01\xff\x7f\x2a", 12)));
    ASSERT_TRUE(content) << content.error().text();
    std::vector<std::string> names;
    for (const auto& tensor : content->tensors) names.push_back(tensor.name);
    EXPECT_THAT(names, ElementsAre("a", "none", "b", "one"));
    EXPECT_THAT(tensor::toFloats(content->tensors[0].tensor), ElementsAre(1, 2));
    EXPECT_EQ(content->tensors[0].tensor.shape(), (Shape{1, 2}));
    EXPECT_EQ(content->tensors[1].tensor.shape(), (Shape{0, 4}));
    EXPECT_THAT(tensor::toInt64s(content->tensors[2].tensor), ElementsAre(1, -1, 127));
    EXPECT_EQ(content->tensors[3].tensor.shape(), Shape{});
    EXPECT_THAT(content->metadata, ElementsAre(testing::Pair("format", "pt")));
}

TEST_F(Safetensors, KeepsTheBytesOfEveryType) {
    for (const char* word : {"F32", "F16", "BF16", "F64", "I8", "U8", "I16", "U16", "I32", "U32", "I64", "U64", "BOOL", "F8_E4M3",
                             "F8_E5M2", "F8_E8M0", "F4", "C64", "C128"}) {
        const auto type = dataTypeOf(word);
        ASSERT_TRUE(type) << word;
        const std::int64_t bytes = *tensor::byteSize(*type, 6);
        std::string buffer;
        for (std::int64_t i = 0; i < bytes; ++i) buffer += static_cast<char>(*type == DataType::Bool ? i % 2 : 17 * i + 1);
        const auto content =
            readBytes(composed(fmt::format(R"({{"t":{{"dtype":"{}","shape":[2,3],"data_offsets":[0,{}]}}}})", word, bytes), buffer));
        ASSERT_TRUE(content) << content.error().text();
        const Tensor& got = content->tensors.at(0).tensor;
        EXPECT_EQ(got.type(), *type);
        EXPECT_EQ(std::string(reinterpret_cast<const char*>(got.bytes().data()), got.bytes().size()), buffer) << word;
    }
}

TEST_F(Safetensors, RefusesFilesThatAreNone) {
    EXPECT_THAT(refusal(""), HasSubstr("too short"));
    EXPECT_THAT(refusal("1234567"), HasSubstr("too short"));
    EXPECT_THAT(refusal(lengthOf(100'000'001) + "{}"), HasSubstr("at most 100000000"));
    EXPECT_THAT(refusal(lengthOf(UINT64_MAX) + "{}"), HasSubstr("at most"));
    EXPECT_THAT(refusal(lengthOf(3) + "{}"), HasSubstr("the file holds 2"));
    EXPECT_THAT(refusal("", ""), HasSubstr("does not begin with {"));
    EXPECT_THAT(refusal(" {}", ""), HasSubstr("does not begin with {"));
    EXPECT_THAT(refusal("{", ""), HasSubstr("the header"));
    EXPECT_THAT(refusal("[1]", ""), HasSubstr("does not begin with {"));
}

TEST_F(Safetensors, RefusesBuffersWithHolesOverlapsAndBytesOfNobody) {
    const auto two = [](int begin, int end) {
        return fmt::format(
            R"({{"a":{{"dtype":"U8","shape":[4],"data_offsets":[0,4]}},"b":{{"dtype":"U8","shape":[{}],"data_offsets":[{},{}]}}}})",
            end - begin, begin, end);
    };
    EXPECT_THAT(refusal(two(5, 8), "01234567"), HasSubstr("b begins at byte 5"));
    EXPECT_THAT(refusal(two(3, 8), "01234567"), HasSubstr("b begins at byte 3"));
    EXPECT_THAT(refusal(two(4, 7), "01234567"), HasSubstr("has 8 bytes, of which tensors take 7"));
    EXPECT_THAT(refusal(two(4, 9), "01234567"), HasSubstr("truncated"));
    EXPECT_THAT(refusal(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})", "012"), HasSubstr("a begins at byte 1"));
    EXPECT_TRUE(readBytes(composed(two(4, 8), "01234567")));
    EXPECT_TRUE(readBytes(composed("{}", "")));
}

TEST_F(Safetensors, RefusesEntriesThatBreakTheFormatByName) {
    const auto entry = [](const std::string& inside) { return R"({"w":{)" + inside + "}}"; };
    const std::string eight = "01234567";
    EXPECT_THAT(refusal(entry(R"("dtype":"F6_E2M3","shape":[8],"data_offsets":[0,6])"), eight), HasSubstr("w is of type F6_E2M3"));
    EXPECT_THAT(refusal(entry(R"("shape":[8],"data_offsets":[0,8])"), eight), HasSubstr("dtype"));
    EXPECT_THAT(refusal(entry(R"("dtype":"U8","data_offsets":[0,8])"), eight), HasSubstr("w has no shape"));
    EXPECT_THAT(refusal(entry(R"("dtype":"U8","shape":[-8],"data_offsets":[0,8])"), eight), HasSubstr("-8, which is no extent"));
    EXPECT_THAT(refusal(entry(R"("dtype":"U8","shape":[8.0],"data_offsets":[0,8])"), eight), HasSubstr("no extent"));
    EXPECT_THAT(refusal(entry(R"("dtype":"U8","shape":[8])"), eight), HasSubstr("data_offsets of w"));
    EXPECT_THAT(refusal(entry(R"("dtype":"U8","shape":[8],"data_offsets":[8,0])"), eight), HasSubstr("data_offsets of w"));
    EXPECT_THAT(refusal(entry(R"("dtype":"U8","shape":[8],"data_offsets":[-1,8])"), eight), HasSubstr("data_offsets of w"));
    EXPECT_THAT(refusal(entry(R"("dtype":"F32","shape":[8],"data_offsets":[0,8])"), eight), HasSubstr("takes 32 bytes"));
    EXPECT_THAT(refusal(entry(R"("dtype":"U8","shape":[4294967296,4294967296,4294967296],"data_offsets":[0,8])"), eight),
                HasSubstr("too large"));
    EXPECT_THAT(refusal(R"({"w":3})", ""), HasSubstr("is no object"));
    EXPECT_THAT(refusal(R"({"__metadata__":{"a":1}})", ""), HasSubstr("__metadata__.a is no text"));
    EXPECT_THAT(refusal(R"({"w":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"w":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})", ""),
                HasSubstr("w"));
}

TEST_F(Safetensors, NeverReadsOutsideAFileWhoseBytesWereChanged) {
    const std::string whole = composed(
        R"({"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"b":{"dtype":"I8","shape":[3],"data_offsets":[8,11]}})", "0123456789a");
    base::Random random(5);
    for (int i = 0; i < 2000; ++i) {
        std::string changed = whole;
        for (int k = 0; k < 3; ++k) changed[random.below(changed.size())] = static_cast<char>(random.below(256));
        if (i % 3 == 0) changed.resize(random.below(whole.size()));
        const auto content = readBytes(changed);
        if (!content) continue;
        for (const auto& tensor : content->tensors)
            for (const std::byte byte : tensor.tensor.bytes()) EXPECT_LE(std::to_integer<int>(byte), 255);
    }
}

}  // namespace
}  // namespace trimtab::formats::safetensors
