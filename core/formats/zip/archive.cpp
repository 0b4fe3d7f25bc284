#include "core/formats/zip/archive.h"

#include <unistd.h>
#include <zip.h>

#include <fmt/format.h>

namespace trimtab::formats::zip {
namespace {

constexpr zip_int64_t kMaxEntries = 65536;

tl::unexpected<Error> notReadable(int code, const std::string& name, const std::string& kind) {
    zip_error_t reason;
    zip_error_init_with_code(&reason, code);
    std::string text = fmt::format("is not a readable {} archive: {}", kind, zip_error_strerror(&reason));
    zip_error_fini(&reason);
    return fail(ErrorCode::Refused, std::move(text), name);
}

}  // namespace

Archive::Archive(::zip* opened, std::string name) : m_archive(opened, &zip_discard), m_name(std::move(name)) {}

Result<Archive> Archive::open(const std::filesystem::path& path, const std::string& kind) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (status.type() == std::filesystem::file_type::not_found) return fail(ErrorCode::NotFound, "there is no such file", path.string());
    if (status.type() != std::filesystem::file_type::regular) return fail(ErrorCode::Refused, "is not a regular file", path.string());
    int code = 0;
    zip_t* const opened = zip_open(path.c_str(), ZIP_RDONLY, &code);
    if (!opened) return notReadable(code, path.string(), kind);
    return Archive(opened, path.string());
}

Result<Archive> Archive::adopt(int descriptor, const std::string& name, const std::string& kind) {
    int code = 0;
    zip_t* const opened = zip_fdopen(descriptor, 0, &code);
    if (!opened) {
        ::close(descriptor);
        return notReadable(code, name, kind);
    }
    return Archive(opened, name);
}

Result<std::vector<Entry>> Archive::entries() const {
    const zip_int64_t count = zip_get_num_entries(m_archive.get(), 0);
    if (count < 0 || count > kMaxEntries)
        return fail(ErrorCode::Refused, fmt::format("has {} entries, more than {}", count, kMaxEntries), m_name);
    std::vector<Entry> entries;
    for (zip_int64_t i = 0; i < count; ++i) {
        zip_stat_t status;
        zip_stat_init(&status);
        const bool known = zip_stat_index(m_archive.get(), static_cast<zip_uint64_t>(i), 0, &status) == 0;
        constexpr zip_uint64_t kWanted = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_METHOD;
        if (!known || (status.valid & kWanted) != kWanted || status.size > static_cast<zip_uint64_t>(INT64_MAX))
            return fail(ErrorCode::Refused, fmt::format("has an entry {} without name or size", i), m_name);
        entries.push_back({static_cast<std::uint64_t>(i), status.name, static_cast<std::int64_t>(status.size),
                           status.comp_method == ZIP_CM_STORE});
    }
    return entries;
}

Result<Tensor> Archive::read(const Entry& entry, const std::string& what) const {
    std::unique_ptr<zip_file_t, decltype(&zip_fclose)> file(zip_fopen_index(m_archive.get(), entry.index, 0), &zip_fclose);
    if (!file) return fail(ErrorCode::Refused, fmt::format("cannot be unpacked: {}", zip_strerror(m_archive.get())), what);
    TRIMTAB_TRY(Tensor content, Tensor::allocate(DataType::UInt8, Shape{entry.size}));
    const std::span<std::byte> bytes = content.mutableBytes();
    std::size_t done = 0;
    while (done < bytes.size()) {
        const zip_int64_t got = zip_fread(file.get(), bytes.data() + done, bytes.size() - done);
        if (got <= 0) return fail(ErrorCode::Refused, "is damaged: it unpacks to fewer bytes than it declares", what);
        done += static_cast<std::size_t>(got);
    }
    // Reading past the end makes libzip compare the checksum.
    char extra = 0;
    if (zip_fread(file.get(), &extra, 1) != 0)
        return fail(ErrorCode::Refused, "is damaged: size or checksum differ from what it declares", what);
    return content;
}

}  // namespace trimtab::formats::zip
