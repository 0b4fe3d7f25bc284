#include "core/dataset/tokenizers/post_processor.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace trimtab::dataset::tokenizers {
namespace {

constexpr std::size_t kMostItems = 1024;  // of one template, and of the ids of one special token

Result<std::int32_t> idAt(const Json& value, const std::string& field) {
    const bool isSound =
        value.is_number_integer() && !(value.is_number_unsigned() && value.get<std::uint64_t>() >= static_cast<std::uint64_t>(kMostTokens));
    const std::int64_t id = isSound ? value.get<std::int64_t>() : -1;
    if (id < 0) return fail(ErrorCode::Refused, field + " must be an id");
    return static_cast<std::int32_t>(id);
}

// ["[SEP]", 102]
Result<std::int32_t> pairId(const Section& section, std::string_view key) {
    TRIMTAB_TRY(const Json* pair, section.list(key));
    if (pair->size() != 2) return fail(ErrorCode::Refused, section.under(key) + " must be a token and its id");
    return idAt((*pair)[1], section.under(key) + "[1]");
}

}  // namespace

Result<PostProcessor::Template> PostProcessor::readTemplate(const Section& section) {
    TRIMTAB_TRY(const Json* items, section.list("single"));
    if (items->size() > kMostItems) return fail(ErrorCode::Refused, section.under("single") + " is too long");
    const Json* specials = base::memberAt(section.json(), "special_tokens");
    Template result;
    for (std::size_t i = 0; i < items->size(); ++i) {
        const std::string at = fmt::format("{}[{}]", section.under("single"), i);
        if (const Json* text = base::memberAt((*items)[i], "Sequence")) {
            TRIMTAB_TRY(const std::string which, Section(*text, at + ".Sequence").text("id"));
            if (which != "A") return fail(ErrorCode::Refused, at + " names a second text, of which there is none");
            result.push_back({true, {}});
            continue;
        }
        const Json* special = base::memberAt((*items)[i], "SpecialToken");
        if (!special) return fail(ErrorCode::Refused, at + " must be a SpecialToken or a Sequence");
        TRIMTAB_TRY(const std::string name, Section(*special, at + ".SpecialToken").text("id"));
        const Json* entry = specials ? base::memberAt(*specials, name) : nullptr;
        if (!entry) return fail(ErrorCode::Refused, fmt::format("{}: '{:.40}' is not in {}", at, name, section.under("special_tokens")));
        const std::string place = fmt::format("{}.{:.40}", section.under("special_tokens"), name);
        TRIMTAB_TRY(const Json* list, Section(*entry, place).list("ids"));
        if (list->size() > kMostItems) return fail(ErrorCode::Refused, place + ".ids is too long");
        Item item;
        for (const Json& value : *list) {
            TRIMTAB_TRY(const std::int32_t id, idAt(value, place + ".ids"));
            item.ids.push_back(id);
        }
        result.push_back(std::move(item));
    }
    return result;
}

Result<std::vector<PostProcessor::Template>> PostProcessor::readPasses(const Json& json, const std::string& field) {
    std::vector<Template> passes;
    if (json.is_null()) return passes;
    const Section section(json, field);
    TRIMTAB_TRY(const std::string type, section.type());
    if (type == "ByteLevel") return passes;  // about offsets only
    if (type == "TemplateProcessing") {
        TRIMTAB_TRY(Template one, readTemplate(section));
        passes.push_back(std::move(one));
    } else if (type == "BertProcessing" || type == "RobertaProcessing") {
        TRIMTAB_TRY(const std::int32_t first, pairId(section, "cls"));
        TRIMTAB_TRY(const std::int32_t last, pairId(section, "sep"));
        passes.push_back({{false, {first}}, {true, {}}, {false, {last}}});
    } else if (type == "Sequence") {
        TRIMTAB_TRY(const Json* members, section.list("processors"));
        for (std::size_t i = 0; i < members->size(); ++i) {
            TRIMTAB_TRY(auto more, readPasses((*members)[i], fmt::format("{}[{}]", section.under("processors"), i)));
            std::move(more.begin(), more.end(), std::back_inserter(passes));
        }
    } else {
        return section.unknown(type);
    }
    return passes;
}

Result<PostProcessor> PostProcessor::read(const Json& json, const std::string& field) {
    PostProcessor processor;
    TRIMTAB_TRY(processor.m_passes, readPasses(json, field));
    std::size_t copies = 1;
    for (const Template& pass : processor.m_passes) {
        copies *= static_cast<std::size_t>(std::count_if(pass.begin(), pass.end(), [](const Item& item) { return item.isText; }));
        if (copies > 8) return fail(ErrorCode::Refused, field + " repeats the text more than eight times");
    }
    if (processor.m_passes.size() > kMostItems) return fail(ErrorCode::Refused, field + " is too long");
    return processor;
}

PostProcessor PostProcessor::around(Ids before, Ids after) {
    PostProcessor processor;
    processor.m_passes.push_back({{false, std::move(before)}, {true, {}}, {false, std::move(after)}});
    return processor;
}

Ids PostProcessor::apply(Ids ids) const {
    for (const Template& pass : m_passes) {
        Ids next;
        for (const Item& item : pass) {
            const Ids& part = item.isText ? ids : item.ids;
            next.insert(next.end(), part.begin(), part.end());
        }
        ids = std::move(next);
    }
    return ids;
}

}  // namespace trimtab::dataset::tokenizers
