#include "core/dataset/chat/printed.h"

#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "core/dataset/chat/text.h"
#include "core/dataset/tokenizers/unicode.h"

namespace trimtab::dataset::chat {
namespace {

std::string literalOf(std::string_view text) {
    const char quote = text.find('\'') != std::string_view::npos && text.find('"') == std::string_view::npos ? '"' : '\'';
    std::string result(1, quote);
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t begin = at;
        const char32_t character = tokenizers::nextCharacter(text, at);
        const auto code = static_cast<unsigned>(character);
        if (character == U'\n') result += "\\n";
        else if (character == U'\r') result += "\\r";
        else if (character == U'\t') result += "\\t";
        else if (character == U'\\' || code == static_cast<unsigned char>(quote)) (result += '\\') += static_cast<char>(code);
        else if (tokenizers::isPrintable(character)) result += text.substr(begin, at - begin);
        else if (code < 0x100) result += fmt::format("\\x{:02x}", code);
        else result += code < 0x10000 ? fmt::format("\\u{:04x}", code) : fmt::format("\\U{:08x}", code);
    }
    return result += quote;
}

class Writer {
public:
    explicit Writer(Environment& environment) : m_environment(environment) {}

    Status write(const Value& value, bool isOuter) {
        TRIMTAB_REQUIRE(m_environment.budget.step());
        if (const std::string* text = value.text()) {
            if (value.isMarkup() && !isOuter) return refuse("printing a list that holds a text marked as safe is not supported");
            return add(isOuter ? *text : literalOf(*text));
        }
        if (value.isUndefined()) return add(isOuter ? "" : "Undefined");
        if (value.isNone()) return add("None");
        if (const bool* truth = value.as<bool>()) return add(*truth ? "True" : "False");
        if (const auto* whole = value.as<std::int64_t>()) return add(fmt::format("{}", *whole));
        if (const double* real = value.as<double>()) return add(printedReal(*real));
        if (const Dictionary* dictionary = value.dictionary()) return writeDictionary(*dictionary);
        const Sequence* sequence = value.sequence();
        if (!sequence || (sequence->kind != Sequence::Kind::List && sequence->kind != Sequence::Kind::Tuple))
            return refuse(fmt::format("printing a value of the type '{}' is not supported", typeName(value)));
        return writeSequence(*sequence);
    }
    std::string take() { return std::move(m_text); }

private:
    Status add(std::string_view text) {
        TRIMTAB_REQUIRE(m_environment.budget.make(static_cast<std::int64_t>(text.size())));
        m_text += text;
        return {};
    }
    Status writeSequence(const Sequence& sequence) {
        const bool isTuple = sequence.kind == Sequence::Kind::Tuple;
        TRIMTAB_REQUIRE(add(isTuple ? "(" : "["));
        for (std::size_t i = 0; i < sequence.items.size(); ++i) {
            if (i > 0) TRIMTAB_REQUIRE(add(", "));
            TRIMTAB_REQUIRE(write(sequence.items[i], false));
        }
        return add(!isTuple ? "]" : sequence.items.size() == 1 ? ",)" : ")");
    }
    Status writeDictionary(const Dictionary& dictionary) {
        TRIMTAB_REQUIRE(add("{"));
        for (std::size_t i = 0; i < dictionary.items.size(); ++i) {
            if (i > 0) TRIMTAB_REQUIRE(add(", "));
            TRIMTAB_REQUIRE(write(dictionary.items[i].first, false));
            TRIMTAB_REQUIRE(add(": "));
            TRIMTAB_REQUIRE(write(dictionary.items[i].second, false));
        }
        return add("}");
    }

    Environment& m_environment;
    std::string m_text;
};

}  // namespace

Result<std::string> printed(const Value& value, Environment& environment) {
    Writer writer(environment);
    TRIMTAB_REQUIRE(writer.write(value, true));
    return writer.take();
}

std::string printedReal(double value) {
    if (std::isnan(value)) return "nan";
    if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
    char buffer[32];
    const auto written = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
    std::string_view text(buffer, static_cast<std::size_t>(written.ptr - buffer));
    const std::string sign = text.front() == '-' ? "-" : "";
    text.remove_prefix(sign.size());
    const std::size_t mark = text.find('e');
    std::string digits(text.substr(0, mark));
    std::erase(digits, '.');
    int exponent = 0;
    std::from_chars(text.data() + mark + (text[mark + 1] == '+' ? 2 : 1), text.data() + text.size(), exponent);
    const int count = static_cast<int>(digits.size());
    if (exponent < -4 || exponent >= 16) {
        if (count > 1) digits.insert(1, ".");
        return fmt::format("{}{}e{}{:02}", sign, digits, exponent < 0 ? '-' : '+', std::abs(exponent));
    }
    if (exponent < 0) return sign + "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
    if (count <= exponent + 1) return sign + digits + std::string(static_cast<std::size_t>(exponent + 1 - count), '0') + ".0";
    return sign + digits.insert(static_cast<std::size_t>(exponent + 1), ".");
}

}  // namespace trimtab::dataset::chat
