#pragma once
// Attention of each token to those before it, as com.microsoft GroupQueryAttention: what generation writes caches in place for. Lengths are
// counted from the token ids: every sequence of a batch is as long as the batch.
#include <optional>
#include <string>
#include <vector>

#include "core/formats/huggingface/graph_builder.h"
#include "core/formats/huggingface/rotary.h"

namespace trimtab::formats::huggingface {

class CausalAttention {
public:
    CausalAttention(GraphBuilder& builder, graph::ValueId ids);

    struct Tables {
        graph::ValueId cos = graph::kNoValue, sin = graph::kNoValue;
    };
    /// [positions, size / 2] in the weights' type; their values come with fillTables(), when all weights have been found.
    Tables rotaryTables(const std::string& name, const Rotary& rotary, std::int64_t positions);
    Status fillTables();

    struct Heads {
        std::int64_t heads = 0, kvHeads = 0, size = 0;
        std::optional<std::int64_t> window = {};  // tokens that a token sees, itself among them
        std::optional<double> scale = {};         // of the scores; 1 / √size without
        double softCap = 0;                       // scores become cap · tanh(score / cap); 0: they don't
        Tables tables = {};                       // none: nothing is turned
    };
    /// [batch, sequence, heads · size] of queries, keys and values [batch, sequence, (kv)heads · size].
    graph::ValueId attend(const std::string& module, const Heads& heads, graph::ValueId query, graph::ValueId key, graph::ValueId value);

private:
    struct Pending {
        Tables tables;
        Rotary rotary;
        std::int64_t positions;
    };
    Status fill(graph::ValueId table, const Pending& pending, double (*function)(double));

    GraphBuilder& m_builder;
    graph::ValueId m_total, m_lengths;
    std::vector<Pending> m_pending;
};

}  // namespace trimtab::formats::huggingface
