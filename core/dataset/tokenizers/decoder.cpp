#include "core/dataset/tokenizers/decoder.h"

#include <algorithm>

#include "core/dataset/tokenizers/pattern.h"
#include "core/dataset/tokenizers/unicode.h"

namespace trimtab::dataset::tokenizers {
namespace {

class Chain final : public Decoder {
public:
    explicit Chain(std::vector<DecoderPtr> steps) : m_steps(std::move(steps)) {}
    void apply(std::vector<std::string>& tokens, Bytes bytes) const override {
        for (const auto& step : m_steps) step->apply(tokens, bytes);
    }

private:
    std::vector<DecoderPtr> m_steps;
};

class Spaced final : public Decoder {
public:
    void apply(std::vector<std::string>& tokens, Bytes) const override {
        for (std::size_t i = 1; i < tokens.size(); ++i) tokens[i].insert(0, 1, ' ');
    }
};

class Fuse final : public Decoder {
public:
    void apply(std::vector<std::string>& tokens, Bytes) const override {
        std::string whole;
        for (const std::string& token : tokens) whole += token;
        tokens.assign(1, std::move(whole));
    }
};

// Takes up to `start` and `stop` times a character from the ends of each text.
class Strip final : public Decoder {
public:
    Strip(std::string character, std::size_t start, std::size_t stop) : m_character(std::move(character)), m_start(start), m_stop(stop) {}
    void apply(std::vector<std::string>& tokens, Bytes) const override {
        for (std::string& token : tokens) {
            std::string_view rest = token;
            for (std::size_t i = 0; i < m_start && rest.starts_with(m_character); ++i) rest.remove_prefix(m_character.size());
            for (std::size_t i = 0; i < m_stop && rest.ends_with(m_character); ++i) rest.remove_suffix(m_character.size());
            token = std::string(rest);
        }
    }

private:
    std::string m_character;
    std::size_t m_start, m_stop;
};

class Replace final : public Decoder {
public:
    Replace(Pattern pattern, std::string content) : m_pattern(std::move(pattern)), m_content(std::move(content)) {}
    void apply(std::vector<std::string>& tokens, Bytes) const override {
        for (std::string& token : tokens) {
            const std::string sound = repaired(token);
            const auto spans = m_pattern.find(sound);
            if (!spans) continue;  // beyond the search's limits the token stays as it is
            const bool isChanged = std::any_of(spans->begin(), spans->end(), [](const Span& span) { return span.isMatch; });
            if (!isChanged) continue;
            token.clear();
            for (const Span& span : *spans) token += span.isMatch ? m_content : sound.substr(span.begin, span.end - span.begin);
        }
    }

private:
    Pattern m_pattern;
    std::string m_content;
};

class ByteFallback final : public Decoder {
public:
    void apply(std::vector<std::string>& tokens, Bytes bytes) const override { joinByteTokens(tokens, bytes); }
};

int hexDigit(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int byteOf(std::string_view token) {
    if (token.size() != 6 || !token.starts_with("<0x") || token[5] != '>') return -1;
    const int high = hexDigit(token[3]), low = hexDigit(token[4]);
    return high < 0 || low < 0 ? -1 : 16 * high + low;
}

Result<DecoderPtr> readChain(const Section& section) {
    TRIMTAB_TRY(const Json* members, section.list("decoders"));
    std::vector<DecoderPtr> steps;
    for (std::size_t i = 0; i < members->size(); ++i) {
        const std::string at = section.under("decoders") + "[" + std::to_string(i) + "]";
        if ((*members)[i].is_null()) return fail(ErrorCode::Refused, at + " must be an object");
        TRIMTAB_TRY(auto step, readDecoder((*members)[i], at));
        steps.push_back(std::move(step));
    }
    return std::make_unique<Chain>(std::move(steps));
}

Result<DecoderPtr> readStrip(const Section& section) {
    TRIMTAB_TRY(std::string character, section.character("content", " "));
    TRIMTAB_TRY(const std::int64_t start, section.whole("start", 0));
    TRIMTAB_TRY(const std::int64_t stop, section.whole("stop", 0));
    if (start < 0 || stop < 0) return section.refuse("must not strip less than nothing");
    return std::make_unique<Strip>(std::move(character), static_cast<std::size_t>(start), static_cast<std::size_t>(stop));
}

}  // namespace

std::string replaced(std::string_view text, std::string_view what, std::string_view by) {
    std::string result;
    for (;;) {
        const std::size_t found = what.empty() ? std::string_view::npos : text.find(what);
        result += text.substr(0, found);
        if (found == std::string_view::npos) return result;
        result += by;
        text.remove_prefix(found + what.size());
    }
}

void joinByteTokens(std::vector<std::string>& tokens, Bytes bytes) {
    std::vector<std::string> texts;
    std::string run;
    const auto flush = [&] {
        if (run.empty()) return;
        if (bytes == Bytes::Repaired && repaired(run) != run) {
            std::string marks;
            for (std::size_t i = 0; i < run.size(); ++i) marks += kReplacement;
            run = std::move(marks);
        }
        texts.push_back(std::move(run));
        run.clear();
    };
    for (std::string& token : tokens) {
        const int byte = byteOf(token);
        if (byte >= 0) {
            run.push_back(static_cast<char>(byte));
            continue;
        }
        flush();
        texts.push_back(std::move(token));
    }
    flush();
    tokens = std::move(texts);
}

Result<DecoderPtr> readDecoder(const Json& json, const std::string& field) {
    if (json.is_null()) return std::make_unique<Spaced>();
    const Section section(json, field);
    TRIMTAB_TRY(const std::string type, section.type());
    if (type == "Sequence") return readChain(section);
    if (type == "Fuse") return std::make_unique<Fuse>();
    if (type == "ByteFallback") return std::make_unique<ByteFallback>();
    if (type == "Strip") return readStrip(section);
    if (type == "Replace") {
        TRIMTAB_TRY(Pattern pattern, Pattern::read(json, "pattern", field));
        TRIMTAB_TRY(std::string content, section.text("content"));
        return std::make_unique<Replace>(std::move(pattern), std::move(content));
    }
    TRIMTAB_TRY(auto words, readWordDecoder(section, type));
    if (!words) return section.unknown(type);
    return words;
}

}  // namespace trimtab::dataset::tokenizers
