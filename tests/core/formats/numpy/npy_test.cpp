#include "core/formats/numpy/npy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zip.h>

#include <fstream>

#include "core/base/file.h"
#include "core/base/random.h"
#include "core/tensor/convert.h"

namespace trimtab::formats::numpy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string npy(const std::string& header, const std::string& data, int major = 1) {
    std::string bytes = "\x93NUMPY";
    bytes += static_cast<char>(major);
    bytes += '\0';
    for (int i = 0; i < (major == 1 ? 2 : 4); ++i) bytes += static_cast<char>(header.size() >> (8 * i) & 0xff);
    return bytes + header + data;
}

Result<Tensor> parse(const std::string& bytes) { return parseNpy(std::as_bytes(std::span(bytes)), "test.npy"); }

template <class T>
std::string raw(const std::vector<T>& values) {
    return std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
}

TEST(Npy, ReadsWhatItWroteForEveryType) {
    auto folder = *base::TemporaryFolder::create("npy");
    for (const DataType type : {DataType::Float32, DataType::Float64, DataType::Float16, DataType::Int8, DataType::UInt8, DataType::Int16,
                                DataType::UInt16, DataType::Int32, DataType::UInt32, DataType::Int64, DataType::UInt64, DataType::Bool})
        for (const Shape& shape : {Shape{}, Shape{3}, Shape{2, 3}, Shape{2, 0, 4}, Shape{1, 2, 3, 4}}) {
            const Tensor tensor = *tensor::randomTensor(type, shape, 7, 0, 100);
            ASSERT_TRUE(writeNpy(folder.path() / "a.npy", tensor));
            const auto back = readNpy(folder.path() / "a.npy");
            ASSERT_TRUE(back) << back.error().text();
            EXPECT_EQ(back->type(), type);
            EXPECT_EQ(back->shape(), shape);
            EXPECT_TRUE(std::equal(back->bytes().begin(), back->bytes().end(), tensor.bytes().begin(), tensor.bytes().end()));
        }
}

TEST(Npy, WidensFourBitIntegersAndKeepsTheBitsOfBfloat16) {
    auto folder = *base::TemporaryFolder::create("npy");
    auto narrow = *Tensor::allocate(DataType::Int4, {2});
    narrow.mutableBytes()[0] = std::byte{0x7f};
    ASSERT_TRUE(writeNpy(folder.path() / "a.npy", narrow));
    EXPECT_THAT(tensor::toInt64s(*readNpy(folder.path() / "a.npy")), ElementsAre(-1, 7));
    ASSERT_TRUE(writeNpy(folder.path() / "b.npy", Tensor::fromValues<std::uint16_t>(DataType::BFloat16, {1}, {0x3f80})));
    const auto back = readNpy(folder.path() / "b.npy");
    EXPECT_EQ(back->type(), DataType::UInt16);
    EXPECT_THAT(tensor::toInt64s(*back), ElementsAre(0x3f80));
}

TEST(Npy, ReadsAllHeaderVersionsAndSpellings) {
    const std::string data = raw<std::int32_t>({1, 2});
    for (int major = 1; major <= 3; ++major) {
        const auto tensor = parse(npy("{'descr': '<i4', 'fortran_order': False, 'shape': (2,), }   \n", data, major));
        ASSERT_TRUE(tensor) << tensor.error().text();
        EXPECT_THAT(tensor::toInt64s(*tensor), ElementsAre(1, 2));
    }
    EXPECT_TRUE(parse(npy("{\"shape\":(2L,),\"descr\":\"<i4\",\"fortran_order\":False}", data)));
    EXPECT_EQ(parse(npy("{'descr': '<i4', 'fortran_order': True, 'shape': ()}", data))->shape(), Shape{});
}

TEST(Npy, TurnsBigEndianAndFortranOrderAround) {
    const auto big = parse(npy("{'descr': '>i2', 'fortran_order': False, 'shape': (2,)}", std::string("\x01\x02\x00\x05", 4)));
    EXPECT_THAT(tensor::toInt64s(*big), ElementsAre(0x0102, 5));
    // Column by column: the matrix [[1, 2, 3], [4, 5, 6]].
    const auto columns = parse(npy("{'descr': '<i4', 'fortran_order': True, 'shape': (2, 3)}", raw<std::int32_t>({1, 4, 2, 5, 3, 6})));
    EXPECT_THAT(tensor::toInt64s(*columns), ElementsAre(1, 2, 3, 4, 5, 6));
    // Element (i, j, k) lies at i + 2 (j + 3 k).
    std::vector<std::int32_t> cube(24);
    for (int i = 0; i < 2; ++i)
        for (int j = 0; j < 3; ++j)
            for (int k = 0; k < 4; ++k) cube[static_cast<std::size_t>(i + 2 * (j + 3 * k))] = 100 * i + 10 * j + k;
    const auto read = parse(npy("{'descr': '<i4', 'fortran_order': True, 'shape': (2, 3, 4)}", raw(cube)));
    for (int i = 0; i < 2; ++i)
        for (int j = 0; j < 3; ++j)
            for (int k = 0; k < 4; ++k) EXPECT_EQ(tensor::elementAsInt64(*read, (i * 3 + j) * 4 + k), 100 * i + 10 * j + k);
}

