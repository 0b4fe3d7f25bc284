#include "core/base/file.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/units.h"

namespace trimtab::base {
namespace {

tl::unexpected<Error> systemError(const std::string& what, const std::string& path, int number = errno) {
    const ErrorCode code = number == ENOENT || number == ENOTDIR ? ErrorCode::NotFound : ErrorCode::Io;
    return fail(code, what + ": " + std::strerror(number), path);
}

class Descriptor {
public:
    explicit Descriptor(int value) : m_value(value) {}
    ~Descriptor() {
        if (m_value >= 0) ::close(m_value);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int get() const { return m_value; }

private:
    int m_value;
};

Status writeAll(int descriptor, std::string_view content, const std::string& path) {
    while (!content.empty()) {
        const ssize_t written = ::write(descriptor, content.data(), content.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return systemError("cannot write", path);
        content.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

}  // namespace

Result<std::string> readFile(const std::filesystem::path& path, std::int64_t maxBytes) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0) return systemError("cannot open", path.string());
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) return systemError("cannot read", path.string());
    if (S_ISDIR(status.st_mode)) return fail(ErrorCode::Refused, "is a folder, not a file", path.string());
    std::string content;
    std::string buffer(1 << 16, '\0');
    for (;;) {
        const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return systemError("cannot read", path.string());
        if (got == 0) return content;
        if (static_cast<std::int64_t>(content.size()) + got > maxBytes) {
            return fail(ErrorCode::Refused, "is larger than " + formatBytes(static_cast<double>(maxBytes)) + ", the most that is read here",
                        path.string());
        }
        content.append(buffer.data(), static_cast<std::size_t>(got));
    }
}

Status writeFileAtomically(const std::filesystem::path& path, std::string_view content) {
    std::string temporary = path.string() + ".XXXXXX";
    const Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
    if (file.get() < 0) return systemError("cannot create", path.string());
    Status written = writeAll(file.get(), content, path.string());
    const mode_t mask = ::umask(0);
    ::umask(mask);
    if (written && (::fchmod(file.get(), 0666 & ~mask) != 0 || ::fsync(file.get()) != 0))
        written = systemError("cannot write", path.string());
    if (written && ::rename(temporary.c_str(), path.c_str()) != 0) written = systemError("cannot replace", path.string());
    if (!written) ::unlink(temporary.c_str());
    return written;
}

Result<std::shared_ptr<const MappedFile>> MappedFile::open(const std::filesystem::path& path) {
    // O_NONBLOCK: opening a FIFO must not wait for a writer; regular files ignore it.
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) return systemError("cannot open", path.string());
    return adopt(descriptor, path.string());
}

Result<std::shared_ptr<const MappedFile>> MappedFile::adopt(int descriptor, std::string name) {
    const Descriptor file(descriptor);
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) return systemError("cannot read", name);
    if (!S_ISREG(status.st_mode)) return fail(ErrorCode::Refused, "is not a regular file", name);
    const auto size = static_cast<std::size_t>(status.st_size);
    if (size == 0) return std::shared_ptr<const MappedFile>(new MappedFile(nullptr, 0));
    void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
    if (data == MAP_FAILED) return systemError("cannot map", name);
    return std::shared_ptr<const MappedFile>(new MappedFile(static_cast<const std::byte*>(data), size));
}

MappedFile::~MappedFile() {
    if (m_data) ::munmap(const_cast<std::byte*>(m_data), m_size);
}

Result<TemporaryFolder> TemporaryFolder::create(std::string_view stem) {
    std::error_code error;
    const auto parent = std::filesystem::temp_directory_path(error);
    std::string path = ((error ? std::filesystem::path("/tmp") : parent) / stem).string() + ".XXXXXX";
    if (!::mkdtemp(path.data())) return systemError("cannot create a temporary folder", path);
    return TemporaryFolder(path);
}

Result<TemporaryFolder> TemporaryFolder::createBeside(const std::filesystem::path& target) {
    std::string path = target.string() + ".XXXXXX";
    if (!::mkdtemp(path.data())) return systemError("cannot create", target.string());
    return TemporaryFolder(path);
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    if (!m_path.empty()) std::filesystem::remove_all(m_path, ignored);
}

TemporaryFolder::TemporaryFolder(TemporaryFolder&& other) noexcept : m_path(std::exchange(other.m_path, {})) {}
TemporaryFolder& TemporaryFolder::operator=(TemporaryFolder&& other) noexcept {
    std::swap(m_path, other.m_path);
    return *this;
}

}  // namespace trimtab::base
