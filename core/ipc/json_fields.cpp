#include "core/ipc/json_fields.h"

namespace trimtab::ipc {
namespace {

tl::unexpected<Error> wrongType(std::string_view key, std::string_view wanted) {
    return fail(ErrorCode::Refused, "\"" + std::string(key) + "\" must be " + std::string(wanted));
}

/// The member when it is an array; nullptr when it is absent.
Result<const Json*> arrayAt(const Json& object, std::string_view key) {
    const Json* member = base::memberAt(object, key);
    if (member && !member->is_array()) return wrongType(key, "an array");
    return member;
}

template <class T>
Result<std::map<std::string, T>> integerMapAt(const Json& object, std::string_view key) {
    std::map<std::string, T> values;
    const Json* member = base::memberAt(object, key);
    if (!member) return values;
    if (!member->is_object()) return wrongType(key, "an object");
    for (const auto& [name, item] : member->items()) {
        if (!item.is_number_integer()) return wrongType(key, "an object of whole numbers");
        values.emplace(name, item.template get<T>());
    }
    return values;
}

}  // namespace

Json encode(const base::PairedBlock& block) { return {{"baseline", encode(block.baseline)}, {"trial", encode(block.trial)}}; }

Result<base::PairedBlock> blockAt(const Json& object, std::string_view key) {
    const Json* member = base::memberAt(object, key);
    if (!member || !member->is_object()) return wrongType(key, "an object");
    base::PairedBlock block;
    TRIMTAB_TRY(block.baseline, trial::realsAt(*member, "baseline"));
    TRIMTAB_TRY(block.trial, trial::realsAt(*member, "trial"));
    return block;
}

Result<std::vector<std::int64_t>> integersAt(const Json& object, std::string_view key) {
    TRIMTAB_TRY(const Json* array, arrayAt(object, key));
    std::vector<std::int64_t> values;
    if (!array) return values;
    for (const Json& item : *array) {
        if (!item.is_number_integer()) return wrongType(key, "an array of whole numbers");
        values.push_back(item.get<std::int64_t>());
    }
    return values;
}

Result<trial::Environment> environmentAt(const Json& json) {
    const Json* member = base::memberAt(json, "environment");
    if (!member) return fail(ErrorCode::Refused, "the answer does not say where it was measured");
    return trial::environmentFromJson(*member);
}

Result<std::vector<std::string>> stringsAt(const Json& object, std::string_view key) {
    TRIMTAB_TRY(const Json* array, arrayAt(object, key));
    std::vector<std::string> values;
    if (!array) return values;
    for (const Json& item : *array) {
        if (!item.is_string()) return wrongType(key, "an array of strings");
        values.push_back(item.get<std::string>());
    }
    return values;
}

Result<std::map<std::string, std::string>> stringMapAt(const Json& object, std::string_view key) {
    std::map<std::string, std::string> values;
    const Json* member = base::memberAt(object, key);
    if (!member) return values;
    if (!member->is_object()) return wrongType(key, "an object");
    for (const auto& [name, item] : member->items()) {
        if (!item.is_string()) return wrongType(key, "an object of strings");
        values.emplace(name, item.get<std::string>());
    }
    return values;
}

Result<std::map<std::string, int>> countMapAt(const Json& object, std::string_view key) { return integerMapAt<int>(object, key); }

Result<std::map<std::string, std::int64_t>> extentMapAt(const Json& object, std::string_view key) {
    return integerMapAt<std::int64_t>(object, key);
}

Status requireObject(const Json& json, std::string_view what) {
    if (!json.is_object()) return fail(ErrorCode::Refused, std::string(what) + " must be a JSON object");
    return {};
}

}  // namespace trimtab::ipc
