// Einsum: letters name dims, "..." stands for broadcast dims in front; without "->" the result takes the letters seen once,
// in alphabetical order, after the ellipsis.
#include <algorithm>
#include <cctype>
#include <map>

#include "core/graph/shapes/rule.h"

namespace trimtab::graph::shapes {

namespace {

struct Term {
    std::string before;  // letters before the ellipsis; all letters where there is none
    std::string after;
    bool ellipsis = false;

    std::size_t letters() const { return before.size() + after.size(); }
};

Result<Term> parseTerm(const Context& context, std::string_view words) {
    Term term;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i] == ' ') continue;
        if (words.substr(i, 3) == "..." && !term.ellipsis) {
            term.ellipsis = true;
            i += 2;
        } else if (std::isalpha(static_cast<unsigned char>(words[i]))) {
            (term.ellipsis ? term.after : term.before) += words[i];
        } else {
            return context.refuse("the equation holds \"" + std::string(1, words[i]) + "\" where a letter should stand");
        }
    }
    return term;
}

struct Letters {
    std::map<char, Extent> extents;
    std::map<char, int> uses;
    Dims ellipsis;
};

Status bindTerm(const Context& context, const Term& term, const Dims& dims, Letters& letters) {
    if (dims.size() < term.letters() || (dims.size() > term.letters() && !term.ellipsis)) {
        return context.refuse("the equation names " + std::to_string(term.letters()) + " dims of " + text(dims));
    }
    const std::size_t covered = dims.size() - term.letters();
    const auto bind = [&](char letter, const Extent& extent) -> Status {
        ++letters.uses[letter];
        const auto found = letters.extents.find(letter);
        if (found == letters.extents.end() || found->second.isKnown(1)) {
            letters.extents[letter] = extent;
            return {};
        }
        if (extent.isKnown(1)) return {};
        TRIMTAB_TRY(found->second, agree(context, found->second, extent, std::string("extents of ") + letter));
        return {};
    };
    for (std::size_t i = 0; i < term.before.size(); ++i) TRIMTAB_REQUIRE(bind(term.before[i], dims[i]));
    for (std::size_t i = 0; i < term.after.size(); ++i) TRIMTAB_REQUIRE(bind(term.after[i], dims[term.before.size() + covered + i]));
    if (term.ellipsis) {
        const auto first = dims.begin() + static_cast<std::ptrdiff_t>(term.before.size());
        TRIMTAB_TRY(letters.ellipsis, broadcast(context, letters.ellipsis, Dims(first, first + static_cast<std::ptrdiff_t>(covered))));
    }
    return {};
}

Status einsum(Context& context) {
    context.set(0, context.type(0));
    const std::string equation = context.node.string("equation", "");
    const std::size_t arrow = equation.find("->");
    const std::string_view inputs = std::string_view(equation).substr(0, arrow);
    Letters letters;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < context.inputCount(); ++i) {
        if (begin > inputs.size()) return context.refuse("the equation \"" + equation + "\" has too few terms");
        const std::size_t end = std::min(inputs.find(',', begin), inputs.size());
        TRIMTAB_TRY(const Term term, parseTerm(context, inputs.substr(begin, end - begin)));
        begin = end + 1;
        if (!context.dims(i)) return {};
        TRIMTAB_REQUIRE(bindTerm(context, term, *context.dims(i), letters));
    }
    if (begin <= inputs.size()) return context.refuse("the equation \"" + equation + "\" has too many terms");
    Term result;
    if (arrow != std::string::npos) {
        TRIMTAB_TRY(result, parseTerm(context, std::string_view(equation).substr(arrow + 2)));
    } else {
        result.ellipsis = true;
        for (const auto& [letter, uses] : letters.uses) {
            if (uses == 1) result.after += letter;
        }
    }
    Dims out;
    const auto append = [&](const std::string& names) {
        for (const char letter : names) out.push_back(letters.extents.contains(letter) ? letters.extents[letter] : Extent::unknown());
    };
    append(result.before);
    if (result.ellipsis) out.insert(out.end(), letters.ellipsis.begin(), letters.ellipsis.end());
    append(result.after);
    context.set(0, context.type(0), std::move(out));
    return {};
}

constexpr RuleEntry kRules[] = {{"Einsum", einsum}};

}  // namespace

std::span<const RuleEntry> einsumRules() { return kRules; }

}  // namespace trimtab::graph::shapes
