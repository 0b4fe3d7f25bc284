#include "core/trial/variant.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "core/recipe/object_reader.h"

namespace trimtab::trial {

Status checkVariants(const std::vector<Variant>& variants) {
    constexpr std::size_t kMost = 100;
    if (variants.size() > kMost) return fail(ErrorCode::Refused, fmt::format("there may be at most {}", kMost), "variants");
    std::set<std::string> names;
    for (const Variant& variant : variants) {
        if (variant.name.empty()) return fail(ErrorCode::Refused, "one has no name", "variants");
        if (std::ranges::any_of(variant.name, [](unsigned char c) { return c == '=' || c < ' ' || c == 127; }))
            return fail(ErrorCode::Refused, "a name must not hold \"=\" or control characters", "variants");
        if (!names.insert(variant.name).second)
            return fail(ErrorCode::Refused, fmt::format("two are called \"{}\"; give them names of their own", variant.name), "variants");
    }
    return {};
}

Json toJson(const std::vector<Variant>& variants) {
    Json json = Json::array();
    for (const Variant& variant : variants) json.push_back({{"name", variant.name}, {"model", variant.path}, {"hash", variant.hash}});
    return json;
}

Result<std::vector<Variant>> variantsFromJson(const Json& json) {
    if (!json.is_array()) return fail(ErrorCode::Refused, "variants must be a list");
    std::vector<Variant> variants;
    for (std::size_t i = 0; i < json.size(); ++i) {
        const std::string place = fmt::format("variants[{}]", i);
        const recipe::ObjectReader reader(json[i], place);
        TRIMTAB_REQUIRE(reader.checkKeys({"name", "model", "hash"}));
        Variant variant;
        TRIMTAB_TRY(variant.path, reader.text("model", ""));
        if (variant.path.empty()) return fail(ErrorCode::Refused, place + ".model must name a file or a folder");
        TRIMTAB_TRY(variant.name, reader.text("name", ""));
        TRIMTAB_TRY(variant.hash, reader.text("hash", ""));
        variants.push_back(std::move(variant));
    }
    return variants;
}

}  // namespace trimtab::trial
