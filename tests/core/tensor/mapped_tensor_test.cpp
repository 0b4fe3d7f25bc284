#include <cstdint>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/tensor/tensor.h"

namespace trimtab::tensor {
namespace {

/// Whether the page that holds the byte is in this process's memory (bit 63 of its entry in the kernel's page map).
bool isPresent(const std::byte* byte) {
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    const int map = ::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    std::uint64_t entry = 0;
    const auto offset = static_cast<off_t>(reinterpret_cast<std::uintptr_t>(byte) / page * sizeof entry);
    EXPECT_EQ(::pread(map, &entry, sizeof entry, offset), static_cast<ssize_t>(sizeof entry));
    ::close(map);
    return (entry >> 63U) != 0;
}

TEST(MappedTensor, ReleasesItsWholePagesAndReadsThemAgain) {
    const auto folder = base::TemporaryFolder::create("trimtab-mapped").value();
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    ASSERT_TRUE(base::writeFileAtomically(folder.path() / "weights", std::string(8 * page, 'w')));
    const auto file = base::MappedFile::open(folder.path() / "weights").value();
    // From the middle of one page to the middle of another: these two belong to neighbours as well.
    const auto bytes = file->bytes().subspan(page / 2, 6 * page);
    const Tensor tensor = Tensor::mapped(DataType::UInt8, Shape{static_cast<std::int64_t>(bytes.size())}, bytes, file);
    for (const std::byte& byte : file->bytes()) ASSERT_EQ(byte, std::byte{'w'});
    tensor.releasePages();
    EXPECT_TRUE(isPresent(bytes.data()));
    EXPECT_FALSE(isPresent(bytes.data() + page));
    EXPECT_FALSE(isPresent(bytes.data() + 5 * page));
    EXPECT_TRUE(isPresent(&bytes.back()));
    for (const std::byte& byte : tensor.bytes()) ASSERT_EQ(byte, std::byte{'w'});
}

TEST(MappedTensor, OtherTensorsKeepTheirs) {
    const Tensor tensor = Tensor::zeros(DataType::UInt8, Shape{1 << 20}).value();
    const Tensor view = Tensor::view(DataType::UInt8, tensor.shape(), tensor.bytes(), nullptr);
    tensor.releasePages();
    view.releasePages();
    EXPECT_TRUE(isPresent(&tensor.bytes()[1 << 19]));
}

}  // namespace
}  // namespace trimtab::tensor
