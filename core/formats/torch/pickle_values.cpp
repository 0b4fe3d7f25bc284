#include "core/formats/torch/pickle_values.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace trimtab::formats::torch {
namespace {

constexpr std::size_t kMostAxes = 64;
constexpr std::string_view kDictionary = "collections.OrderedDict", kTensor = "torch._utils._rebuild_tensor_v2",
                           kParameter = "torch._utils._rebuild_parameter";

constexpr std::array<std::pair<std::string_view, DataType>, 10> kStorages{{{"torch.FloatStorage", DataType::Float32},
                                                                           {"torch.HalfStorage", DataType::Float16},
                                                                           {"torch.BFloat16Storage", DataType::BFloat16},
                                                                           {"torch.DoubleStorage", DataType::Float64},
                                                                           {"torch.LongStorage", DataType::Int64},
                                                                           {"torch.IntStorage", DataType::Int32},
                                                                           {"torch.ShortStorage", DataType::Int16},
                                                                           {"torch.CharStorage", DataType::Int8},
                                                                           {"torch.ByteStorage", DataType::UInt8},
                                                                           {"torch.BoolStorage", DataType::Bool}}};

const auto* storageNamed(std::string_view name) { return std::ranges::find(kStorages, name, [](const auto& pair) { return pair.first; }); }

template <class T>
const T* argumentAt(const std::vector<PickleValue>& values, const Tuple& arguments, std::size_t i) {
    return i < arguments.items.size() ? std::get_if<T>(&values[arguments.items[i]]) : nullptr;
}

/// A tuple of whole numbers that are not negative.
Result<std::vector<std::int64_t>> countsAt(const std::vector<PickleValue>& values, const Tuple& arguments, std::size_t i,
                                           std::string_view what) {
    const Tuple* const given = argumentAt<Tuple>(values, arguments, i);
    if (given == nullptr || given->items.size() > kMostAxes)
        return fail(ErrorCode::Refused, fmt::format("a tensor's {} is no tuple of at most {} numbers", what, kMostAxes));
    std::vector<std::int64_t> counts;
    for (const Place place : given->items) {
        const auto* const count = std::get_if<std::int64_t>(&values[place]);
        if (count == nullptr || *count < 0) return fail(ErrorCode::Refused, fmt::format("a tensor's {} holds what is no count", what));
        counts.push_back(*count);
    }
    return counts;
}

Result<PickleValue> tensorOf(const std::vector<PickleValue>& values, const Tuple& arguments) {
    const auto* const storage = argumentAt<Storage>(values, arguments, 0);
    const auto* const offset = argumentAt<std::int64_t>(values, arguments, 1);
    if (storage == nullptr || offset == nullptr || *offset < 0)
        return fail(ErrorCode::Refused, "a tensor has no storage, or no offset within it");
    Window window{.storage = storage->key, .type = storage->type, .elements = storage->elements, .offset = *offset};
    TRIMTAB_TRY(window.extents, countsAt(values, arguments, 2, "size"));
    TRIMTAB_TRY(window.strides, countsAt(values, arguments, 3, "stride"));
    if (window.extents.size() != window.strides.size())
        return fail(ErrorCode::Refused,
                    fmt::format("a tensor has {} axes and {} strides", window.extents.size(), window.strides.size()));
    return PickleValue(std::move(window));
}

}  // namespace

std::string kindOf(const PickleValue& value) {
    constexpr std::array<const char*, std::variant_size_v<PickleValue>> words{
        "None",    "a mark", "a truth value", "a whole number", "a number",  "a text",
        "a tuple", "a list", "a dictionary",  "a name",         "a storage", "a tensor"};
    return words[value.index()];
}

bool isKnown(const Callable& callable) {
    return callable.name == kDictionary || callable.name == kTensor || callable.name == kParameter ||
           storageNamed(callable.name) != kStorages.end();
}

Result<PickleValue> called(const std::vector<PickleValue>& values, const Callable& callable, const Tuple& arguments) {
    if (callable.name == kTensor) return tensorOf(values, arguments);
    if (callable.name == kParameter) {
        const auto* const tensor = argumentAt<Window>(values, arguments, 0);
        if (tensor == nullptr) return fail(ErrorCode::Refused, "a parameter is of no tensor");
        return PickleValue(*tensor);
    }
    if (callable.name == kDictionary && arguments.items.empty()) return PickleValue(Dictionary{});
    return fail(ErrorCode::Refused, fmt::format("calls {} with {} arguments", callable.name, arguments.items.size()));
}

Result<PickleValue> storageOf(const std::vector<PickleValue>& values, const Tuple& id) {
    const auto* const word = argumentAt<std::string>(values, id, 0);
    const auto* const type = argumentAt<Callable>(values, id, 1);
    const auto* const key = argumentAt<std::string>(values, id, 2);
    const auto* const elements = argumentAt<std::int64_t>(values, id, 4);
    if (word == nullptr || *word != "storage" || type == nullptr || key == nullptr || elements == nullptr || *elements < 0)
        return fail(ErrorCode::Refused, "a persistent id is not that of a storage");
    const auto* const known = storageNamed(type->name);
    if (known == kStorages.end()) return fail(ErrorCode::Refused, fmt::format("{} is no type of storages", type->name));
    return PickleValue(Storage{*key, known->second, *elements});
}

}  // namespace trimtab::formats::torch
