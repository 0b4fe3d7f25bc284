#include "core/base/json.h"

#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "core/base/file.h"

namespace trimtab::base {
namespace {

// Builds the document while it counts depth and refuses duplicate keys (of which the library would keep the last).
class StrictBuilder final : public nlohmann::json_sax<Json> {
public:
    Json document;
    std::string problem;

    bool null() override { return add(nullptr); }
    bool boolean(bool value) override { return add(value); }
    bool number_integer(number_integer_t value) override { return add(value); }
    bool number_unsigned(number_unsigned_t value) override { return add(value); }
    bool number_float(number_float_t value, const string_t&) override { return add(value); }
    bool string(string_t& value) override { return add(std::move(value)); }
    bool binary(binary_t&) override { return refuse("holds binary values"); }
    bool start_object(std::size_t) override { return open(Json::object()); }
    bool start_array(std::size_t) override { return open(Json::array()); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }
    bool key(string_t& word) override {
        if (m_open.back()->contains(word)) return refuse("the key \"" + word + "\" stands twice");
        m_key = std::move(word);
        return true;
    }
    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
        return refuse(fmt::format("not valid JSON at byte {}", position));
    }

private:
    Json* place(Json value) {
        if (m_open.empty()) return &(document = std::move(value));
        Json& parent = *m_open.back();
        if (parent.is_object()) return &(parent[m_key] = std::move(value));
        parent.push_back(std::move(value));
        return &parent.back();
    }
    bool add(Json value) {
        place(std::move(value));
        return true;
    }
    bool open(Json container) {
        if (m_open.size() >= static_cast<std::size_t>(kMaxJsonDepth))
            return refuse(fmt::format("nested deeper than {} levels", kMaxJsonDepth));
        m_open.push_back(place(std::move(container)));
        return true;
    }
    bool close() {
        m_open.pop_back();
        return true;
    }
    bool refuse(std::string why) {
        problem = std::move(why);
        return false;
    }
    // Pointers stay valid: only the innermost container grows.
    std::vector<Json*> m_open;
    std::string m_key;
};

std::string quoted(std::string_view key) { return "\"" + std::string(key) + "\""; }

}  // namespace

Result<Json> parseJson(std::string_view text, std::string_view what) {
    StrictBuilder builder;
    try {
        if (Json::sax_parse(text.begin(), text.end(), &builder)) return std::move(builder.document);
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
