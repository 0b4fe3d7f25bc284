#include "core/compress/coverage.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/compress/tied_layers.h"
#include "core/graph/attention/attention_nodes.h"
namespace trimtab::compress {
namespace {

// What a set of nodes offers.
struct Offer {
    bool any = false;
    bool weights = false;
    bool products = false;
    bool caches = false;

    void add(const graph::Node& node, bool hasWeight, bool readsCache) {
        any = true;
        weights = weights || hasWeight;
        caches = caches || readsCache;
        products = products || formsProducts(node);
    }
};

Status checkOffer(const Offer& offer, const recipe::Settings& settings, const std::string& place, const std::string& whom) {
    const auto refuse = [&](const char* field, const char* lack) {
        return fail(ErrorCode::Refused, fmt::format("{}{} can never apply: {} {}", place, field, whom, lack));
    };
    const char* noWeight = "has a constant weight of its own";
    if (settings.prune && settings.prune->ratio > 0 && !offer.weights) return refuse("prune", noWeight);
    if (settings.weights && settings.weights->bits < 32 && !offer.weights) return refuse("weights", noWeight);
    if (settings.activations && settings.activations->bits < 32 && !offer.weights) return refuse("activations", noWeight);
    if (settings.compute == graph::ComputeType::Int8 && !offer.weights) return refuse("compute", noWeight);
    if (settings.compute && settings.compute != graph::ComputeType::Float32 && !offer.products)
        return refuse("compute", "forms products (Conv, MatMul, Gemm)");
    if (settings.kvCache && settings.kvCache->bits < 32 && !offer.caches)
        return refuse("kv_cache", "is part of an attention: MatMul, Softmax and MatMul, or a fused operator");
    return {};
}

}  // namespace

bool formsProducts(const graph::Node& node) {
    return node.is("Conv") || node.is("MatMul") || node.is("Gemm") || node.is("FusedConv", "trimtab") || node.is("FusedMatMul", "trimtab");
}

Status checkCoverage(const Graph& graph, const std::vector<graph::WeightUse>& uses, const recipe::Recipe& recipe) {
    const std::vector<bool> hasWeight = haveWeights(graph, uses);
    std::vector<bool> readsCache(graph.nodes.size(), false);
    for (const graph::AttentionNodes& attention : graph::attentionNodes(graph))
        for (const int node : {attention.scores, attention.mix}) readsCache[static_cast<std::size_t>(node)] = true;

    Offer whole;
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) whole.add(graph.nodes[i], hasWeight[i], readsCache[i]);
    TRIMTAB_REQUIRE(checkOffer(whole, recipe.base, "", "no layer of the model"));

    for (std::size_t r = 0; r < recipe.rules.size(); ++r) {
        const recipe::Rule& rule = recipe.rules[r];
        Offer offer;
        for (std::size_t i = 0; i < graph.nodes.size(); ++i)
            if (recipe::matches(rule.match, graph.nodes[i])) offer.add(graph.nodes[i], hasWeight[i], readsCache[i]);
        const recipe::Recipe shown{{}, {rule}};
        const std::string place = fmt::format("rules[{}]", r);
        if (!offer.any) {
            return fail(ErrorCode::Refused, fmt::format("{} matches no node of the model: {}", place,
                                                        base::dumpJson(recipe::toJson(shown)["rules"][0]["match"])));
        }
        TRIMTAB_REQUIRE(checkOffer(offer, rule.settings, place + ".", "none of the layers it matches"));
    }
    return {};
}

}  // namespace trimtab::compress
