// Datasets that are folders: a manifest with its files, or pictures and clips.
#include <unistd.h>

#include <algorithm>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "core/base/file.h"
#include "core/base/hash.h"
#include "core/dataset/manifest.h"
#include "core/dataset/parts.h"
#include "core/dataset/wav_file.h"
#include "core/formats/numpy/npy.h"
#include "core/formats/numpy/npy_view.h"

namespace trimtab::dataset {
namespace {

constexpr std::int64_t kMaxManifestBytes = 4 << 20;
constexpr std::size_t kMaxFiles = 5'000'000;

enum class Kind : std::uint8_t { Other, Folder, Image, Clip, Array };

Kind kindOf(const std::filesystem::directory_entry& entry) {
    std::error_code ignored;
    if (entry.is_directory(ignored)) return Kind::Folder;
    std::string extension = entry.path().extension().string();
    std::transform(extension.begin(), extension.end(), extension.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (extension == ".png" || extension == ".jpg" || extension == ".jpeg") return Kind::Image;
    if (extension == ".npy" || extension == ".npz") return Kind::Array;
    return extension == ".wav" ? Kind::Clip : Kind::Other;
}

using Listing = std::map<Kind, std::vector<std::string>>;

/// Names of each kind, sorted; hidden ones are left out.
Result<Listing> list(const std::filesystem::path& folder) {
    Listing names;
    std::size_t count = 0;
    std::error_code error;
    for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
        const std::string name = at->path().filename().string();
        if (!name.starts_with('.')) names[kindOf(*at)].push_back(name);
        if (++count > kMaxFiles) return fail(ErrorCode::Refused, fmt::format("holds more than {} entries", kMaxFiles), folder.string());
    }
    if (error) return fail(ErrorCode::Io, "cannot be listed: " + error.message(), folder.string());
    for (auto& [kind, list] : names) std::sort(list.begin(), list.end());
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

/// The length that the model fixes for clips [n, length] or [n, 1, length]; 0: none.
std::int64_t clipLengthOf(const Graph* graph, const std::string& name) {
    const graph::ValueId id = inputFor(graph, name);
    if (id == graph::kNoValue) return 0;
    const auto& dims = graph->value(id).type.dims;
    if (!dims || dims->size() < 2 || dims->size() > 3 || !dims->back().isKnown()) return 0;
    return dims->back().extent <= kMaxFrames ? dims->back().extent : 0;
}

Result<std::unique_ptr<Field>> mediaField(const std::filesystem::path& folder, MediaFiles found, const ManifestField& field,
                                          const Graph* graph) {
    if (found.media == Media::Clips) return makeClipField(folder, std::move(found.files), field.preprocess, field.clipLength);
    Preprocess steps = field.preprocess;
    int channels = field.channels;
    fitToModel(graph, field.name, steps, channels);
    return makeImageField(folder, std::move(found.files), steps, channels);
}

Status addField(const std::filesystem::path& folder, const ManifestField& field, const Graph* graph, const Manifest& manifest, Parts& parts,
                base::Sha256& hash) {
    std::error_code ignored;
    if (!field.file.empty() && std::filesystem::is_directory(folder / field.file, ignored)) {
        if (field.file.front() == '/' || field.file.find("..") != std::string::npos)
            return fail(ErrorCode::Refused, "must lie beneath the manifest's folder", field.file);
        TRIMTAB_TRY(MediaFiles found, listMedia(folder / field.file));
        for (std::string& name : found.files) {
            name = field.file + "/" + name;
            TRIMTAB_REQUIRE(hashFile(folder, name, hash));
        }
        if (!manifest.target && manifest.shiftOf.empty() && found.labels.defined()) parts.target = found.labels;
        TRIMTAB_TRY(auto media, mediaField(folder, std::move(found), field, graph));
        parts.inputs.emplace(field.name, std::move(media));
        return {};
    }
    TRIMTAB_TRY(Tensor array, readArray(folder, field));
    TRIMTAB_REQUIRE(hashFile(folder, field.file, hash));
    if (array.shape().rank() < 1) return fail(ErrorCode::Refused, "holds one number, not samples", field.file);
    if (field.clipLength > 0)
        return fail(ErrorCode::Refused, "is no folder of .wav files, so \"length\" has no meaning for it", field.file);
    if (manifest.shiftOf == field.name) {
        TRIMTAB_TRY(array, windowTokens(array, windowFor(graph, field.name), field.file));
        hash.update(array.shape().text());
        parts.windows = windowsOfRows(array);
    }
    parts.inputs.emplace(field.name, makeArrayField(std::move(array), field.preprocess));
    return {};
}

/// Of a text or of prompts, where the manifest names one.
Result<Parts> tokenizedParts(const std::filesystem::path& folder, const Manifest& manifest, const Graph* graph,
                             const std::filesystem::path& tokenizer) {
    if (!manifest.text && !manifest.prompts) return Parts();
    const std::string& name = manifest.text ? manifest.text->file : manifest.prompts->file;
    TRIMTAB_TRY(const auto file, openFile(folder, name));
    const std::string_view text(reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size());
    if (manifest.text) return cutText(text, name, graph, tokenizer, {manifest.text->window, manifest.text->stride});
    TRIMTAB_TRY(Parts parts, promptParts(text, name, graph, tokenizer, {manifest.prompts->delimiter, manifest.prompts->generation}));
    if (parts.task != manifest.task)
        return fail(ErrorCode::Refused, fmt::format("is {}, but the manifest's task is {}", parts.task, manifest.task), name);
    return parts;
}

}  // namespace

Result<MediaFiles> listMedia(const std::filesystem::path& folder) {
    MediaFiles found;
    TRIMTAB_TRY(Listing top, list(folder));
    std::vector<std::string> images, clips;
    std::vector<std::int64_t> imageLabels, clipLabels;
    const std::vector<std::string>& classes = top[Kind::Folder];
    for (std::size_t label = 0; label < classes.size(); ++label) {
        TRIMTAB_TRY(Listing inside, list(folder / classes[label]));
        for (const auto& [kind, files, labels] : {std::tuple(Kind::Image, &images, &imageLabels),
                                                  std::tuple(Kind::Clip, &clips, &clipLabels)})
            for (const std::string& file : inside[kind]) {
                files->push_back(classes[label] + "/" + file);
                labels->push_back(static_cast<std::int64_t>(label));
            }
        if (images.size() + clips.size() > kMaxFiles)
            return fail(ErrorCode::Refused, fmt::format("holds more than {} files", kMaxFiles), folder.string());
    }
    const bool isFlat = !top[Kind::Clip].empty();
    if (isFlat + !images.empty() + !clips.empty() > 1)
        return fail(ErrorCode::Refused, "holds pictures and clips, or clips with and without classes; one kind is wanted", folder.string());
    if (isFlat) return MediaFiles{Media::Clips, std::move(top[Kind::Clip]), {}};
    if (images.empty() && clips.empty())
        return fail(ErrorCode::Refused, "holds neither a dataset.json nor class/*.png|jpg, class/*.wav, *.wav, *.npy or *.npz",
                    folder.string());
    found.media = images.empty() ? Media::Clips : Media::Images;
    const auto& labels = images.empty() ? clipLabels : imageLabels;
    found.labels = Tensor::fromInt64s({static_cast<std::int64_t>(labels.size())}, labels);
    found.files = std::move(images.empty() ? clips : images);
    return found;
}

Result<Parts> openManifest(const std::filesystem::path& path, const Graph* graph, const std::filesystem::path& tokenizer) {
    TRIMTAB_TRY(const std::string text, base::readFile(path, kMaxManifestBytes));
    TRIMTAB_TRY(const Manifest manifest, parseManifest(text, path.string()));
    const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
    base::Sha256 hash;
    hash.update(text);
    TRIMTAB_TRY(Parts parts, tokenizedParts(folder, manifest, graph, tokenizer));
    hash.update(parts.hash);
    parts.name = manifest.name.empty() ? std::filesystem::absolute(folder).filename().string() : manifest.name;
    parts.task = manifest.task;
    parts.metric = manifest.metric;
    parts.shiftOf = manifest.shiftOf;
    for (const ManifestField& field : manifest.inputs) TRIMTAB_REQUIRE(addField(folder, field, graph, manifest, parts, hash));
    if (manifest.target) {
        TRIMTAB_TRY(parts.target, readArray(folder, *manifest.target));
        TRIMTAB_REQUIRE(hashFile(folder, manifest.target->file, hash));
    }
    if (manifest.group) {
        TRIMTAB_TRY(parts.group, readArray(folder, *manifest.group));
        TRIMTAB_REQUIRE(hashFile(folder, manifest.group->file, hash));
    }
    parts.rules = manifest.rules;
    parts.hash = hash.finish();
    return parts;
}

Result<Parts> openFolder(const std::filesystem::path& path, const Graph* graph) {
    TRIMTAB_TRY(Listing top, list(path));
    const bool holdsMedia = !top[Kind::Folder].empty() || !top[Kind::Clip].empty();
    if (top[Kind::Array].empty() || holdsMedia) return openMediaFolder(path, graph);
    return openArrayFolder(path, top[Kind::Array], graph);
}

Result<Parts> openMediaFolder(const std::filesystem::path& path, const Graph* graph) {
    TRIMTAB_TRY(MediaFiles found, listMedia(path));
    Parts parts;
    parts.name = std::filesystem::absolute(path / ".").parent_path().filename().string();
    parts.task = "classification";
    parts.metric = defaultMetric(parts.task);
    base::Sha256 hash;
    for (const std::string& file : found.files) TRIMTAB_REQUIRE(hashFile(path, file, hash));
    parts.hash = hash.finish();
    parts.target = found.labels;
    ManifestField field;
    if (found.media == Media::Clips) {
        field.name = "audio";
        field.clipLength = clipLengthOf(graph, field.name);
    } else {
        field.name = "image";
        field.preprocess.scale = 1.0f / 255.0f;
    }
    TRIMTAB_TRY(auto media, mediaField(path, std::move(found), field, graph));
    parts.inputs.emplace(field.name, std::move(media));
    return parts;
}

}  // namespace trimtab::dataset
