#pragma once
// Options that no layer alone can take, on the whole model. Those that remove units, one group of units at a time
// (core/compress/structure/unit_groups.h): a unit that leaves changes what reads it, so no stretch of the model stays as it was. And
// those that keep keys and values in fewer bits, one attention at a time: its products are no layers with weights. The whole model is
// compressed, scored and timed, against the same model without the removal or the cache. What an option says beside (int8 products, say)
// is done to the whole model on both sides, because what a unit's absence saves depends on how its layers run; the cell is about the
// removal or the cache alone.
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "core/compress/compress.h"
#include "core/compress/structure/unit_groups.h"
#include "profiler/worker/scored_batches.h"

namespace trimtab::worker {

/// What cells are measured with; all of it outlives them.
struct CellTools {
    const ipc::SensitivityRequest& request;
    const Call& call;
    runtime::Engine& engine;
    const ScoredBatches& data;
    const std::vector<Tensor>& reference;       // outputs of the model as it is, of the first batches or all
    const std::vector<NamedTensor>& timed;      // inputs of a run
    bool higherIsBetter = true;
};

class UnitGroupCells {
public:
    UnitGroupCells(const Graph& graph, const CellTools& tools);

    /// Groups whose units can leave, then attentions, each in the order of the graph and where some option asks for them. Their weights
    /// count with their layers' own rows.
    const std::vector<trial::SensitivityUnit>& rows() const { return m_rows; }
    /// The cell of a layer under an option that no layer alone can have: it says where that is measured.
    trial::SensitivityCell refusalOfLayers(const trial::SensitivityOption& option) const;
    /// Refused where the option is not about this kind of row. Bytes are what leaves, below 0.
    Result<trial::SensitivityCell> cell(std::size_t row, const trial::SensitivityOption& option);
    /// Evaluations of the whole model so far.
    std::int64_t evaluations() const { return m_evaluations; }

private:
    /// The whole model under one recipe.
    struct Whole {
        std::unique_ptr<runtime::CompiledModel> model;
        std::int64_t storedBytes = 0;
        evaluate::Evaluation evaluation;
    };
    void addGroups();
    void addAttentions();
    /// What the option does to this row; Refused where nothing.
    Result<recipe::Settings> partOf(std::size_t row, const trial::SensitivityOption& option) const;
    Result<Whole> made(const recipe::Recipe& recipe, trial::SensitivityCell& cell);
    Result<const Whole*> untreated(const recipe::Recipe& recipe);
    Status time(const Whole& before, const Whole& after, trial::SensitivityCell& cell);

    const Graph& m_graph;
    CellTools m_tools;
    std::vector<trial::SensitivityUnit> m_rows;
    std::vector<std::optional<compress::UnitKind>> m_kinds;  // of the rows; none: an attention
    std::map<std::string, Whole> m_untreated; // by the recipe without the part
    std::int64_t m_evaluations = 0;
};

/// Whether an option is about groups of units, or about what attention keeps.
bool removesUnits(const trial::SensitivityOption& option);
bool keepsCaches(const trial::SensitivityOption& option);

/// How much worse the second is, paired by sample; positive is worse.
base::Estimate lossBetween(const evaluate::Evaluation& untreated, const evaluate::Evaluation& treated, bool higherIsBetter);

}  // namespace trimtab::worker
