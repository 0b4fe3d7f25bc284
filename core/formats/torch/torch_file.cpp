#include "core/formats/torch/torch_file.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "core/base/checked.h"
#include "core/formats/torch/state_dict.h"
#include "core/formats/zip/archive.h"

namespace trimtab::formats::torch {
namespace {

constexpr std::string_view kPickle = "/data.pkl";
constexpr std::int64_t kLongestPickle = 16 << 20;

/// The last element that the window reaches; −1 where it is empty, nullopt beyond all counts.
std::optional<std::int64_t> lastOf(const Window& window) {
    std::optional<std::int64_t> last = window.offset;
    for (std::size_t axis = 0; axis < window.extents.size(); ++axis) {
        if (window.extents[axis] == 0) return -1;
        const auto reach = base::checkedMultiply(window.extents[axis] - 1, window.strides[axis]);
        last = last && reach ? base::checkedAdd(*last, *reach) : std::nullopt;
    }
    return last;
}

bool isRowMajor(const Window& window) {
    std::int64_t stride = 1;
    for (std::size_t axis = window.extents.size(); axis-- > 0;) {
        if (window.extents[axis] != 1 && window.strides[axis] != stride) return false;
        stride *= window.extents[axis];
    }
    return true;
}

/// REQUIRES: the window lies within the storage and is not empty.
Result<Tensor> gathered(const Window& window, const Tensor& storage) {
    const auto width = static_cast<std::size_t>(tensor::bitWidth(window.type) / 8);
    TRIMTAB_TRY(Tensor made, Tensor::allocate(window.type, Shape(window.extents)));
    const std::byte* const from = storage.bytes().data();
    std::byte* to = made.mutableBytes().data();
    std::vector<std::int64_t> index(window.extents.size(), 0);
    std::int64_t at = window.offset;
    for (std::int64_t i = 0; i < made.elementCount(); ++i, to += width) {
        std::memcpy(to, from + static_cast<std::size_t>(at) * width, width);
        for (std::size_t axis = index.size(); axis-- > 0;) {
            at += window.strides[axis];
            if (++index[axis] < window.extents[axis]) break;
            at -= window.strides[axis] * window.extents[axis];
            index[axis] = 0;
        }
    }
    return made;
}

Result<Tensor> tensorOf(const Window& window, const Tensor& storage) {
    const auto last = lastOf(window);
    const auto count = base::checkedProduct(window.extents);
    if (!last || !count || *last >= window.elements || *count > window.elements)
        return fail(ErrorCode::Refused,
                    fmt::format("is {} with strides {} from element {} on, which a storage of {} elements does not hold",
                                Shape(window.extents).text(), Shape(window.strides).text(), window.offset, window.elements));
    if (*last < 0) return Tensor::allocate(window.type, Shape(window.extents));
    if (!isRowMajor(window)) return gathered(window, storage);
    const auto width = static_cast<std::size_t>(tensor::bitWidth(window.type) / 8);
    const auto bytes = storage.bytes().subspan(static_cast<std::size_t>(window.offset) * width, static_cast<std::size_t>(*count) * width);
    return Tensor::view(window.type, Shape(window.extents), bytes, std::make_shared<const Tensor>(storage));
}

class Reader {
public:
    Reader(const zip::Archive& archive, const std::string& name) : m_archive(archive), m_name(name) {}

