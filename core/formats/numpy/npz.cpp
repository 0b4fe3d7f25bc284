// .npz: a zip archive of .npy files. What the archive declares is checked before anything is unpacked, and no entry
// can give more bytes than it declares.
#include <zip.h>

#include <memory>

#include <fmt/format.h>

#include "core/base/checked.h"
#include "core/formats/numpy/npy.h"
#include "core/formats/numpy/npy_view.h"

namespace trimtab::formats::numpy {
namespace {

constexpr zip_int64_t kMaxEntries = 65536;

struct Entry {
    zip_uint64_t index = 0;
    std::string name;
    std::int64_t size = 0;
};

using Archive = std::unique_ptr<zip_t, decltype(&zip_discard)>;

Result<Archive> openArchive(const std::filesystem::path& path) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (status.type() == std::filesystem::file_type::not_found) return fail(ErrorCode::NotFound, "there is no such file", path.string());
    if (status.type() != std::filesystem::file_type::regular) return fail(ErrorCode::Refused, "is not a regular file", path.string());
    int code = 0;
    zip_t* opened = zip_open(path.c_str(), ZIP_RDONLY, &code);
    if (!opened) {
        zip_error_t reason;
        zip_error_init_with_code(&reason, code);
        std::string text = fmt::format("is not a readable .npz archive: {}", zip_error_strerror(&reason));
        zip_error_fini(&reason);
        return fail(ErrorCode::Refused, std::move(text), path.string());
    }
    return Archive(opened, &zip_discard);
}

Result<std::vector<Entry>> listEntries(zip_t* archive, std::int64_t maxBytes, const std::string& what) {
    const zip_int64_t count = zip_get_num_entries(archive, 0);
    if (count < 0 || count > kMaxEntries)
        return fail(ErrorCode::Refused, fmt::format("has {} entries, more than {}", count, kMaxEntries), what);
    std::vector<Entry> entries;
    std::int64_t total = 0;
    for (zip_int64_t i = 0; i < count; ++i) {
        zip_stat_t status;
        zip_stat_init(&status);
        const bool known = zip_stat_index(archive, static_cast<zip_uint64_t>(i), 0, &status) == 0;
        constexpr zip_uint64_t kWanted = ZIP_STAT_NAME | ZIP_STAT_SIZE;
        if (!known || (status.valid & kWanted) != kWanted)
            return fail(ErrorCode::Refused, fmt::format("has an entry {} without name or size", i), what);
        std::string name = status.name;
        if (!name.ends_with(".npy")) continue;
        name.resize(name.size() - 4);
        const auto sum = base::checkedAdd(total, static_cast<std::int64_t>(status.size));
        if (status.size > static_cast<zip_uint64_t>(INT64_MAX) || !sum || *sum > maxBytes)
            return fail(ErrorCode::Refused, fmt::format("would unpack to more than {} bytes", maxBytes), what);
        total = *sum;
        entries.push_back({static_cast<zip_uint64_t>(i), std::move(name), static_cast<std::int64_t>(status.size)});
    }
    return entries;
}

Result<Tensor> readEntry(zip_t* archive, const Entry& entry, const std::string& what) {
    std::unique_ptr<zip_file_t, decltype(&zip_fclose)> file(zip_fopen_index(archive, entry.index, 0), &zip_fclose);
    if (!file) return fail(ErrorCode::Refused, fmt::format("cannot be unpacked: {}", zip_strerror(archive)), what);
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
    return viewNpy(bytes, std::make_shared<const Tensor>(content), what);
}

}  // namespace

Result<std::map<std::string, Tensor>> readNpz(const std::filesystem::path& path, std::int64_t maxBytes) {
    TRIMTAB_TRY(const Archive archive, openArchive(path));
    TRIMTAB_TRY(const auto entries, listEntries(archive.get(), maxBytes, path.string()));
    std::map<std::string, Tensor> arrays;
    for (const Entry& entry : entries) {
        const std::string what = path.string() + ":" + entry.name;
        if (arrays.contains(entry.name)) return fail(ErrorCode::Refused, "stands twice in the archive", what);
        TRIMTAB_TRY(Tensor tensor, readEntry(archive.get(), entry, what));
        arrays.emplace(entry.name, std::move(tensor));
    }
    return arrays;
}

}  // namespace trimtab::formats::numpy
