#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "core/trial/study.h"
#include "core/trial/axis.h"

namespace trimtab::trial {
namespace {

constexpr std::size_t kMostValues = 1000;

std::vector<std::string_view> split(std::string_view text, char by) {
    std::vector<std::string_view> parts;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find(by, begin), text.size());
        parts.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return parts;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

template <class Number>
std::optional<Number> numberIn(std::string_view text) {
    Number number{};
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || stop != text.data() + text.size() || text.empty()) return std::nullopt;
    return number;
}

Json valueIn(std::string_view text) {
    if (text == "true" || text == "false") return text == "true";
    if (const auto whole = numberIn<std::int64_t>(text)) return *whole;
    if (const auto real = numberIn<double>(text); real && std::isfinite(*real)) return *real;
    return std::string(text);
}

int decimalsOf(std::string_view text) {
    const std::size_t point = text.find('.');
    return point == std::string_view::npos ? 0 : static_cast<int>(text.size() - point - 1);
}

// The multiple of the step as its decimal text says it: 0.1 three times is 0.3, not 0.30000000000000004.
Json rounded(double value, int decimals) {
    const std::string text = fmt::format("{:.{}f}", value, decimals);
    if (decimals == 0) return numberIn<std::int64_t>(text).value_or(0);
    return numberIn<double>(text).value_or(value);
}

Result<std::vector<Json>> rangeIn(std::string_view text) {
    const auto parts = split(text, ':');
    const std::string wanted = fmt::format("\"{}\" is no range; write first:last:step, such as 0:0.9:0.1", text);
    if (parts.size() != 3) return fail(ErrorCode::Refused, wanted);
    int decimals = 0;
    std::vector<double> numbers;
    for (const std::string_view part : parts) {
        const auto number = numberIn<double>(trimmed(part));
        if (!number || !std::isfinite(*number) || std::abs(*number) > 1e15 || part.find_first_of("eE") != std::string_view::npos)
            return fail(ErrorCode::Refused, wanted);
        numbers.push_back(*number);
        decimals = std::max(decimals, decimalsOf(trimmed(part)));
    }
    if (decimals > 9) return fail(ErrorCode::Refused, wanted + "; at most nine decimals");
    const auto [first, last, step] = std::tuple{numbers[0], numbers[1], numbers[2]};
    if (step == 0 || (last - first) / step < 0)
        return fail(ErrorCode::Refused, fmt::format("the range \"{}\" never reaches its end", text));
    const double steps = std::floor((last - first) / step + 1e-9);
    if (steps + 1 > static_cast<double>(kMostValues))
        return fail(ErrorCode::Refused, fmt::format("the range \"{}\" has more than {} values", text, kMostValues));
    std::vector<Json> values;
    for (int i = 0; i <= static_cast<int>(steps); ++i) values.push_back(rounded(first + i * step, decimals));
    const Json end = rounded(last, decimals);
    if (values.back() != end) values.push_back(end);
    return values;
}

}  // namespace

Status checkAxis(const Axis& axis) {
    if (axis.values.empty()) return fail(ErrorCode::Refused, axis.path + " has no values");
    if (axis.values.size() > kMostValues)
        return fail(ErrorCode::Refused, fmt::format("{} has more than {} values", axis.path, kMostValues));
    for (const Json& value : axis.values) {
        recipe::Recipe recipe;
        recipe::RunSetting setting;
        TRIMTAB_REQUIRE(setPoint(recipe, setting, axis.path, value));
    }
    return {};
}

Status checkDistinct(const std::vector<Axis>& axes) {
    for (auto axis = axes.begin(); axis != axes.end(); ++axis)
        if (std::find_if(axes.begin(), axis, [&](const Axis& earlier) { return earlier.path == axis->path; }) != axis)
            return fail(ErrorCode::Refused, axis->path + " is given twice");
    return {};
}

Status setPoint(recipe::Recipe& recipe, recipe::RunSetting& setting, std::string_view path, const Json& value) {
    return path.starts_with("run.") ? recipe::setRunAxis(setting, path, value) : recipe::setAxis(recipe, path, value);
}

Result<Axis> parseAxis(std::string_view text) {
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos || equals == 0)
        return fail(ErrorCode::Refused,
                    fmt::format("\"{}\" is no axis; write path=value,value such as weights.bits=4,8 or path=first:last:step", text));
    Axis axis;
    axis.path = trimmed(text.substr(0, equals));
    const std::string_view values = text.substr(equals + 1);
    // The colon of a pattern 2:4 spans no range.
    if (axis.path != "prune.pattern" && values.find(':') != std::string_view::npos && values.find(',') == std::string_view::npos) {
        TRIMTAB_TRY(axis.values, rangeIn(trimmed(values)));
    } else {
        for (const std::string_view part : split(values, ',')) {
            if (trimmed(part).empty()) return fail(ErrorCode::Refused, fmt::format("{} has an empty value in \"{}\"", axis.path, values));
            axis.values.push_back(valueIn(trimmed(part)));
        }
    }
    TRIMTAB_REQUIRE(checkAxis(axis));
    return axis;
}

Result<Limit> parseLimit(std::string_view text) {
    const std::string_view whole = trimmed(text);
    Limit limit;
    std::string_view number;
    if (whole.ends_with("%")) {
        number = whole.substr(0, whole.size() - 1);
    } else if (whole.ends_with("pt")) {
        number = whole.substr(0, whole.size() - 2);
        limit.relative = false;
    }
    const auto value = numberIn<double>(trimmed(number));
    if (!value || !std::isfinite(*value) || *value < 0)
        return fail(ErrorCode::Usage, fmt::format("\"{}\" is no limit; write 1% (relative to the baseline) or 1pt (absolute)", text));
    limit.value = *value / 100.0;
    return limit;
}

}  // namespace trimtab::trial
