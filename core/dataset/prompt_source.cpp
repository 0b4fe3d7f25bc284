// Prompts for a language model by its own tokenizer: a row of tokens for each choice of a question, or for each text to generate.
//
// A choice is encoded together with its prompt, and the tokens beyond those of the prompt alone are its own: white space at the end of a
// prompt goes over to the choice first, and the delimiter stands between (the boundary as EleutherAI's lm-evaluation-harness draws it).
// What the tokenizer's file puts in front of a text, as "<s>", stands in front of the prompt; what it puts behind is left out.
#include <algorithm>
#include <numeric>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/base/file.h"
#include "core/base/hash.h"
#include "core/dataset/manifest.h"
#include "core/dataset/parts.h"
#include "core/dataset/tokenizers/tokenizer.h"
#include "core/dataset/tokenizers/unicode.h"

namespace trimtab::dataset {
namespace {

using Row = std::vector<std::int64_t>;
using tokenizers::Tokenizer;

constexpr std::int64_t kNotScored = -1, kMask = 1, kAnyId = 0;
constexpr std::int64_t kMostTokens = std::int64_t{1} << 28;  // in all rows together: 2 GiB of ids
constexpr std::int64_t kMostFileBytes = std::int64_t{1} << 30;

Result<Row> encoded(const Tokenizer& tokenizer, std::string_view text, bool special) {
    TRIMTAB_TRY(const auto ids, tokenizer.encode(text, {special}));
    return Row(ids.begin(), ids.end());
}

/// The tokens that the tokenizer's file puts in front of any text.
Result<Row> prefixOf(const Tokenizer& tokenizer) {
    TRIMTAB_TRY(const Row plain, encoded(tokenizer, "a", false));
    TRIMTAB_TRY(Row whole, encoded(tokenizer, "a", true));
    whole.erase(std::ranges::search(whole, plain).begin(), whole.end());
    return whole;
}

/// Moves the white space at the end of `text` off.
std::string cutTrailingSpace(std::string& text) {
    std::size_t end = text.size();
    while (end > 0) {
        const std::size_t begin = tokenizers::lastCharacter(std::string_view(text).substr(0, end));
        std::size_t at = begin;
        if (!tokenizers::isWhitespace(tokenizers::nextCharacter(text, at))) break;
        end = begin;
    }
    std::string space = text.substr(end);
    text.resize(end);
    return space;
}

/// The rows of a model's inputs, and of what they foresee.
struct Rows {
    std::vector<Row> ids, targets;
};

class Reader {
public:
    Reader(const Tokenizer& tokenizer, const PromptSetting& setting, std::int64_t fixed)
        : m_tokenizer(tokenizer), m_setting(setting), m_fixed(fixed) {}

    Status readPrefix() {
        TRIMTAB_TRY(m_prefix, prefixOf(m_tokenizer));
        return {};
    }

    /// A row for each choice of the line.
    Status addChoices(const PromptLine& line, std::int64_t question, Parts& parts) {
        std::string prompt = line.prompt;
        const std::string space = cutTrailingSpace(prompt);
        TRIMTAB_TRY(const Row before, encoded(m_tokenizer, prompt, false));
        if (before.empty() && m_prefix.empty())
            return fail(ErrorCode::Refused,
                        "has no tokens in its prompt, and the tokenizer puts none in front: the first token of a choice follows nothing");
        for (std::size_t i = 0; i < line.choices.size(); ++i) {
            TRIMTAB_TRY(const Row whole, encoded(m_tokenizer, prompt + space + m_setting.delimiter + line.choices[i], false));
            if (whole.size() <= before.size())
                return fail(ErrorCode::Refused, fmt::format("\"choices\"[{}] adds no token to its prompt", i));
            TRIMTAB_REQUIRE(addRow(whole, before.size()));
            parts.choices.push_back(
                {question, static_cast<std::int64_t>(line.choices[i].size()), static_cast<std::int64_t>(i) == line.answer});
        }
        return {};
    }

    Status addPrompt(const PromptLine& line, Parts& parts) {
        TRIMTAB_TRY(Row tokens, encoded(m_tokenizer, line.prompt, true));
        if (tokens.empty()) return fail(ErrorCode::Refused, "has no tokens in its prompt: there is nothing to go on from");
        TRIMTAB_REQUIRE(count(tokens));
        m_rows.ids.push_back(tokens);
        m_rows.targets.emplace_back(tokens.begin() + 1, tokens.end()).push_back(kNotScored);  // nothing is said of what follows a prompt
        parts.prompts.push_back({std::move(tokens), line.references});
        return {};
    }

