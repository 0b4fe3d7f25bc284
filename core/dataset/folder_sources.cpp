// Datasets that are folders: a manifest with its files, or class/*.png|jpg.
#include <unistd.h>

#include <algorithm>

#include <fmt/format.h>

#include "core/base/file.h"
#include "core/base/hash.h"
#include "core/dataset/manifest.h"
#include "core/dataset/parts.h"
#include "core/formats/numpy/npy.h"
#include "core/formats/numpy/npy_view.h"

namespace trimtab::dataset {
namespace {

constexpr std::int64_t kMaxManifestBytes = 4 << 20;
constexpr std::size_t kMaxFiles = 5'000'000;

bool isImageName(const std::filesystem::path& path) {
    std::string extension = path.extension().string();
    std::transform(extension.begin(), extension.end(), extension.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return extension == ".png" || extension == ".jpg" || extension == ".jpeg";
}

Result<std::vector<std::string>> sortedNames(const std::filesystem::path& folder, bool wantFolders) {
    std::vector<std::string> names;
    std::error_code error;
    for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
        std::error_code ignored;
        const bool fits = wantFolders ? at->is_directory(ignored) : isImageName(at->path());
        const std::string name = at->path().filename().string();
        if (fits && !name.starts_with('.')) names.push_back(name);
        if (names.size() > kMaxFiles)
            return fail(ErrorCode::Refused, fmt::format("holds more than {} entries", kMaxFiles), folder.string());
    }
    if (error) return fail(ErrorCode::Io, "cannot be listed: " + error.message(), folder.string());
    std::sort(names.begin(), names.end());
    return names;
}

Result<std::shared_ptr<const base::MappedFile>> openFile(const std::filesystem::path& folder, const std::string& name) {
    TRIMTAB_TRY(const int descriptor, base::openBeneath(folder, name, false));
    return base::MappedFile::adopt(descriptor, name);
}

Status hashFile(const std::filesystem::path& folder, const std::string& name, base::Sha256& hash) {
    TRIMTAB_TRY(const auto file, openFile(folder, name));
    hash.update(fmt::format("{} {}\n", name, file->bytes().size()));
    hash.update(file->bytes());
    return {};
}

Result<Tensor> readArray(const std::filesystem::path& folder, const ManifestField& field) {
    if (!field.file.ends_with(".npz")) {
        TRIMTAB_TRY(const auto file, openFile(folder, field.file));
        return formats::numpy::viewNpy(file->bytes(), file, field.file);
    }
    TRIMTAB_TRY(const int descriptor, base::openBeneath(folder, field.file, false));
    // The archive is read through the descriptor, so that it is the file that was checked.
    auto arrays = formats::numpy::readNpz(fmt::format("/proc/self/fd/{}", descriptor));
    ::close(descriptor);
    if (!arrays) return fail(arrays.error().code, arrays.error().message, field.file);
    const auto found = arrays->find(field.array);
    if (found == arrays->end()) return fail(ErrorCode::Refused, fmt::format("holds no array named '{:.80}'", field.array), field.file);
    return found->second;
}

/// Where the model fixes the extent of its images, files are brought to it.
void fitToModel(const Graph* graph, const std::string& name, Preprocess& steps, int& channels) {
    const graph::ValueId id = inputFor(graph, name);
    if (id == graph::kNoValue) return;
    const auto& dims = graph->value(id).type.dims;
    if (!dims || dims->size() != 4) return;
    const bool channelsLast = steps.layout == Layout::Nhwc;
    const auto extent = [&](std::size_t axis) { return (*dims)[axis].extent; };
    const std::int64_t height = extent(channelsLast ? 1 : 2), width = extent(channelsLast ? 2 : 3), depth = extent(channelsLast ? 3 : 1);
    if (!steps.resize && !steps.crop && height > 0 && width > 0) steps.resize = {height, width};
    if (channels == 0 && (depth == 1 || depth == 3)) channels = static_cast<int>(depth);
}

Status addField(const std::filesystem::path& folder, const ManifestField& field, const Graph* graph, const Manifest& manifest, Parts& parts,
                base::Sha256& hash) {
    std::error_code ignored;
    if (!field.file.empty() && std::filesystem::is_directory(folder / field.file, ignored)) {
        if (field.file.front() == '/' || field.file.find("..") != std::string::npos)
            return fail(ErrorCode::Refused, "must lie beneath the manifest's folder", field.file);
        TRIMTAB_TRY(ClassImages images, listClassImages(folder / field.file));
        std::vector<std::string> files;
        for (const std::string& name : images.files) {
            files.push_back(field.file + "/" + name);
            TRIMTAB_REQUIRE(hashFile(folder, files.back(), hash));
        }
        Preprocess steps = field.preprocess;
        int channels = field.channels;
        fitToModel(graph, field.name, steps, channels);
        parts.inputs.emplace(field.name, makeImageField(folder, std::move(files), steps, channels));
        if (!manifest.target && manifest.shiftOf.empty()) parts.target = images.labels;
        return {};
    }
    TRIMTAB_TRY(Tensor array, readArray(folder, field));
    TRIMTAB_REQUIRE(hashFile(folder, field.file, hash));
    if (array.shape().rank() < 1) return fail(ErrorCode::Refused, "holds one number, not samples", field.file);
    if (manifest.shiftOf == field.name) {
        TRIMTAB_TRY(array, windowTokens(array, windowFor(graph, field.name), field.file));
        hash.update(array.shape().text());
    }
    parts.inputs.emplace(field.name, makeArrayField(std::move(array), field.preprocess));
    return {};
}

}  // namespace

Result<ClassImages> listClassImages(const std::filesystem::path& folder) {
    ClassImages images;
    std::vector<std::int64_t> labels;
    TRIMTAB_TRY(const auto classes, sortedNames(folder, true));
    for (std::size_t label = 0; label < classes.size(); ++label) {
        TRIMTAB_TRY(const auto files, sortedNames(folder / classes[label], false));
        for (const std::string& file : files) {
            images.files.push_back(classes[label] + "/" + file);
            labels.push_back(static_cast<std::int64_t>(label));
        }
        if (images.files.size() > kMaxFiles)
            return fail(ErrorCode::Refused, fmt::format("holds more than {} images", kMaxFiles), folder.string());
    }
    if (images.files.empty()) return fail(ErrorCode::Refused, "holds neither a dataset.json nor folders class/*.png|jpg", folder.string());
    images.labels = Tensor::fromInt64s({static_cast<std::int64_t>(labels.size())}, labels);
    return images;
}

Result<Parts> openManifest(const std::filesystem::path& path, const Graph* graph) {
    TRIMTAB_TRY(const std::string text, base::readFile(path, kMaxManifestBytes));
    TRIMTAB_TRY(const Manifest manifest, parseManifest(text, path.string()));
    const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
    Parts parts;
    parts.name = manifest.name.empty() ? std::filesystem::absolute(folder).filename().string() : manifest.name;
    parts.task = manifest.task;
    parts.metric = manifest.metric;
    parts.shiftOf = manifest.shiftOf;
    base::Sha256 hash;
    hash.update(text);
    for (const ManifestField& field : manifest.inputs) TRIMTAB_REQUIRE(addField(folder, field, graph, manifest, parts, hash));
    if (manifest.target) {
        TRIMTAB_TRY(parts.target, readArray(folder, *manifest.target));
        TRIMTAB_REQUIRE(hashFile(folder, manifest.target->file, hash));
    }
    parts.hash = hash.finish();
    return parts;
}

Result<Parts> openClassFolder(const std::filesystem::path& path, const Graph* graph) {
    TRIMTAB_TRY(ClassImages images, listClassImages(path));
    Parts parts;
    parts.name = std::filesystem::absolute(path / ".").parent_path().filename().string();
    parts.task = "classification";
    parts.metric = defaultMetric(parts.task);
    base::Sha256 hash;
    for (const std::string& file : images.files) TRIMTAB_REQUIRE(hashFile(path, file, hash));
    parts.hash = hash.finish();
    Preprocess steps;
    steps.scale = 1.0f / 255.0f;
    int channels = 0;
    fitToModel(graph, "image", steps, channels);
    parts.inputs.emplace("image", makeImageField(path, std::move(images.files), steps, channels));
    parts.target = images.labels;
    return parts;
}

}  // namespace trimtab::dataset
