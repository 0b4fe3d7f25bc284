// A .txt for a language model: its tokens by the model's own tokenizer, cut into windows that do not overlap. Each window predicts the
// token behind each of its own, the last one the first of the next window, so that every token but the first is predicted once.
#include <fmt/format.h>

#include <algorithm>

#include "core/base/file.h"
#include "core/base/hash.h"
#include "core/dataset/manifest.h"
#include "core/dataset/parts.h"
#include "core/dataset/tokenizers/tokenizer.h"

namespace trimtab::dataset {
namespace {

constexpr std::int64_t kTextWindow = 256;

/// Rows of `window` tokens, the first `offset` tokens later than the text.
Tensor windows(const std::vector<std::int32_t>& ids, std::int64_t count, std::int64_t window, std::int64_t offset) {
    const auto begin = ids.begin() + offset;
    return Tensor::fromInt64s(Shape{count, window}, std::vector<std::int64_t>(begin, begin + count * window));
}

/// What models take beside ids, where every token counts and windows stand at the beginning.
void addConstantInputs(Parts& parts, std::int64_t count, std::int64_t window) {
    const auto size = static_cast<std::size_t>(count * window);
    std::vector<std::int64_t> positions(size);
    for (std::size_t i = 0; i < size; ++i) positions[i] = static_cast<std::int64_t>(i) % window;
    parts.inputs.emplace("attention_mask",
                         makeArrayField(Tensor::fromInt64s(Shape{count, window}, std::vector<std::int64_t>(size, 1)), {}));
    parts.inputs.emplace("position_ids", makeArrayField(Tensor::fromInt64s(Shape{count, window}, positions), {}));
    parts.mayHoldMore = true;
}

}  // namespace

Result<Parts> openText(const std::filesystem::path& path, const Graph* graph, const std::filesystem::path& tokenizerPath) {
    if (tokenizerPath.empty()) return fail(ErrorCode::Refused, "text wants a model, beside which its tokenizer lies", path.string());
    TRIMTAB_TRY(const auto tokenizer, tokenizers::openTokenizer(tokenizerPath));
    TRIMTAB_TRY(const auto file, base::MappedFile::open(path));
    const auto bytes = file->bytes();
    TRIMTAB_TRY(const auto ids, tokenizer.encode({reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
    const auto total = static_cast<std::int64_t>(ids.size());
    if (total < 2) return fail(ErrorCode::Refused, fmt::format("is {} tokens long; at least two are wanted", total), path.string());
    const graph::ValueId input = inputFor(graph, "input_ids");
    const auto shape = input == graph::kNoValue ? std::nullopt : graph->value(input).type.dims;
    const bool isFixed = shape && shape->size() == 2 && (*shape)[1].isKnown() && (*shape)[1].extent >= 1;
    const std::int64_t window = std::min(isFixed ? (*shape)[1].extent : kTextWindow, total - 1);
    const std::int64_t count = (total - 1) / window;
    Parts parts;
    parts.name = fmt::format("{}, {} tokens in windows of {}", path.filename().string(), count * window, window);
    parts.task = "language-model";
    parts.metric = defaultMetric(parts.task);
    TRIMTAB_TRY(const std::string content, base::sha256File(path));
    const std::string_view tokens(reinterpret_cast<const char*>(ids.data()), ids.size() * sizeof ids[0]);
    parts.hash = base::sha256(fmt::format("text {} {} {}", content, window, base::sha256(tokens)));
    parts.inputs.emplace("input_ids", makeArrayField(windows(ids, count, window, 0), {}));
    parts.target = windows(ids, count, window, 1);
    if (graph && graph->inputs.size() > 1) addConstantInputs(parts, count, window);
    return parts;
}

}  // namespace trimtab::dataset
