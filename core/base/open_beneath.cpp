// Opening a file that another file names. The kernel resolves the path in one step where it can (openat2), so nothing can be
// swapped between a check and the open; the checks on kind and link count are made on the opened descriptor.
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "core/base/file.h"
#include "core/base/open_components.h"

namespace trimtab::base {
namespace {

class Descriptor {
public:
    explicit Descriptor(int value) : m_value(value) {}
    ~Descriptor() {
        if (m_value >= 0) ::close(m_value);
    }
    Descriptor(Descriptor&& other) noexcept : m_value(other.release()) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(m_value, other.m_value);
        return *this;
    }
    int get() const { return m_value; }
    bool valid() const { return m_value >= 0; }
    int release() { return std::exchange(m_value, -1); }

private:
    int m_value;
};

// O_NONBLOCK: opening a FIFO must not wait for a writer before it can be refused.
constexpr int kFileFlags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
constexpr int kFolderFlags = O_PATH | O_DIRECTORY | O_CLOEXEC;

std::string joined(const std::vector<std::string>& components) { return fmt::format("{}", fmt::join(components, "/")); }

int openResolved(int folder, const std::vector<std::string>& components, int flags) {
    open_how how{};
    how.flags = static_cast<std::uint64_t>(flags);
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
    const std::string path = joined(components);
    long opened = -1;
    do opened = ::syscall(SYS_openat2, folder, path.c_str(), &how, sizeof how);
    while (opened < 0 && (errno == EINTR || errno == EAGAIN));
    // Old kernels answer ENOSYS; some container sandboxes answer EPERM for calls they do not know.
    if (opened < 0 && (errno == ENOSYS || errno == EPERM)) return openByComponents(folder, components, flags);
    return static_cast<int>(opened);
}

Result<std::vector<std::string>> componentsOf(const std::string& relative) {
    if (relative.empty()) return fail(ErrorCode::Refused, "a file name is empty");
    if (relative.find('\0') != std::string::npos) return fail(ErrorCode::Refused, "a file name holds a zero byte");
    if (relative.front() == '/')
        return fail(ErrorCode::Refused, "the path is absolute; files must lie beneath the model's folder", relative);
    std::vector<std::string> components;
    std::size_t begin = 0;
    while (begin <= relative.size()) {
        const std::size_t end = std::min(relative.find('/', begin), relative.size());
        std::string component = relative.substr(begin, end - begin);
        if (component == "..") return fail(ErrorCode::Refused, "the path holds '..'; files must lie beneath the model's folder", relative);
        if (!component.empty() && component != ".") components.push_back(std::move(component));
        begin = end + 1;
    }
    if (components.empty() || relative.back() == '/') return fail(ErrorCode::Refused, "the path names a folder, not a file", relative);
    return components;
}

struct CacheLink {
    int ups = 0;
    std::string blob;
};

/// "../../blobs/<hex>" → 2 and the hexadecimal name; nullopt for any other target.
std::optional<CacheLink> parseCacheLink(std::string_view target) {
    CacheLink link;
    while (target.starts_with("../")) {
        ++link.ups;
        target.remove_prefix(3);
    }
    if (link.ups == 0 || !target.starts_with("blobs/")) return std::nullopt;
    target.remove_prefix(6);
    const bool hexadecimal =
        std::all_of(target.begin(), target.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
    if (target.empty() || target.size() > 128 || !hexadecimal) return std::nullopt;
    link.blob = std::string(target);
    return link;
}

std::string pathOfDescriptor(int descriptor) {
    std::error_code error;
    return std::filesystem::read_symlink(fmt::format("/proc/self/fd/{}", descriptor), error).string();
}

/// Follows the last component when it is a Hugging Face cache link that stays in its models--* folder. An invalid descriptor otherwise.
Descriptor openCacheLink(int folder, std::vector<std::string> components) {
    const std::string last = components.back();
    components.pop_back();
    Descriptor parent(components.empty() ? ::openat(folder, ".", kFolderFlags) : openResolved(folder, components, kFolderFlags));
    if (!parent.valid()) return Descriptor(-1);
    std::array<char, 512> target{};
    const ssize_t length = ::readlinkat(parent.get(), last.c_str(), target.data(), target.size());
    if (length <= 0 || static_cast<std::size_t>(length) >= target.size()) return Descriptor(-1);
    const auto link = parseCacheLink(std::string_view(target.data(), static_cast<std::size_t>(length)));
    if (!link) return Descriptor(-1);
    // The parent was reached without links, so ".." of its descriptor is the real folder above it. No folder below models--* may be passed
    // over.
    for (int i = 0; i < link->ups; ++i) {
        if (std::filesystem::path(pathOfDescriptor(parent.get())).filename().string().starts_with("models--")) return Descriptor(-1);
        parent = Descriptor(::openat(parent.get(), "..", kFolderFlags));
        if (!parent.valid()) return Descriptor(-1);
    }
    if (!std::filesystem::path(pathOfDescriptor(parent.get())).filename().string().starts_with("models--")) return Descriptor(-1);
    return Descriptor(openResolved(parent.get(), {"blobs", link->blob}, kFileFlags));
}

Status checkFile(int descriptor, const std::string& relative, bool trustLinks) {
    struct stat status{};
    if (::fstat(descriptor, &status) != 0)
        return fail(ErrorCode::Io, fmt::format("cannot be examined: {}", std::strerror(errno)), relative);
    if (!S_ISREG(status.st_mode)) return fail(ErrorCode::Refused, "is not a regular file", relative);
    if (status.st_nlink > 1 && !trustLinks)
        return fail(
            ErrorCode::Refused,
            fmt::format("has {} hard links, so it may be another file than it seems; copy it, or pass --trust-links", status.st_nlink),
            relative);
    return {};
}

}  // namespace

int openByComponents(int folder, const std::vector<std::string>& components, int flags) {
    Descriptor current(-1);
    for (std::size_t i = 0; i < components.size(); ++i) {
        const bool last = i + 1 == components.size();
        const int from = i == 0 ? folder : current.get();
        Descriptor next(::openat(from, components[i].c_str(), (last ? flags : kFolderFlags) | O_NOFOLLOW));
        if (!next.valid()) {
            // O_DIRECTORY | O_NOFOLLOW on a symlink answers ENOTDIR; callers tell links by ELOOP.
            struct stat status{};
            const int error = errno;
            const bool isLink = ::fstatat(from, components[i].c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(status.st_mode);
            errno = isLink ? ELOOP : error;
            return -1;
        }
        current = std::move(next);
    }
    return current.release();
}

Result<int> openBeneath(const std::filesystem::path& folder, const std::string& relative, bool trustLinks) {
    TRIMTAB_TRY(const auto components, componentsOf(relative));
    const std::filesystem::path base = folder.empty() ? std::filesystem::path(".") : folder;
    const Descriptor root(::open(base.c_str(), kFolderFlags));
    if (!root.valid())
        return fail(ErrorCode::NotFound, fmt::format("the folder cannot be opened: {}", std::strerror(errno)), base.string());

    Descriptor file(openResolved(root.get(), components, kFileFlags));
    if (!file.valid()) {
        const int error = errno;
        if (error == ELOOP || error == EXDEV) {
            file = openCacheLink(root.get(), components);
            if (!file.valid())
                return fail(ErrorCode::Refused,
                            "is or passes through a symbolic link; external files must be real files beneath the model's folder", relative);
        } else if (error == ENOENT || error == ENOTDIR) {
            return fail(ErrorCode::NotFound, fmt::format("there is no such file beneath {}", base.string()), relative);
        } else if (error == ENXIO) {
            return fail(ErrorCode::Refused, "is not a regular file", relative);
        } else {
            return fail(ErrorCode::Io, fmt::format("cannot be opened: {}", std::strerror(error)), relative);
        }
    }
    TRIMTAB_REQUIRE(checkFile(file.get(), relative, trustLinks));
    return file.release();
}

}  // namespace trimtab::base