    Rows& rows() { return m_rows; }

private:
    /// A long prompt comes again with each of its choices.
    Status count(const Row& row) {
        m_tokens += static_cast<std::int64_t>(row.size());
        if (m_tokens > kMostTokens)
            return fail(ErrorCode::Refused, fmt::format("brings more than {} tokens together: split the file", kMostTokens));
        return {};
    }

    Status addRow(const Row& whole, std::size_t before) {
        Row all = m_prefix;
        all.insert(all.end(), whole.begin(), whole.end());
        const auto length = static_cast<std::int64_t>(all.size()) - 1;  // the last token is only foreseen
        if (m_fixed > 0 && length > m_fixed)
            return fail(ErrorCode::Refused, fmt::format("makes {} tokens with a choice, but the model reads {}", length, m_fixed));
        TRIMTAB_REQUIRE(count(all));
        Row target(all.begin() + 1, all.end());
        std::fill_n(target.begin(), m_prefix.size() + before - 1, kNotScored);
        all.pop_back();
        m_rows.ids.push_back(std::move(all));
        m_rows.targets.push_back(std::move(target));
        return {};
    }

    const Tokenizer& m_tokenizer;
    const PromptSetting& m_setting;
    std::int64_t m_fixed;
    Row m_prefix;
    std::int64_t m_tokens = 0;
    Rows m_rows;
};

/// What a model may take beside ids: every token counts, and rows stand at the beginning.
void addInputs(Parts& parts, std::vector<Row> ids, const Graph* graph, std::int64_t fixed) {
    std::vector<Row> ones, positions;
    for (const Row& row : ids) {
        ones.emplace_back(row.size(), kMask);
        positions.emplace_back(row.size());
        std::iota(positions.back().begin(), positions.back().end(), 0);
    }
    if (takesInput(graph, "attention_mask")) parts.inputs.emplace("attention_mask", makeRowsField(std::move(ones), kMask, fixed));
    if (takesInput(graph, "position_ids")) parts.inputs.emplace("position_ids", makeRowsField(std::move(positions), kAnyId, fixed));
    parts.inputs.emplace("input_ids", makeRowsField(std::move(ids), kAnyId, fixed));
}

std::string identityOf(std::string_view text, const Rows& rows, const PromptSetting& setting) {
    base::Sha256 tokens;
    for (const Row& row : rows.ids) tokens.update(fmt::format("{} {}\n", row.size(), fmt::join(row, " ")));
    return base::sha256(fmt::format("prompts {} {} {} {} {}", base::sha256(text), tokens.finish(), base::sha256(setting.delimiter),
                                    setting.generation.mostTokens, setting.generation.untilNewline));
}

}  // namespace

Result<Parts> promptParts(std::string_view text, const std::string& name, const Graph* graph, const std::filesystem::path& tokenizerPath,
                          const PromptSetting& setting) {
    if (tokenizerPath.empty()) return fail(ErrorCode::Refused, "prompts want a model, beside which its tokenizer lies", name);
    TRIMTAB_TRY(const auto lines, parsePrompts(text, name));
    TRIMTAB_TRY(const Tokenizer tokenizer, tokenizers::openTokenizer(tokenizerPath));
    const bool areQuestions = !lines.front().choices.empty();
    // A text is generated token by token, so that only rows of choices have to fit what a model fixes.
    const std::int64_t fixed = areQuestions ? fixedLength(graph, "input_ids").value_or(0) : 0;
    Reader reader(tokenizer, setting, fixed);
    TRIMTAB_REQUIRE(reader.readPrefix());
    Parts parts;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const Status read =
            areQuestions ? reader.addChoices(lines[i], static_cast<std::int64_t>(i), parts) : reader.addPrompt(lines[i], parts);
        if (!read) return fail(read.error().code, fmt::format("line {}: {}", lines[i].line, read.error().message), name);
    }
    parts.name = fmt::format("{}, {} {}", name, lines.size(), areQuestions ? "questions" : "prompts");
    parts.task = areQuestions ? "multiple-choice" : "text-generation";
    parts.metric = defaultMetric(parts.task);
    parts.generation = setting.generation;
    parts.hash = identityOf(text, reader.rows(), setting);
    addInputs(parts, std::move(reader.rows().ids), graph, fixed);
    parts.targetField = makeRowsField(std::move(reader.rows().targets), kNotScored, fixed);
    return parts;
}

Result<Parts> openPrompts(const std::filesystem::path& path, const Graph* graph, const std::filesystem::path& tokenizer) {
    TRIMTAB_TRY(const std::string text, base::readFile(path, kMostFileBytes));
    auto parts = promptParts(text, path.filename().string(), graph, tokenizer);
    if (!parts && parts.error().context == path.filename().string()) parts.error().context = path.string();
    return parts;
}

}  // namespace trimtab::dataset
