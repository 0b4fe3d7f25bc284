#pragma once
// Some samples of a dataset. Folders of classes are sorted by class, so the first samples would all be of one kind: subsets are drawn.
#include <memory>
#include <string>
#include <vector>

#include "core/dataset/dataset.h"

namespace trimtab::worker {

/// Of [0, size) as many as `count`, without replacement, ascending; all where there are no more. Equal for equal seeds, everywhere.
/// Source: Floyd's algorithm (Bentley and Floyd 1987, "A sample of brilliance").
std::vector<std::int64_t> drawnSamples(std::int64_t size, std::int64_t count, std::uint64_t seed);

/// Rows of ids that differ in length are filled up behind, which no causal model looks at, and not scored. REQUIRES: indices inside the
/// whole, ascending.
class SampleSubset final : public dataset::Dataset {
public:
    SampleSubset(std::shared_ptr<const dataset::Dataset> whole, std::vector<std::int64_t> indices);
    const std::string& name() const override { return m_whole->name(); }
    const std::string& task() const override { return m_whole->task(); }
    const std::string& metric() const override { return m_whole->metric(); }
    std::int64_t size() const override { return static_cast<std::int64_t>(m_indices.size()); }
    const std::string& hash() const override { return m_whole->hash(); }
    std::vector<std::string> inputNames() const override { return m_whole->inputNames(); }
    dataset::TokenRules tokenRules() const override { return m_whole->tokenRules(); }
    std::span<const dataset::Choice> choices() const override { return m_choices; }
    std::span<const dataset::Prompt> prompts() const override { return m_prompts; }
    dataset::GenerationRules generationRules() const override { return m_whole->generationRules(); }
    std::optional<base::TextWindows> textWindows() const override { return m_whole->textWindows(); }
    Result<dataset::Batch> batch(std::int64_t first, std::int64_t count) const override;

private:
    std::shared_ptr<const dataset::Dataset> m_whole;
    std::vector<std::int64_t> m_indices;
    std::vector<dataset::Choice> m_choices;
    std::vector<dataset::Prompt> m_prompts;
};

/// The first samples: what a program scores by their place in the data.
std::shared_ptr<const dataset::Dataset> firstOf(std::shared_ptr<const dataset::Dataset> whole, std::int64_t count);
/// The dataset itself where `count` is 0 or no less than its size; else a drawn subset. Samples in groups (ndcg ranks within them) are
/// not torn apart: of those the first. Of multiple choice so many questions, with all their choices.
Result<std::shared_ptr<const dataset::Dataset>> drawnFrom(std::shared_ptr<const dataset::Dataset> whole, std::int64_t count,
                                                           std::uint64_t seed);

}  // namespace trimtab::worker
