// A .txt for a language model: its tokens by the model's own tokenizer, cut into windows that do not overlap. Each window predicts the
// token behind each of its own, the last one the first of the next window, so that every token but the first is predicted once. What the
// last window lacks is filled up behind the text, where a causal model does not look from the tokens before, and not scored.
#include <algorithm>

#include <fmt/format.h>

#include "core/base/file.h"
#include "core/base/hash.h"
#include "core/dataset/manifest.h"
#include "core/dataset/parts.h"
#include "core/dataset/tokenizers/tokenizer.h"

namespace trimtab::dataset {
namespace {

constexpr std::int64_t kTextWindow = 256;
constexpr std::int32_t kNotScored = -1;

/// int64 [count, window], element i of it valueOf(i).
template <class ValueOf>
Result<Tensor> table(std::int64_t count, std::int64_t window, const ValueOf& valueOf) {
    TRIMTAB_TRY(Tensor made, Tensor::allocate(DataType::Int64, Shape{count, window}));
    const auto values = made.mutableData<std::int64_t>();
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = valueOf(i);
    return made;
}

/// What a model may take beside ids: every token counts, and windows stand at the beginning.
Status addConstantInputs(Parts& parts, const Graph* graph, std::int64_t count, std::int64_t window) {
    const auto takes = [&](const char* name) { return graph && graph->find(name) != graph::kNoValue && graph->inputs.size() > 1; };
    if (takes("attention_mask")) {
        TRIMTAB_TRY(Tensor ones, table(count, window, [](std::size_t) { return 1; }));
        parts.inputs.emplace("attention_mask", makeArrayField(std::move(ones), {}));
    }
    if (takes("position_ids")) {
        TRIMTAB_TRY(Tensor positions, table(count, window, [&](std::size_t i) { return static_cast<std::int64_t>(i) % window; }));
        parts.inputs.emplace("position_ids", makeArrayField(std::move(positions), {}));
    }
    return {};
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
    const std::int64_t window = std::min(fixedLength(graph, "input_ids").value_or(kTextWindow), total - 1);
    const std::int64_t count = (total - 1 + window - 1) / window;
    Parts parts;
    parts.name = fmt::format("{}, {} tokens in windows of {}", path.filename().string(), total - 1, window);
    parts.task = "language-model";
    parts.metric = defaultMetric(parts.task);
    TRIMTAB_TRY(const std::string content, base::sha256File(path));
    const std::string_view tokens(reinterpret_cast<const char*>(ids.data()), ids.size() * sizeof ids[0]);
    parts.hash = base::sha256(fmt::format("text {} {} {}", content, window, base::sha256(tokens)));
    TRIMTAB_TRY(Tensor inputs, table(count, window, [&](std::size_t i) { return i + 1 < ids.size() ? ids[i] : ids.back(); }));
    TRIMTAB_TRY(parts.target, table(count, window, [&](std::size_t i) { return i + 1 < ids.size() ? ids[i + 1] : kNotScored; }));
    parts.inputs.emplace("input_ids", makeArrayField(std::move(inputs), {}));
    TRIMTAB_REQUIRE(addConstantInputs(parts, graph, count, window));
    return parts;
}

}  // namespace trimtab::dataset
