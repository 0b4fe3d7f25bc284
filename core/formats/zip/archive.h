#pragma once
// The entries of a zip archive, through libzip. What the archive declares is checked before anything is unpacked, and no entry can give
// more bytes than it declares.
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/tensor/tensor.h"

struct zip;

namespace trimtab::formats::zip {

struct Entry {
    std::uint64_t index = 0;
    std::string name;
    std::int64_t size = 0;  // unpacked
    bool isStored = false;  // not compressed
};

class Archive {
public:
    /// Refused for what is no archive; `kind` says of what in messages (".npz").
    static Result<Archive> open(const std::filesystem::path& path, const std::string& kind);
    /// Takes ownership of an open descriptor; `name` is used in messages.
    static Result<Archive> adopt(int descriptor, const std::string& name, const std::string& kind);

    /// In the order of the archive; Refused for too many, and for those without name or size.
    Result<std::vector<Entry>> entries() const;
    /// The unpacked bytes as uint8; `what` names the entry in messages. Refused where they are damaged.
    Result<Tensor> read(const Entry& entry, const std::string& what) const;

private:
    Archive(::zip* opened, std::string name);

    std::shared_ptr<::zip> m_archive;
    std::string m_name;
};

}  // namespace trimtab::formats::zip
