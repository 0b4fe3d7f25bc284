#include "core/compress/attention/kept_cache.h"

#include "core/tensor/kept_row.h"

namespace trimtab::compress {
namespace {

using graph::CachePart;

constexpr double kRangeBytes = tensor::kKeptRangeBytes;

void add(CacheBytes& bytes, const Graph& graph, const graph::AttentionNodes& attention, CachePart part) {
    const auto row = graph::cacheRowOf(graph, attention, part);
    if (!row) {
        bytes.isKnown = false;
        return;
    }
    const graph::Node& node = graph.nodes[static_cast<std::size_t>(part == CachePart::Keys ? attention.scores : attention.mix)];
    const graph::Treatment& treatment = node.treatment;
    const auto heads = static_cast<double>(row->heads);
    const double values = heads * static_cast<double>(row->channels);
    bytes.originalPerToken += values * 4;
    bytes.perToken += values * treatment.kvBits / 8;
    if (treatment.kvBits >= 32) return;
    if (treatment.kvPerChannel) bytes.fixed += values * kRangeBytes;
    else bytes.perToken += heads * kRangeBytes;
}

}  // namespace

Status treatCaches(Graph& graph, const recipe::Recipe& recipe) {
    for (const graph::AttentionNodes& attention : graph::attentionNodes(graph)) {
        for (const int index : {attention.scores, attention.mix}) {
            graph::Node& node = graph.nodes[static_cast<std::size_t>(index)];
            TRIMTAB_TRY(const recipe::Settings settings, recipe::settingsFor(recipe, node));
            if (!settings.kvCache) continue;
            node.treatment.kvBits = settings.kvCache->bits;
            node.treatment.kvPerChannel = settings.kvCache->granularity == "channel";
        }
    }
    return {};
}

CacheBytes cacheBytesOf(const Graph& graph) {
    CacheBytes bytes;
    for (const graph::AttentionNodes& attention : graph::attentionNodes(graph)) {
        ++bytes.attentions;
        add(bytes, graph, attention, CachePart::Keys);
        add(bytes, graph, attention, CachePart::Values);
    }
    return bytes;
}

}  // namespace trimtab::compress
