// .npz: a zip archive of .npy files.
#include <fmt/format.h>

#include "core/base/checked.h"
#include "core/formats/numpy/npy.h"
#include "core/formats/numpy/npy_view.h"
#include "core/formats/zip/archive.h"

namespace trimtab::formats::numpy {
namespace {

constexpr std::string_view kEnding = ".npy";

/// Those that are arrays, by what they unpack to.
Result<std::vector<zip::Entry>> arraysIn(const zip::Archive& archive, std::int64_t maxBytes, const std::string& what) {
    TRIMTAB_TRY(std::vector<zip::Entry> entries, archive.entries());
    std::erase_if(entries, [](const zip::Entry& entry) { return !entry.name.ends_with(kEnding); });
    std::int64_t total = 0;
    for (const zip::Entry& entry : entries) {
        const auto sum = base::checkedAdd(total, entry.size);
        if (!sum || *sum > maxBytes) return fail(ErrorCode::Refused, fmt::format("would unpack to more than {} bytes", maxBytes), what);
        total = *sum;
    }
    return entries;
}

}  // namespace

Result<std::map<std::string, Tensor>> readNpz(const std::filesystem::path& path, std::int64_t maxBytes) {
    TRIMTAB_TRY(const zip::Archive archive, zip::Archive::open(path, ".npz"));
    TRIMTAB_TRY(const auto entries, arraysIn(archive, maxBytes, path.string()));
    std::map<std::string, Tensor> arrays;
    for (const zip::Entry& entry : entries) {
        const std::string name = entry.name.substr(0, entry.name.size() - kEnding.size()), what = path.string() + ":" + name;
        if (arrays.contains(name)) return fail(ErrorCode::Refused, "stands twice in the archive", what);
        TRIMTAB_TRY(const Tensor content, archive.read(entry, what));
        TRIMTAB_TRY(Tensor tensor, viewNpy(content.bytes(), std::make_shared<const Tensor>(content), what));
        arrays.emplace(name, std::move(tensor));
    }
    return arrays;
}

}  // namespace trimtab::formats::numpy
