#pragma once
// What a pickle describes while it is read. Values lie in one list and name each other by their places in it: a dictionary may hold itself,
// and nothing here walks into depth.
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/formats/torch/state_dict.h"

namespace trimtab::formats::torch {

using Place = std::uint32_t;

struct None {};
/// Where a tuple, or a call's arguments, begin on the stack.
struct Mark {};
struct Tuple {
    std::vector<Place> items;
};
/// Of lists only that they are there: no tensor is in one.
struct List {};
struct Dictionary {
    std::vector<std::pair<Place, Place>> entries;
};
struct Callable {
    std::string name;  // "collections.OrderedDict"
};
struct Storage {
    std::string key;
    DataType type = DataType::Undefined;
    std::int64_t elements = 0;
};

using PickleValue = std::variant<None, Mark, bool, std::int64_t, double, std::string, Tuple, List, Dictionary, Callable, Storage, Window>;

/// "a tuple", for messages.
std::string kindOf(const PickleValue& value);

/// What a call of one of the names stands for. Refused, naming it, for others and for arguments that don't fit.
Result<PickleValue> called(const std::vector<PickleValue>& values, const Callable& callable, const Tuple& arguments);
/// Of the tuple ("storage", type, key, place, elements).
Result<PickleValue> storageOf(const std::vector<PickleValue>& values, const Tuple& id);
/// Whether a pickle may name it.
bool isKnown(const Callable& callable);

}  // namespace trimtab::formats::torch
