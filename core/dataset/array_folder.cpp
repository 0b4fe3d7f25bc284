// Folders of arrays without a manifest: what a program wrote down of a model's inputs, batch by batch, to calibrate on.
//   a .npy named like each input                  one array an input
//   other .npy files, of a model with one input   samples, file after file in the order of their names
//   .npz files, arrays named like the inputs      samples, file after file
// An array with one axis less than the model's input is one sample.
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "core/base/file.h"
#include "core/base/hash.h"
#include "core/dataset/manifest.h"
#include "core/dataset/parts.h"
#include "core/formats/numpy/npy.h"
#include "core/formats/numpy/npy_view.h"

namespace trimtab::dataset {
namespace {

using Arrays = std::map<std::string, std::vector<Tensor>>;  // input → its parts in order

const graph::Value* inputNamed(const Graph* graph, const std::string& name) {
    for (std::size_t i = 0; graph && i < graph->inputs.size(); ++i)
        if (const graph::Value& value = graph->value(graph->inputs[i]); value.name == name) return &value;
    return nullptr;
}

Result<Tensor> asSamples(Tensor array, const graph::Value* input, const std::string& file) {
    const bool isOneSample = input && input->type.dims && static_cast<std::size_t>(array.shape().rank()) + 1 == input->type.dims->size();
    if (isOneSample) {
        std::vector<std::int64_t> dims = array.shape().dims();
        dims.insert(dims.begin(), 1);
        return array.reshaped(Shape(dims));
    }
    if (array.shape().rank() < 1) return fail(ErrorCode::Refused, "holds one number, not samples", file);
    return array;
}

/// All parts behind one another along the first axis.
Result<Tensor> joined(const std::vector<Tensor>& parts, const std::string& name) {
    if (parts.size() == 1) return parts.front();
    std::vector<std::int64_t> dims = parts.front().shape().dims();
    dims.front() = 0;
    for (const Tensor& part : parts) {
        std::vector<std::int64_t> own = part.shape().dims();
        const std::int64_t samples = own.front();
        own.front() = dims.front();
        if (part.type() != parts.front().type() || own != dims)
            return fail(ErrorCode::Refused, fmt::format("the files for '{:.80}' hold samples of different shapes or types: {} {} and {} {}",
                                                        name, tensor::name(parts.front().type()), parts.front().shape().text(),
                                                        tensor::name(part.type()), part.shape().text()));
        dims.front() += samples;
    }
    TRIMTAB_TRY(Tensor whole, Tensor::allocate(parts.front().type(), Shape(dims)));
    std::byte* to = whole.mutableBytes().data();
    for (const Tensor& part : parts) {
        if (!part.bytes().empty()) std::memcpy(to, part.bytes().data(), part.bytes().size());
        to += part.bytes().size();
    }
    return whole;
}

Result<Tensor> readArrayFile(const std::filesystem::path& folder, const std::string& name) {
    TRIMTAB_TRY(const int descriptor, base::openBeneath(folder, name, false));
    TRIMTAB_TRY(const auto file, base::MappedFile::adopt(descriptor, name));
    return formats::numpy::viewNpy(file->bytes(), file, name);
}

Status addArrayFiles(const std::filesystem::path& folder, const std::vector<std::string>& files, const Graph* graph, Arrays& arrays) {
    const auto stem = [](const std::string& name) { return std::filesystem::path(name).stem().string(); };
    const bool areNamed = !graph || std::ranges::all_of(files, [&](const std::string& name) {
        return inputNamed(graph, stem(name)) || stem(name) == "target";
    });
    if (!areNamed && graph->inputs.size() != 1)
        return fail(ErrorCode::Refused, "holds .npy files that are not named like the model's inputs, of which there are several",
                    folder.string());
    for (const std::string& name : files) {
        TRIMTAB_TRY(Tensor array, readArrayFile(folder, name));
        const std::string input = areNamed ? stem(name) : graph->value(graph->inputs[0]).name;
        TRIMTAB_TRY(array, asSamples(std::move(array), inputNamed(graph, input), name));
        arrays[input].push_back(std::move(array));
    }
    return {};
}

Status addArchives(const std::filesystem::path& folder, const std::vector<std::string>& files, const Graph* graph, Arrays& arrays) {
    for (const std::string& name : files) {
        TRIMTAB_TRY(const int descriptor, base::openBeneath(folder, name, false));
        // The archive is read through the descriptor, so that it is the file that was checked.
        auto held = formats::numpy::readNpz(fmt::format("/proc/self/fd/{}", descriptor));
        ::close(descriptor);
        if (!held) return fail(held.error().code, held.error().message, name);
        for (auto& [input, array] : *held) {
            TRIMTAB_TRY(Tensor samples, asSamples(std::move(array), inputNamed(graph, input), name));
            arrays[input].push_back(std::move(samples));
        }
    }
    return {};
}

Result<std::string> hashOf(const std::filesystem::path& folder, const std::vector<std::string>& files) {
    base::Sha256 hash;
    for (const std::string& name : files) {
        TRIMTAB_TRY(const int descriptor, base::openBeneath(folder, name, false));
        TRIMTAB_TRY(const auto file, base::MappedFile::adopt(descriptor, name));
        hash.update(fmt::format("{} {}\n", name, file->bytes().size()));
        hash.update(file->bytes());
    }
    return hash.finish();
}

}  // namespace

Result<Parts> openArrayFolder(const std::filesystem::path& path, const std::vector<std::string>& files, const Graph* graph) {
    std::vector<std::string> plain, archives;
    for (const std::string& name : files) (name.ends_with(".npz") ? archives : plain).push_back(name);
    if (!plain.empty() && !archives.empty())
        return fail(ErrorCode::Refused, "holds .npy and .npz files; one kind is wanted", path.string());
    Arrays arrays;
    TRIMTAB_REQUIRE(archives.empty() ? addArrayFiles(path, plain, graph, arrays) : addArchives(path, archives, graph, arrays));
    Parts parts;
    parts.name = std::filesystem::absolute(path / ".").parent_path().filename().string();
    parts.mayHoldMore = !archives.empty();
    TRIMTAB_TRY(parts.hash, hashOf(path, files));
    for (auto& [input, held] : arrays) {
        TRIMTAB_TRY(Tensor whole, joined(held, input));
        if (input == "target") parts.target = std::move(whole);
        else parts.inputs.emplace(input, makeArrayField(std::move(whole), {}));
    }
    if (parts.inputs.empty()) return fail(ErrorCode::Refused, "holds no array with samples", path.string());
    parts.task = taskOfTarget(parts.target);
    parts.metric = defaultMetric(parts.task);
    return parts;
}

}  // namespace trimtab::dataset
