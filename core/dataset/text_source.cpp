// A text for a language model: its tokens by the model's own tokenizer, cut into windows. Each window foresees the token behind each of its
// own, and those that the window before foresaw already are not scored again: every token but the first is scored once, with all tokens
// before it or at least window − stride of them. What the last window lacks is filled up behind the text, where a causal model does not
// look from the tokens before, and not scored.
#include <algorithm>

#include <fmt/format.h>

#include "core/base/file.h"
#include "core/base/hash.h"
#include "core/dataset/manifest.h"
#include "core/dataset/parts.h"
#include "core/dataset/tokenizers/tokenizer.h"

namespace trimtab::dataset {
namespace {

constexpr std::int32_t kNotScored = -1;
constexpr std::int64_t kMostPlaces = std::int64_t{1} << 28;  // in all windows together: 2 GiB of ids

/// int64 [count, window], element i of it valueOf(i).
template <class ValueOf>
Result<Tensor> table(std::int64_t count, std::int64_t window, const ValueOf& valueOf) {
    TRIMTAB_TRY(Tensor made, Tensor::allocate(DataType::Int64, Shape{count, window}));
    const auto values = made.mutableData<std::int64_t>();
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = valueOf(static_cast<std::int64_t>(i));
    return made;
}

/// What a model may take beside ids: every token counts, and windows stand at the beginning.
Status addConstantInputs(Parts& parts, const Graph* graph, std::int64_t count, std::int64_t window) {
    if (takesInput(graph, "attention_mask")) {
        TRIMTAB_TRY(Tensor ones, table(count, window, [](std::int64_t) { return 1; }));
        parts.inputs.emplace("attention_mask", makeArrayField(std::move(ones), {}));
    }
    if (takesInput(graph, "position_ids")) {
        TRIMTAB_TRY(Tensor positions, table(count, window, [&](std::int64_t i) { return i % window; }));
        parts.inputs.emplace("position_ids", makeArrayField(std::move(positions), {}));
    }
    return {};
}

/// For a text that foresees `scored` tokens.
Result<base::TextWindows> windowsFor(const Graph* graph, TextCut cut, std::int64_t scored) {
    const auto fixed = fixedLength(graph, "input_ids");
    if (fixed && cut.window > 0 && cut.window != *fixed)
        return fail(ErrorCode::Refused, fmt::format("text.window is {} tokens, but the model reads {}", cut.window, *fixed));
    const std::int64_t asked = cut.window > 0 ? cut.window : fixed.value_or(kTextWindow);
    if (cut.stride > asked)
        return fail(ErrorCode::Refused, fmt::format("text.stride is {} tokens, but a window has {}", cut.stride, asked));
    const std::int64_t window = fixed ? asked : std::min(asked, scored);
    return base::TextWindows{window, cut.stride > 0 ? std::min(cut.stride, window) : window};
}

}  // namespace

Result<Parts> cutText(std::string_view text, const std::string& name, const Graph* graph, const std::filesystem::path& tokenizerPath,
                      TextCut cut) {
    if (tokenizerPath.empty()) return fail(ErrorCode::Refused, "text wants a model, beside which its tokenizer lies", name);
    TRIMTAB_TRY(const auto tokenizer, tokenizers::openTokenizer(tokenizerPath));
    TRIMTAB_TRY(const auto ids, tokenizer.encode(text));
    const auto total = static_cast<std::int64_t>(ids.size());
    if (total < 2) return fail(ErrorCode::Refused, fmt::format("is {} tokens long; at least two are wanted", total), name);
    TRIMTAB_TRY(const base::TextWindows windows, windowsFor(graph, cut, total - 1));
    const auto [window, stride] = windows;
    const std::int64_t count = 1 + std::max<std::int64_t>(0, total - 1 - window + stride - 1) / stride;
    if (count > kMostPlaces / window)
        return fail(ErrorCode::Refused,
                    fmt::format("makes {} windows of {} tokens at a stride of {}: take a larger stride", count, window, stride), name);
    Parts parts;
    const bool overlap = stride != window;
    parts.name =
        fmt::format("{}, {} tokens in windows of {}", name, total - 1, window) + (overlap ? fmt::format(", stride {}", stride) : "");
    parts.task = "language-model";
    parts.metric = defaultMetric(parts.task);
    parts.windows = windows;
    const std::string_view tokens(reinterpret_cast<const char*>(ids.data()), ids.size() * sizeof ids[0]);
    parts.hash = base::sha256(fmt::format("text {} {} {}", base::sha256(text), window, base::sha256(tokens)) +
                              (overlap ? fmt::format(" {}", stride) : ""));
    const auto placeOf = [&](std::int64_t i) { return i / window * stride + i % window; };
    const auto isScored = [&](std::int64_t i) { return placeOf(i) + 1 < total && (i < window || i % window >= window - stride); };
    const auto idAt = [&](std::int64_t place) { return ids[static_cast<std::size_t>(place)]; };
    TRIMTAB_TRY(Tensor inputs,
                table(count, window, [&](std::int64_t i) { return placeOf(i) + 1 < total ? idAt(placeOf(i)) : ids.back(); }));
    TRIMTAB_TRY(parts.target, table(count, window, [&](std::int64_t i) { return isScored(i) ? idAt(placeOf(i) + 1) : kNotScored; }));
    parts.inputs.emplace("input_ids", makeArrayField(std::move(inputs), {}));
    TRIMTAB_REQUIRE(addConstantInputs(parts, graph, count, window));
    return parts;
}

Result<Parts> openText(const std::filesystem::path& path, const Graph* graph, const std::filesystem::path& tokenizer) {
    TRIMTAB_TRY(const auto file, base::MappedFile::open(path));
    const auto bytes = file->bytes();
    auto parts = cutText({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path.filename().string(), graph, tokenizer);
    if (!parts && parts.error().context == path.filename().string()) parts.error().context = path.string();
    return parts;
}

}  // namespace trimtab::dataset
