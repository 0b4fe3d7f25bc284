#include "core/recipe/methods.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "core/recipe/object_reader.h"

namespace trimtab::recipe {
namespace {

constexpr std::array kRescalings{std::string_view("awq"), std::string_view("smoothquant")};
constexpr std::array kRoundings{std::string_view("rtn"), std::string_view("mse"), std::string_view("hqq"), std::string_view("gptq")};
constexpr std::array kUnits{std::string_view("channels"), std::string_view("neurons"), std::string_view("heads"),
                            std::string_view("blocks")};
constexpr int kLargestPart = 1024;

template <std::size_t n>
bool holds(const std::array<std::string_view, n>& words, std::string_view word) {
    return std::ranges::find(words, word) != words.end();
}

/// Two numbers of 1…1024 with a sign between them: "2:4", "4x1".
std::optional<std::pair<int, int>> pairFrom(std::string_view text, char between) {
    const std::size_t at = text.find(between);
    if (at == std::string_view::npos) return std::nullopt;
    std::pair<int, int> pair;
    for (const auto& [part, number] : {std::pair{text.substr(0, at), &pair.first}, std::pair{text.substr(at + 1), &pair.second}}) {
        const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), *number);
        if (error != std::errc{} || end != part.data() + part.size() || *number < 1 || *number > kLargestPart) return std::nullopt;
    }
    return pair;
}

constexpr std::string_view kBlock = "block ";

std::optional<std::pair<int, int>> blockFrom(std::string_view text) {
    return text.starts_with(kBlock) ? pairFrom(text.substr(kBlock.size()), 'x') : std::nullopt;
}

}  // namespace

bool multipliesByGroups(const Settings& settings) { return settings.activations && settings.activations->granularity == "group"; }

std::optional<std::pair<int, int>> keptOfEvery(const PruneSpec& spec) { return pairFrom(spec.pattern, ':'); }

std::optional<std::pair<int, int>> blockOf(const PruneSpec& spec) { return blockFrom(spec.pattern); }

bool removesUnits(const PruneSpec& spec) { return holds(kUnits, spec.pattern); }

double ratioOf(std::pair<int, int> keptOfEvery) { return 1.0 - static_cast<double>(keptOfEvery.first) / keptOfEvery.second; }

Result<std::string> patternFrom(const Json& value, const std::string& path) {
    const std::string wanted =
        path + " must be unstructured, N:M (2:4), block RxC (block 4x1), rows, columns, channels, neurons, heads or blocks, not " +
        shown(value);
    if (!value.is_string()) return fail(ErrorCode::Refused, wanted);
    const std::string word = value.get<std::string>();
    if (word == "unstructured" || word == "rows" || word == "columns") return word;
    if (holds(kUnits, word)) return word;
    if (const auto block = blockFrom(word)) return fmt::format("{}{}x{}", kBlock, block->first, block->second);
    const auto kept = pairFrom(word, ':');
    if (!kept) return fail(ErrorCode::Refused, wanted);
    if (kept->first >= kept->second) return fail(ErrorCode::Refused, fmt::format("{}: {} keeps everything", path, word));
    return fmt::format("{}:{}", kept->first, kept->second);
}

WeightMethod weightMethod(const WeightSpec& spec) {
    const std::size_t plus = spec.method.find('+');
    if (plus != std::string::npos) return {spec.method.substr(0, plus), spec.method.substr(plus + 1)};
    if (holds(kRescalings, spec.method)) return {spec.method, "rtn"};
    return {"", spec.method};
}

Result<std::string> methodFrom(const Json& value, const std::string& path) {
    const std::string known = "a rounding (rtn, mse, hqq, gptq), a rescaling (awq, smoothquant) or rescaling+rounding";
    if (!value.is_string()) return fail(ErrorCode::Refused, fmt::format("{} must be {}, not {}", path, known, shown(value)));
    const std::string word = value.get<std::string>();
    if (holds(kRescalings, word) || holds(kRoundings, word)) return word;
    const std::size_t plus = word.find('+');
    if (plus == std::string::npos) return fail(ErrorCode::Refused, fmt::format("{} must be {}, not {}", path, known, shown(value)));
    const std::string first = word.substr(0, plus), second = word.substr(plus + 1);
    if (holds(kRoundings, first) && holds(kRescalings, second))
        return fail(ErrorCode::Refused,
                    fmt::format("{}: {} comes before {}, for codes cannot be rescaled: say \"{}+{}\"", path, second, first, second, first));
    if (!holds(kRescalings, first) || !holds(kRoundings, second))
        return fail(ErrorCode::Refused, fmt::format("{}: \"{}\" does not go together; it must be {}", path, word, known));
    return second == "rtn" ? first : word;
}

Status checkMethod(const WeightSpec& spec, const std::string& path) {
    if (spec.bits > 8 && spec.method != "rtn")
        return fail(ErrorCode::Refused, fmt::format("{}.method \"{}\" has no meaning for {}-bit weights", path, spec.method, spec.bits));
    if (const std::string rounding = weightMethod(spec).rounding; rounding == "hqq" && spec.format != "int" && spec.bits <= 8)
        return fail(ErrorCode::Refused,
                    fmt::format("{}.method \"{}\" fits scales and zero points of format int, not of {}", path, spec.method, spec.format));
    return {};
}

bool hasFloatCodes(const WeightSpec& spec) { return spec.bits <= 8 && spec.format != "int" && spec.format != "fixed"; }

std::optional<std::int64_t> ownGroup(const WeightSpec& spec) {
    if (spec.format == "mxfp4") return 32;
    if (spec.format == "nvfp4") return 16;
    return std::nullopt;
}

}  // namespace trimtab::recipe
