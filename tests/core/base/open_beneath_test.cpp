// What a file may name: everything that leaves its folder, or might be another file than it seems, is refused.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "core/base/file.h"
#include "core/base/open_components.h"

namespace trimtab::base {
namespace {

class OpenBeneath : public testing::Test {
protected:
    void SetUp() override {
        std::filesystem::create_directories(root() / "model" / "sub");
        write(root() / "secret", "secret");
        write(root() / "model" / "a", "a");
        write(root() / "model" / "sub" / "b", "b");
    }
    static void write(const std::filesystem::path& path, const std::string& content) { std::ofstream(path) << content; }
    std::filesystem::path root() const { return m_folder.path(); }

    /// The content, or the error's code in angle brackets.
    std::string read(const std::string& relative, bool trustLinks = false, const std::filesystem::path& beneath = "model") const {
        const auto descriptor = openBeneath(root() / beneath, relative, trustLinks);
        if (!descriptor) return "<" + std::string(name(descriptor.error().code)) + ">";
        const auto file = *MappedFile::adopt(*descriptor, relative);
        return std::string(reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size());
    }

    TemporaryFolder m_folder = *TemporaryFolder::create("beneath");
};

TEST_F(OpenBeneath, ReadsFilesOfTheFolderAndBelow) {
    EXPECT_EQ(read("a"), "a");
    EXPECT_EQ(read("sub/b"), "b");
    EXPECT_EQ(read("./sub//b"), "b");
    EXPECT_EQ(read("none"), "<not_found>");
    EXPECT_EQ(read("a/b"), "<not_found>");
}

TEST_F(OpenBeneath, RefusesPathsThatLeaveTheFolder) {
    EXPECT_EQ(read("../secret"), "<refused>");
    EXPECT_EQ(read("sub/../../secret"), "<refused>");
    EXPECT_EQ(read("sub/../a"), "<refused>");
    EXPECT_EQ(read((root() / "secret").string()), "<refused>");
    EXPECT_EQ(read(""), "<refused>");
    EXPECT_EQ(read(std::string("a\0b", 3)), "<refused>");
}

TEST_F(OpenBeneath, RefusesLinksAndWhatIsNoFile) {
    std::filesystem::create_symlink(root() / "secret", root() / "model" / "link");
    std::filesystem::create_symlink("a", root() / "model" / "near");
    std::filesystem::create_directory_symlink(root(), root() / "model" / "up");
    std::filesystem::create_hard_link(root() / "secret", root() / "model" / "hard");
    ASSERT_EQ(::mkfifo((root() / "model" / "pipe").c_str(), 0600), 0);
    EXPECT_EQ(read("link"), "<refused>");
    EXPECT_EQ(read("near"), "<refused>");
    EXPECT_EQ(read("up/secret"), "<refused>");
    EXPECT_EQ(read("hard"), "<refused>");
    EXPECT_EQ(read("hard", true), "secret");
    EXPECT_EQ(read("pipe"), "<refused>");
    EXPECT_EQ(read("sub"), "<refused>");
    EXPECT_EQ(read("sub/"), "<refused>");
}

TEST_F(OpenBeneath, FollowsTheLinkOfAHuggingFaceCacheAndNoOther) {
    const auto cache = root() / "hub" / "models--org--net";
    const auto snapshot = cache / "snapshots" / "rev1";
    std::filesystem::create_directories(snapshot / "onnx");
    std::filesystem::create_directories(cache / "blobs");
    std::filesystem::create_directories(root() / "hub" / "blobs");
    write(cache / "blobs" / "00ff", "blob");
    write(root() / "hub" / "blobs" / "00ff", "foreign");
    std::filesystem::create_symlink("../../blobs/00ff", snapshot / "data");
    std::filesystem::create_symlink("../../../blobs/00ff", snapshot / "onnx" / "data");
    std::filesystem::create_symlink("../../../blobs/00ff", snapshot / "outside");
    std::filesystem::create_symlink("../../blobs/../../../secret", snapshot / "sly");
    std::filesystem::create_symlink("../../blobs/none", snapshot / "nohex");
    const std::filesystem::path beneath = "hub/models--org--net/snapshots/rev1";
    EXPECT_EQ(read("data", false, beneath), "blob");
    EXPECT_EQ(read("onnx/data", false, beneath), "blob");
    EXPECT_EQ(read("outside", false, beneath), "<refused>");
    EXPECT_EQ(read("sly", false, beneath), "<refused>");
    EXPECT_EQ(read("nohex", false, beneath), "<refused>");
}

TEST_F(OpenBeneath, WalksComponentsTheSameWayWhereTheKernelCannotResolve) {
    std::filesystem::create_symlink(root() / "secret", root() / "model" / "link");
    std::filesystem::create_directory_symlink(root(), root() / "model" / "up");
    const int folder = ::open((root() / "model").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    ASSERT_GE(folder, 0);
    const int found = openByComponents(folder, {"sub", "b"}, O_RDONLY | O_CLOEXEC);
    EXPECT_GE(found, 0);
    ::close(found);
    EXPECT_EQ(openByComponents(folder, {"link"}, O_RDONLY | O_CLOEXEC), -1);
    EXPECT_EQ(errno, ELOOP);
    EXPECT_EQ(openByComponents(folder, {"up", "secret"}, O_RDONLY | O_CLOEXEC), -1);
    EXPECT_EQ(errno, ELOOP);
    EXPECT_EQ(openByComponents(folder, {"none"}, O_RDONLY | O_CLOEXEC), -1);
    EXPECT_EQ(errno, ENOENT);
    ::close(folder);
}

}  // namespace
}  // namespace trimtab::base
