#include "profiler/worker/sample_subset.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "core/base/random.h"

namespace trimtab::worker {
namespace {

using dataset::Batch;
using dataset::Dataset;

/// Rows [n, length] of int64 filled up behind to `length`.
Result<Tensor> filledUp(const Tensor& rows, std::int64_t length, std::int64_t fill) {
    TRIMTAB_TRY(Tensor made, Tensor::allocate(DataType::Int64, Shape{rows.shape()[0], length}));
    const auto own = static_cast<std::size_t>(rows.shape()[1]), whole = static_cast<std::size_t>(length);
    const auto from = rows.data<std::int64_t>();
    const auto to = made.mutableData<std::int64_t>();
    std::fill(to.begin(), to.end(), fill);
    for (std::size_t row = 0; row * whole < to.size(); ++row)
        std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(row * own), own, to.begin() + static_cast<std::ptrdiff_t>(row * whole));
    return made;
}

/// The parts one after the other along the first axis. REQUIRES: at least one; alike beside that axis, or rows of ids.
Result<Tensor> stacked(std::vector<Tensor> parts, std::int64_t fill) {
    if (parts.size() == 1 || !parts.front().defined()) return parts.front();
    const auto isRow = [](const Tensor& part) { return part.type() == DataType::Int64 && part.shape().rank() == 2; };
    if (std::ranges::all_of(parts, isRow)) {
        std::int64_t longest = 0;
        for (const Tensor& part : parts) longest = std::max(longest, part.shape()[1]);
        for (Tensor& part : parts)
            if (part.shape()[1] != longest) { TRIMTAB_TRY(part, filledUp(part, longest, fill)); }
    }
    Shape shape = parts.front().shape();
    shape[0] = 0;
    for (const Tensor& part : parts) shape[0] += part.shape()[0];
    TRIMTAB_TRY(Tensor whole, Tensor::allocate(parts.front().type(), shape));
    std::size_t filled = 0;
    for (const Tensor& part : parts) {
        const auto bytes = part.bytes();
        if (filled + bytes.size() > whole.bytes().size())
            return fail(ErrorCode::Refused, "the samples of the dataset have different shapes");
        std::copy(bytes.begin(), bytes.end(), whole.mutableBytes().begin() + static_cast<std::ptrdiff_t>(filled));
        filled += bytes.size();
    }
    return whole;
}

}  // namespace

SampleSubset::SampleSubset(std::shared_ptr<const Dataset> whole, std::vector<std::int64_t> indices)
    : m_whole(std::move(whole)), m_indices(std::move(indices)) {
    const auto choices = m_whole->choices();
    const auto prompts = m_whole->prompts();
    for (const std::int64_t index : m_indices) {
        if (!choices.empty()) m_choices.push_back(choices[static_cast<std::size_t>(index)]);
        if (!prompts.empty()) m_prompts.push_back(prompts[static_cast<std::size_t>(index)]);
    }
}

std::vector<std::int64_t> drawnSamples(std::int64_t size, std::int64_t count, std::uint64_t seed) {
    if (count >= size) {
        std::vector<std::int64_t> all(static_cast<std::size_t>(size));
        std::iota(all.begin(), all.end(), 0);
        return all;
    }
    base::Random random(seed);
    std::set<std::int64_t> drawn;
    for (std::int64_t last = size - count; last < size; ++last) {
        const auto sample = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(last) + 1));
        if (!drawn.insert(sample).second) drawn.insert(last);
    }
    return {drawn.begin(), drawn.end()};
}

Result<Batch> SampleSubset::batch(std::int64_t first, std::int64_t count) const {
    std::vector<Batch> runs;  // of neighbours
    for (std::int64_t i = first; i < first + count;) {
        const auto at = static_cast<std::size_t>(i);
        std::int64_t length = 1;
        while (i + length < first + count && m_indices[at + static_cast<std::size_t>(length)] == m_indices[at] + length) ++length;
        TRIMTAB_TRY(auto run, m_whole->batch(m_indices[at], length));
        runs.push_back(std::move(run));
        i += length;
    }
    if (runs.size() == 1) return std::move(runs.front());
    constexpr std::int64_t kAnyId = 0, kNotScored = -1;
    const auto all = [&runs](auto part) {
        std::vector<Tensor> parts;
        for (const Batch& run : runs) parts.push_back(part(run));
        return parts;
    };
    Batch batch;
    TRIMTAB_TRY(batch.target, stacked(all([](const Batch& run) { return run.target; }), kNotScored));
    TRIMTAB_TRY(batch.group, stacked(all([](const Batch& run) { return run.group; }), kAnyId));
    for (std::size_t input = 0; input < runs.front().inputs.size(); ++input) {
        TRIMTAB_TRY(auto rows, stacked(all([input](const Batch& run) { return run.inputs[input].tensor; }), kAnyId));
        batch.inputs.push_back({runs.front().inputs[input].name, std::move(rows)});
    }
    return batch;
}

std::shared_ptr<const Dataset> firstOf(std::shared_ptr<const Dataset> whole, std::int64_t count) {
    if (count <= 0 || count >= whole->size()) return whole;
    std::vector<std::int64_t> indices(static_cast<std::size_t>(count));
    std::iota(indices.begin(), indices.end(), 0);
    return std::make_shared<const SampleSubset>(std::move(whole), std::move(indices));
}

Result<std::shared_ptr<const Dataset>> drawnFrom(std::shared_ptr<const Dataset> whole, std::int64_t count, std::uint64_t seed) {
    if (const auto choices = whole->choices(); count > 0 && !choices.empty()) {
        const auto drawn = drawnSamples(choices.back().question + 1, count, seed);
        std::vector<std::int64_t> indices;
        for (std::size_t i = 0; i < choices.size(); ++i)
            if (std::ranges::binary_search(drawn, choices[i].question)) indices.push_back(static_cast<std::int64_t>(i));
        return std::make_shared<const SampleSubset>(std::move(whole), std::move(indices));
    }
    if (count <= 0 || count >= whole->size()) return whole;
    TRIMTAB_TRY(const Batch one, whole->batch(0, 1));
    if (one.group.defined()) return firstOf(std::move(whole), count);
    auto indices = drawnSamples(whole->size(), count, seed);
    return std::make_shared<const SampleSubset>(std::move(whole), std::move(indices));
}

}  // namespace trimtab::worker