    Result<std::vector<NamedTensor>> read() {
        TRIMTAB_REQUIRE(list());
        TRIMTAB_TRY(const Tensor pickle, content(std::string(kPickle.substr(1)), kLongestPickle));
        TRIMTAB_TRY(const std::vector<NamedWindow> windows, stateDictIn(pickle.bytes()));
        std::vector<NamedTensor> tensors;
        for (const auto& [name, window] : windows) {
            TRIMTAB_TRY(const Tensor storage, storageOf(name, window));
            auto tensor = tensorOf(window, storage);
            if (!tensor) return fail(tensor.error().code, fmt::format("{:.100} {}", name, tensor.error().message));
            tensors.push_back({name, std::move(*tensor)});
        }
        return tensors;
    }

private:
    Status list() {
        TRIMTAB_TRY(const auto entries, m_archive.entries());
        for (const zip::Entry& entry : entries)
            if (entry.name.ends_with(kPickle)) {
                if (!m_root.empty()) return fail(ErrorCode::Refused, "holds a data.pkl in two places");
                m_root = entry.name.substr(0, entry.name.size() - kPickle.size() + 1);
            }
        if (m_root.empty()) return fail(ErrorCode::Refused, "holds no data.pkl: it is no file of torch.save");
        for (const zip::Entry& entry : entries)
            if (!m_entries.emplace(entry.name, entry).second)
                return fail(ErrorCode::Refused, fmt::format("holds {:.100} twice", entry.name));
        if (!m_entries.contains(m_root + "byteorder")) return {};
        TRIMTAB_TRY(const Tensor order, content("byteorder", 16));
        if (std::string(reinterpret_cast<const char*>(order.bytes().data()), order.bytes().size()) == "little") return {};
        return fail(ErrorCode::Refused, "holds numbers whose first byte is the highest: save it again where the lowest is");
    }
    /// Of an entry beneath the root.
    Result<Tensor> content(const std::string& path, std::int64_t most) const {
        const auto found = m_entries.find(m_root + path);
        if (found == m_entries.end()) return fail(ErrorCode::Refused, fmt::format("holds no {:.100}", path));
        if (!found->second.isStored)
            return fail(ErrorCode::Refused, fmt::format("holds {:.100} compressed, which torch.save never does", path));
        if (found->second.size > most) return fail(ErrorCode::Refused, fmt::format("{:.100} is larger than {} bytes", path, most));
        return m_archive.read(found->second, m_name + ":" + path);
    }
    /// Each is read once.
    Result<Tensor> storageOf(const std::string& name, const Window& window) {
        const auto bytes = tensor::byteSize(window.type, window.elements);
        const auto known = m_storages.find(window.storage);
        if (known == m_storages.end()) {
            TRIMTAB_TRY(m_storages[window.storage], content("data/" + window.storage, INT64_MAX));
        }
        const Tensor& storage = m_storages.at(window.storage);
        if (bytes && static_cast<std::int64_t>(storage.bytes().size()) == *bytes) return storage;
        return fail(ErrorCode::Refused, fmt::format("{:.100} lies in data/{:.40}, which holds {} bytes and not {} of {}", name,
                                                    window.storage, storage.bytes().size(), window.elements, tensor::name(window.type)));
    }

    const zip::Archive& m_archive;
    const std::string& m_name;
    std::string m_root;  // with the slash behind it
    std::map<std::string, zip::Entry> m_entries;
    std::map<std::string, Tensor> m_storages;
};

constexpr std::array<std::string_view, 3> kEndings{".pt", ".pth", ".ckpt"};

}  // namespace

Result<std::vector<NamedTensor>> readTensors(int descriptor, const std::string& name) {
    TRIMTAB_TRY(const zip::Archive archive, zip::Archive::adopt(descriptor, name, "PyTorch"));
    auto tensors = Reader(archive, name).read();
    if (!tensors && tensors.error().context.empty()) tensors.error().context = name;
    return tensors;
}

bool isNamedAsTorch(const std::filesystem::path& path) {
    return std::ranges::find(kEndings, path.extension().string()) != kEndings.end();
}

Error refusalOf(const std::filesystem::path& path) {
    return {ErrorCode::Refused,
            "is a file of PyTorch, which says nothing of the model's graph and may hold code. Save its tensors beside a config.json: "
            "python3 -c \"import torch; from safetensors.torch import save_file; save_file(torch.load('FILE', map_location='cpu', "
            "weights_only=True), 'model.safetensors')\"; or export the model: torch.onnx.export(model, inputs, 'model.onnx')",
            path.string()};
}

}  // namespace trimtab::formats::torch