TEST(Npy, RefusesWhatIsNoPlainArrayWithItsReason) {
    const auto refusal = [](const std::string& bytes) {
        const auto result = parse(bytes);
        EXPECT_FALSE(result);
        return result ? "" : result.error().message;
    };
    EXPECT_THAT(refusal(npy("{'descr': '|O', 'fortran_order': False, 'shape': (2,)}", "12345678")), HasSubstr("objects"));
    EXPECT_THAT(refusal(npy("{'descr': '<U4', 'fortran_order': False, 'shape': (2,)}", "12345678")), HasSubstr("<U4"));
    EXPECT_THAT(refusal(npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}", "12345678")), HasSubstr("header"));
    EXPECT_THAT(refusal(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}", "12345678")), HasSubstr("holds 8 bytes"));
    EXPECT_THAT(refusal(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", "12345678")), HasSubstr("impossible"));
    EXPECT_THAT(refusal(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}", "12345678")),
                HasSubstr("impossible"));
    EXPECT_THAT(refusal(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}", "12345678")),
                HasSubstr("header"));
    EXPECT_THAT(refusal("PK\x03\x04 something else"), HasSubstr("not a .npy"));
    EXPECT_THAT(refusal(std::string("\x93NUMPY\x01\x00\xff\xff{", 11)), HasSubstr("ends within"));
}

TEST(Npy, SurvivesRandomMutations) {
    const std::string sound = npy("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }  \n", std::string(24, 'x'));
    base::Random random(5);
    for (int round = 0; round < 4000; ++round) {
        std::string bytes = sound;
        for (std::uint64_t i = 0; i <= random.below(4); ++i) bytes[random.below(bytes.size())] = static_cast<char>(random.next());
        if (round % 5 == 0) bytes.resize(random.below(bytes.size()));
        const auto tensor = parse(bytes);
        EXPECT_TRUE(!tensor || tensor->bytes().size() <= 24u);
    }
}

void makeZip(const std::filesystem::path& path, const std::vector<std::pair<std::string, std::string>>& entries) {
    int error = 0;
    zip_t* archive = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &error);
    ASSERT_TRUE(archive);
    for (const auto& [name, content] : entries) {
        zip_source_t* source = zip_source_buffer(archive, content.data(), content.size(), 0);
        ASSERT_GE(zip_file_add(archive, name.c_str(), source, ZIP_FL_ENC_UTF_8), 0);
    }
    ASSERT_EQ(zip_close(archive), 0);
}

TEST(Npz, ReadsNamedArraysAndLeavesOtherEntriesAlone) {
    auto folder = *base::TemporaryFolder::create("npz");
    const auto path = folder.path() / "a.npz";
    makeZip(path, {{"x.npy", npy("{'descr': '<i4', 'fortran_order': False, 'shape': (2,)}", raw<std::int32_t>({1, 2}))},
                   {"target.npy", npy("{'descr': '|u1', 'fortran_order': False, 'shape': (1,)}", "\x07")}, {"readme.txt", "hello"}});
    const auto arrays = readNpz(path);
    ASSERT_TRUE(arrays) << arrays.error().text();
    ASSERT_EQ(arrays->size(), 2u);
    EXPECT_THAT(tensor::toInt64s(arrays->at("x")), ElementsAre(1, 2));
    EXPECT_THAT(tensor::toInt64s(arrays->at("target")), ElementsAre(7));
}

TEST(Npz, RefusesAnArchiveThatUnpacksToMoreThanTheLimit) {
    auto folder = *base::TemporaryFolder::create("npz");
    const auto path = folder.path() / "bomb.npz";
    makeZip(path, {{"x.npy", npy("{'descr': '|u1', 'fortran_order': False, 'shape': (3000000,)}", std::string(3000000, '\0'))}});
    EXPECT_LT(std::filesystem::file_size(path), 10000u);
    EXPECT_THAT(readNpz(path, 1 << 20).error().message, HasSubstr("more than"));
    EXPECT_TRUE(readNpz(path, 4 << 20));
}

TEST(Npz, RefusesDamagedAndMissingArchives) {
    auto folder = *base::TemporaryFolder::create("npz");
    const auto path = folder.path() / "a.npz";
    makeZip(path, {{"x.npy", npy("{'descr': '<f4', 'fortran_order': False, 'shape': (256,)}", std::string(1024, 'q'))}});
    const std::string sound = *base::readFile(path, 1 << 20);
    base::Random random(3);
    for (int round = 0; round < 300; ++round) {
        std::string bytes = sound;
        bytes[random.below(bytes.size())] ^= static_cast<char>(1 + random.below(255));
        if (round % 4 == 0) bytes.resize(random.below(bytes.size()));
        std::ofstream(path, std::ios::binary) << bytes;
        const auto arrays = readNpz(path);
        EXPECT_TRUE(!arrays || !arrays->contains("x") || arrays->at("x").bytes().size() <= 1024u);
    }
    EXPECT_EQ(readNpz(folder.path() / "none.npz").error().code, ErrorCode::NotFound);
    EXPECT_EQ(readNpz(folder.path()).error().code, ErrorCode::Refused);
}

}  // namespace
}  // namespace trimtab::formats::numpy
