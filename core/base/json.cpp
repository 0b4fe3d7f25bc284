#include "core/base/json.h"

#include <cmath>
#include <set>
#include <vector>

#include <fmt/format.h>

#include "core/base/file.h"

namespace trimtab::base {
namespace {

// Builds the document while it counts depth and refuses duplicate keys; nlohmann's own builder would keep the last of two.
class StrictBuilder : public nlohmann::detail::json_sax_dom_parser<Json> {
    using Base = nlohmann::detail::json_sax_dom_parser<Json>;

public:
    explicit StrictBuilder(Json& root) : Base(root, false) {}

    bool start_object(std::size_t count) {
        m_keys.emplace_back();
        return enter() && Base::start_object(count);
    }
    bool end_object() {
        m_keys.pop_back();
        --m_depth;
        return Base::end_object();
    }
    bool start_array(std::size_t count) { return enter() && Base::start_array(count); }
    bool end_array() {
        --m_depth;
        return Base::end_array();
    }
    bool key(std::string& word) {
        if (!m_keys.back().insert(word).second) return refuse("the key \"" + word + "\" stands twice");
        return Base::key(word);
    }
    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) {
        return refuse(fmt::format("not valid JSON at byte {}", position));
    }

    std::string problem;

private:
    bool enter() { return ++m_depth <= kMaxJsonDepth || refuse(fmt::format("nested deeper than {} levels", kMaxJsonDepth)); }
    bool refuse(std::string why) {
        problem = std::move(why);
        return false;
    }
    int m_depth = 0;
    std::vector<std::set<std::string>> m_keys;
};

std::string quoted(std::string_view key) { return "\"" + std::string(key) + "\""; }

}  // namespace

Result<Json> parseJson(std::string_view text, std::string_view what) {
    Json root;
    StrictBuilder builder(root);
    try {
        if (Json::sax_parse(text.begin(), text.end(), &builder)) return root;
    } catch (const std::exception&) {
        builder.problem = "not valid JSON";
    }
    return fail(ErrorCode::Refused, builder.problem.empty() ? "not valid JSON" : builder.problem, std::string(what));
}

Result<Json> readJsonFile(const std::string& path, std::int64_t maxBytes) {
    TRIMTAB_TRY(const std::string text, readFile(path, maxBytes));
    return parseJson(text, path);
}

std::string dumpJson(const Json& json, int indent) { return json.dump(indent, ' ', false, Json::error_handler_t::replace); }

const Json* memberAt(const Json& object, std::string_view key) {
    if (!object.is_object()) return nullptr;
    const auto found = object.find(std::string(key));
    return found == object.end() || found->is_null() ? nullptr : &*found;
}

namespace {
tl::unexpected<Error> missing(std::string_view key) { return fail(ErrorCode::Refused, quoted(key) + " is missing"); }
tl::unexpected<Error> wrong(std::string_view key, std::string_view kind) {
    return fail(ErrorCode::Refused, fmt::format("{} must be {}", quoted(key), kind));
}

// Whole numbers may be written as 4.0, as some writers do.
std::optional<std::int64_t> asInteger(const Json& member) {
    if (member.is_number_unsigned() && member.get<std::uint64_t>() > INT64_MAX) return std::nullopt;
    if (member.is_number_integer()) return member.get<std::int64_t>();
    if (!member.is_number_float()) return std::nullopt;
    const double value = member.get<double>();
    if (value != std::floor(value) || std::abs(value) > 9e15) return std::nullopt;
    return static_cast<std::int64_t>(value);
}
}  // namespace

Result<std::string> stringAt(const Json& object, std::string_view key) {
    const Json* member = memberAt(object, key);
    if (!member) return missing(key);
    if (!member->is_string()) return wrong(key, "a string");
    return member->get<std::string>();
}
Result<std::string> stringAt(const Json& object, std::string_view key, std::string fallback) {
    return memberAt(object, key) ? stringAt(object, key) : Result<std::string>(std::move(fallback));
}
Result<std::int64_t> integerAt(const Json& object, std::string_view key) {
    const Json* member = memberAt(object, key);
    if (!member) return missing(key);
    const auto value = asInteger(*member);
    if (!value) return wrong(key, "a whole number");
    return *value;
}
Result<std::int64_t> integerAt(const Json& object, std::string_view key, std::int64_t fallback) {
    return memberAt(object, key) ? integerAt(object, key) : Result<std::int64_t>(fallback);
}
Result<double> numberAt(const Json& object, std::string_view key) {
    const Json* member = memberAt(object, key);
    if (!member) return missing(key);
    if (!member->is_number()) return wrong(key, "a number");
    return member->get<double>();
}
Result<double> numberAt(const Json& object, std::string_view key, double fallback) {
    return memberAt(object, key) ? numberAt(object, key) : Result<double>(fallback);
}
Result<bool> booleanAt(const Json& object, std::string_view key, bool fallback) {
    const Json* member = memberAt(object, key);
    if (!member) return fallback;
    if (!member->is_boolean()) return wrong(key, "true or false");
    return member->get<bool>();
}

}  // namespace trimtab::base
