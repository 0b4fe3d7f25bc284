#pragma once
// Files: whole reads with limits, atomic writes, read-only mappings, and opening beneath a folder without
// following links out of it.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace trimtab::base {

/// Whole content. Refused when the file is larger than maxBytes; NotFound or Io with the path otherwise.
Result<std::string> readFile(const std::filesystem::path& path, std::int64_t maxBytes);

/// Writes beside the target, flushes, then renames over it: a reader sees the old file or the new one.
Status writeFileAtomically(const std::filesystem::path& path, std::string_view content);

/// A read-only private mapping of a regular file; the span stays valid while the object lives.
/// Refused for anything that is not a regular file. An empty file gives an empty span.
class MappedFile {
public:
    static Result<std::shared_ptr<const MappedFile>> open(const std::filesystem::path& path);
    /// Takes ownership of an open descriptor; `name` is used in messages.
    static Result<std::shared_ptr<const MappedFile>> adopt(int descriptor, std::string name);
    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    std::span<const std::byte> bytes() const { return {m_data, m_size}; }

private:
    MappedFile(const std::byte* data, std::size_t size) : m_data(data), m_size(size) {}
    const std::byte* m_data = nullptr;
    std::size_t m_size = 0;
};

/// Opens `relative` for reading beneath `folder`: openat2(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS), or component by
/// component with O_NOFOLLOW where openat2 is missing. Absolute paths, "..", symlinks and non-regular files are Refused, and
/// so are files with more than one hard link unless `trustLinks`. The one symlink allowed is a Hugging Face cache link
/// ("(../)+blobs/<hex>") that stays inside its own models--* folder. Returns the descriptor.
Result<int> openBeneath(const std::filesystem::path& folder, const std::string& relative, bool trustLinks);

/// A fresh private folder, under the system's temporary folder or beside a file, removed with its content when the object dies.
class TemporaryFolder {
public:
    static Result<TemporaryFolder> create(std::string_view stem);
    /// In the target's own folder: what is made in it can be renamed into place.
    static Result<TemporaryFolder> createBeside(const std::filesystem::path& target);
    ~TemporaryFolder();
    TemporaryFolder(TemporaryFolder&& other) noexcept;
    TemporaryFolder& operator=(TemporaryFolder&& other) noexcept;
    const std::filesystem::path& path() const { return m_path; }

private:
    explicit TemporaryFolder(std::filesystem::path path) : m_path(std::move(path)) {}
    std::filesystem::path m_path;
};

}  // namespace trimtab::base
