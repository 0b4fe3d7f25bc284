#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/dataset/chat/compare.h"
#include "core/dataset/chat/printed.h"
#include "core/dataset/chat/text.h"
#include "core/dataset/tokenizers/unicode.h"

namespace trimtab::dataset::chat {
namespace {

std::string escaped(char32_t character) {
    const auto code = static_cast<unsigned>(character);
    if (code < 0x10000) return fmt::format("\\u{:04x}", code);
    return fmt::format("\\u{:04x}\\u{:04x}", 0xd800 + ((code - 0x10000) >> 10), 0xdc00 + ((code - 0x10000) & 0x3ff));
}

std::string stringOf(std::string_view text, bool onlyAscii) {
    constexpr std::string_view kNamed = "\"\\\n\r\t\b\f", kLetters = "\"\\nrtbf";
    std::string result = "\"";
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t begin = at;
        const char32_t character = tokenizers::nextCharacter(text, at);
        const std::size_t named = character < 0x80 ? kNamed.find(static_cast<char>(character)) : std::string_view::npos;
        if (named != std::string_view::npos) (result += '\\') += kLetters[named];
        else if (character < 0x20 || (onlyAscii && character >= 0x7f + 1)) result += escaped(character);
        else result += text.substr(begin, at - begin);
    }
    return result += '"';
}

std::string numberText(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
    return printedReal(value);
}

class Writer {
public:
    Writer(const JsonStyle& style, Environment& environment) : m_style(style), m_environment(environment) {}

    Status write(const Value& value, std::size_t level) {
        TRIMTAB_REQUIRE(m_environment.budget.step());
        if (const auto scalar = scalarText(value)) return add(*scalar);
        if (const Dictionary* dictionary = value.dictionary()) return writeDictionary(*dictionary, level);
        const Sequence* sequence = value.sequence();
        if (!sequence || (sequence->kind != Sequence::Kind::List && sequence->kind != Sequence::Kind::Tuple))
            return refuseType("tojson", value);
        if (sequence->items.empty()) return add("[]");
        TRIMTAB_REQUIRE(add("["));
        for (std::size_t i = 0; i < sequence->items.size(); ++i) {
            TRIMTAB_REQUIRE(between(i, level + 1));
            TRIMTAB_REQUIRE(write(sequence->items[i], level + 1));
        }
        TRIMTAB_REQUIRE(lineBreak(level));
        return add("]");
    }
    std::string take() { return std::move(m_text); }

private:
    std::optional<std::string> scalarText(const Value& value) const {
        if (const std::string* text = value.text()) return stringOf(*text, m_style.onlyAscii);
        if (value.isNone()) return "null";
        if (const bool* truth = value.as<bool>()) return *truth ? "true" : "false";
        if (const auto* whole = value.as<std::int64_t>()) return fmt::format("{}", *whole);
        if (const double* real = value.as<double>()) return numberText(*real);
        return {};
    }
    Status add(std::string_view text) {
        TRIMTAB_REQUIRE(m_environment.budget.make(static_cast<std::int64_t>(text.size())));
        m_text += text;
        return {};
    }
    Status lineBreak(std::size_t level) {
        if (!m_style.indent) return {};
        TRIMTAB_REQUIRE(add("\n"));
        for (std::size_t i = 0; i < level; ++i) TRIMTAB_REQUIRE(add(*m_style.indent));
        return {};
    }
    Status between(std::size_t index, std::size_t level) {
        if (index > 0) TRIMTAB_REQUIRE(add(m_style.betweenItems));
        return lineBreak(level);
    }
    Status writeDictionary(const Dictionary& dictionary, std::size_t level) {
        if (dictionary.items.empty()) return add("{}");
        TRIMTAB_TRY(const auto items, arranged(dictionary));
        TRIMTAB_REQUIRE(add("{"));
        for (std::size_t i = 0; i < items.size(); ++i) {
            TRIMTAB_REQUIRE(between(i, level + 1));
            const std::string key = *scalarText(items[i]->first);
            TRIMTAB_REQUIRE(add(items[i]->first.text() ? key : "\"" + key + "\""));
            TRIMTAB_REQUIRE(add(m_style.behindKey));
            TRIMTAB_REQUIRE(write(items[i]->second, level + 1));
        }
        TRIMTAB_REQUIRE(lineBreak(level));
        return add("}");
    }
    using Item = std::pair<Value, Value>;
    Result<std::vector<const Item*>> arranged(const Dictionary& dictionary) {
        std::vector<const Item*> items;
        for (const Item& item : dictionary.items) items.push_back(&item);
        if (!m_style.sortsKeys) return items;
        const auto isText = [](const Item* item) { return item->first.text() != nullptr; };
        if (!std::ranges::all_of(items, isText)) return refuse("sorting keys that are no texts is not supported");
        TRIMTAB_REQUIRE(m_environment.budget.step(static_cast<std::int64_t>(items.size()) * 20));
        std::ranges::stable_sort(items, [](const Item* a, const Item* b) { return *a->first.text() < *b->first.text(); });
        return items;
    }

    const JsonStyle& m_style;
    Environment& m_environment;
    std::string m_text;
};

}  // namespace

Result<std::string> jsonOf(const Value& value, const JsonStyle& style, Environment& environment) {
    Writer writer(style, environment);
    TRIMTAB_REQUIRE(writer.write(value, 0));
    return writer.take();
}

}  // namespace trimtab::dataset::chat
