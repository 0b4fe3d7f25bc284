#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include <sys/stat.h>

#include "core/base/file.h"
#include "core/base/hash.h"

namespace trimtab::base {
namespace {

class FileTest : public testing::Test {
protected:
    TemporaryFolder m_folder = std::move(*TemporaryFolder::create("trimtab-file-test"));
    std::filesystem::path at(const std::string& name) const { return m_folder.path() / name; }
};

TEST_F(FileTest, AtomicWritesReplaceTheOldContent) {
    ASSERT_TRUE(writeFileAtomically(at("a"), "old"));
    ASSERT_TRUE(writeFileAtomically(at("a"), "new content"));
    EXPECT_EQ(*readFile(at("a"), 100), "new content");
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(m_folder.path()), {}), 1);
}

TEST_F(FileTest, AFailedWriteLeavesTheOldContent) {
    ASSERT_TRUE(writeFileAtomically(at("a"), "old"));
    std::filesystem::create_directory(at("folder"));
    EXPECT_FALSE(writeFileAtomically(at("folder"), "x"));
    EXPECT_FALSE(writeFileAtomically(at("missing/b"), "x"));
    EXPECT_EQ(*readFile(at("a"), 100), "old");
}

TEST_F(FileTest, ReadingRefusesMoreThanTheLimit) {
    ASSERT_TRUE(writeFileAtomically(at("a"), std::string(101, 'x')));
    EXPECT_EQ(readFile(at("a"), 100).error().code, ErrorCode::Refused);
    EXPECT_TRUE(readFile(at("a"), 101));
}

TEST_F(FileTest, MissingFilesAreNotFoundAndFoldersRefused) {
    EXPECT_EQ(readFile(at("none"), 10).error().code, ErrorCode::NotFound);
    EXPECT_EQ(readFile(m_folder.path(), 10).error().code, ErrorCode::Refused);
    EXPECT_EQ(MappedFile::open(m_folder.path()).error().code, ErrorCode::Refused);
}

TEST_F(FileTest, MappingAPipeIsRefusedInsteadOfWaitingForAWriter) {
    ASSERT_EQ(::mkfifo(at("pipe").c_str(), 0600), 0);
    EXPECT_EQ(MappedFile::open(at("pipe")).error().code, ErrorCode::Refused);
}

TEST_F(FileTest, MappingsShowTheBytesAndAnEmptyFileIsEmpty) {
    ASSERT_TRUE(writeFileAtomically(at("a"), "abc"));
    ASSERT_TRUE(writeFileAtomically(at("empty"), ""));
    const auto mapped = MappedFile::open(at("a"));
    ASSERT_TRUE(mapped);
    EXPECT_EQ((*mapped)->bytes().size(), 3U);
    EXPECT_EQ((*mapped)->bytes()[1], std::byte{'b'});
    EXPECT_TRUE((*MappedFile::open(at("empty")))->bytes().empty());
}

TEST_F(FileTest, TemporaryFoldersDisappearWithTheirContent) {
    std::filesystem::path path;
    {
        auto folder = TemporaryFolder::create("trimtab-gone");
        ASSERT_TRUE(folder);
        path = folder->path();
        std::ofstream(path / "x") << "y";
    }
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(FileTest, TemporaryFoldersBesideAFileAreOnItsFileSystemAndNameTheFileThatCannotBe) {
    {
        const auto folder = TemporaryFolder::createBeside(at("a"));
        ASSERT_TRUE(folder);
        EXPECT_EQ(folder->path().parent_path(), m_folder.path());
        std::ofstream(folder->path() / "a") << "new";
        std::filesystem::rename(folder->path() / "a", at("a"));
    }
    EXPECT_EQ(*readFile(at("a"), 10), "new");
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(m_folder.path()), {}), 1);
    EXPECT_EQ(TemporaryFolder::createBeside(at("missing/a")).error().context, at("missing/a").string());
}

// FIPS 180-2, appendix B.1.
TEST(Hash, GivesTheDigestOfTheStandard) {
    EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_F(FileTest, TheHashOfAFileIsTheHashOfItsContent) {
    ASSERT_TRUE(writeFileAtomically(at("a"), "abc"));
    EXPECT_EQ(*sha256File(at("a")), sha256("abc"));
}

}  // namespace
}  // namespace trimtab::base
