#include "core/compress/prune/prune_layer.h"

#include "core/compress/prune/importance.h"
#include "core/compress/prune/pattern.h"
#include "core/compress/second_order/sparse_gpt.h"

namespace trimtab::compress {
namespace {

MaskPattern patternOf(const recipe::PruneSpec& spec) {
    MaskPattern pattern;
    if (const auto kept = recipe::keptOfEvery(spec)) {
        pattern.kind = MaskPattern::Kind::NOfM;
        pattern.kept = kept->first;
        pattern.of = kept->second;
    } else if (const auto block = recipe::blockOf(spec)) {
        pattern.kind = MaskPattern::Kind::Blocks;
        pattern.blockRows = block->first;
        pattern.blockColumns = block->second;
    } else if (spec.pattern == "rows" || spec.pattern == "columns") {
        pattern.kind = spec.pattern == "rows" ? MaskPattern::Kind::Rows : MaskPattern::Kind::Columns;
    } else if (spec.method == "wanda") {
        pattern.kind = MaskPattern::Kind::PerRow;  // its scores compare within a row
    }
    return pattern;
}

std::vector<float> scoresOf(std::span<const float> values, const recipe::PruneSpec& spec, const LayerInputs& inputs,
                            const std::string& layer) {
    if (spec.method == "random") return randomScores(values.size(), seedOfLayer(spec.seed, layer));
    if (spec.method != "wanda") return magnitudeScores(values);
    std::vector<float> scores;
    const std::size_t share = values.size() / inputs.size();
    for (std::size_t part = 0; part < inputs.size(); ++part) {
        const auto some = wandaScores(values.subspan(part * share, share), inputs[part].columns->norms());
        scores.insert(scores.end(), some.begin(), some.end());
    }
    return scores;
}

Status pruneBySecondOrder(std::vector<float>& values, std::int64_t rows, std::int64_t columns, const recipe::PruneSpec& spec,
                          const LayerInputs& inputs, const Tools& tools) {
    Sparsity sparsity;
    sparsity.ratio = spec.ratio;
    if (const auto kept = recipe::keptOfEvery(spec)) {
        sparsity.keep = kept->first;
        sparsity.of = kept->second;
    }
    PartFactors factors;
    for (const PartInputs& part : inputs) factors.push_back(&part.factors.at(pruningFactor()));
    return sparseGpt(*tools.math, values, rows, columns, factors, sparsity, tools.cancelled);
}

}  // namespace

std::vector<std::uint8_t> prunedMask(std::span<const float> values, std::int64_t columns, const recipe::PruneSpec& spec,
                                     const LayerInputs& inputs, const std::string& layer) {
    return maskOf(scoresOf(values, spec, inputs, layer), columns, patternOf(spec), spec.ratio);
}

Status pruneLayer(std::vector<float>& values, std::int64_t rows, std::int64_t columns, const recipe::PruneSpec& spec,
                  const LayerInputs& inputs, const std::string& layer, const Tools& tools) {
    if (spec.method == "sparsegpt") return pruneBySecondOrder(values, rows, columns, spec, inputs, tools);
    applyMask(values, prunedMask(values, columns, spec, inputs, layer));
    return {};
}

}  // namespace trimtab::compress
