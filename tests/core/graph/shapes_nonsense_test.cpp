// Every rule meets nodes that make no sense: missing inputs, wrong ranks, extreme attributes, contents of any kind. It may refuse or
// say little; it must come back, and what it says must be possible.
#include "core/base/random.h"
#include "core/graph/cost.h"
#include "core/graph/passes/passes.h"
#include "core/graph/shapes/rule.h"
#include "core/graph/weights.h"
#include "tests/core/graph/shape_rules.h"

namespace trimtab::graph::testing {
namespace {

class Nonsense {
public:
    explicit Nonsense(std::uint64_t seed) : m_random(seed) {}

    std::int64_t number() {
        switch (m_random.below(8)) {
            case 0: return INT64_MIN + static_cast<std::int64_t>(m_random.below(2));
            case 1: return INT64_MAX - static_cast<std::int64_t>(m_random.below(2));
            case 2: return std::int64_t{1} << m_random.below(63);
            case 3: return -static_cast<std::int64_t>(m_random.below(5));
            default: return static_cast<std::int64_t>(m_random.below(6));
        }
    }
    Ints numbers() {
        Ints list(m_random.below(6));
        for (std::int64_t& entry : list) entry = number();
        return list;
    }

    ValueId operand(GraphBuilder& builder) {
        switch (m_random.below(7)) {
            case 0: return kNoValue;
            case 1: return builder.ints(numbers());
            case 2: return builder.constant(Tensor::fromInt64s(Shape{}, {number()}));
            case 3: {
                std::vector<float> values(m_random.below(5));
                for (float& value : values) value = static_cast<float>(number()) * (m_random.below(2) ? 0.3F : 1.0F);
                const auto count = static_cast<std::int64_t>(values.size());
                return builder.floats(Shape{count}, values);
            }
            case 4: return builder.zeros(Shape{static_cast<std::int64_t>(m_random.below(3)), 2}, DataType::Int64);
            default:
                return builder.input("i" + std::to_string(builder.graph.values.size()), shape(),
                                     m_random.below(4) ? DataType::Float32 : DataType::Int64);
        }
    }

    std::optional<std::vector<Dim>> shape() {
        if (m_random.below(8) == 0) return std::nullopt;
        std::vector<Dim> list(m_random.below(6));
        for (Dim& dim : list) {
            const std::uint64_t kind = m_random.below(10);
            dim = kind == 0   ? Dim::unknown()
                  : kind == 1 ? Dim::named("n")
                  : kind == 2 ? Dim::known(std::int64_t{1} << m_random.below(40))
                              : Dim::known(static_cast<std::int64_t>(m_random.below(7)));
        }
        return list;
    }

    std::map<std::string, Attribute> attributes() {
        static constexpr const char* kNames[] = {"axis",
                                                 "axes",
                                                 "pads",
                                                 "strides",
                                                 "dilations",
                                                 "kernel_shape",
                                                 "group",
                                                 "perm",
                                                 "shape",
                                                 "to",
                                                 "dtype",
                                                 "split",
                                                 "starts",
                                                 "ends",
                                                 "keepdims",
                                                 "blocksize",
                                                 "hidden_size",
                                                 "layout",
                                                 "scales",
                                                 "output_shape",
                                                 "output_padding",
                                                 "k",
                                                 "batch_dims",
                                                 "num_outputs",
                                                 "start",
                                                 "end",
                                                 "K",
                                                 "N",
                                                 "transA",
                                                 "transB",
                                                 "ceil_mode",
                                                 "broadcast",
                                                 "sample_size",
                                                 "value_int",
                                                 "value_ints",
                                                 "size",
                                                 "noop_with_empty_axes",
                                                 "equation",
                                                 "auto_pad",
                                                 "direction",
                                                 "keep_aspect_ratio_policy",
                                                 "activation",
                                                 "value"};
        std::map<std::string, Attribute> out;
        for (const char* name : kNames) {
            switch (m_random.below(12)) {
                case 0: out[name] = number(); break;
                case 1: out[name] = numbers(); break;
                case 2: out[name] = std::string(m_random.below(2) ? "ij,j...k->ik" : "SAME_UPPER"); break;
                case 3: out[name] = Tensor::fromInt64s(Shape{1}, {number()}); break;
                default: break;
            }
        }
        return out;
    }

    std::uint64_t below(std::uint64_t bound) { return m_random.below(bound); }

private:
    base::Random m_random;
};

std::vector<shapes::RuleEntry> everyRule() {
    using namespace shapes;
    std::vector<RuleEntry> all;
    for (const auto family : {elementwiseRules(), convolutionRules(), poolingRules(), matrixRules(), normalizationRules(), reductionRules(),
                              layoutRules(), joiningRules(), indexingRules(), creationRules(), resizeRules(), recurrentRules(),
                              quantizedRules(), sequenceRules(), einsumRules(), fusedRules()}) {
        all.insert(all.end(), family.begin(), family.end());
    }
    return all;
}

TEST(ShapeRules, SurviveNonsense) {
    int refused = 0;
    int said = 0;
    for (const shapes::RuleEntry& entry : everyRule()) {
        for (std::uint64_t seed = 0; seed < 150; ++seed) {
            Nonsense nonsense(seed * 1000 + entry.op.size());
            GraphBuilder builder(static_cast<int>(1 + nonsense.below(20)));
            std::vector<ValueId> inputs(nonsense.below(6));
            for (ValueId& input : inputs) input = nonsense.operand(builder);
            auto outputs =
                builder.addMany(std::string(entry.op), inputs, nonsense.below(4), nonsense.attributes(), std::string(entry.domain));
            if (!outputs.empty() && nonsense.below(4) == 0) builder.graph.nodes.back().outputs[0] = kNoValue;
            // What follows shape arithmetic sees the result too.
            if (!outputs.empty()) builder.add("Reshape", {builder.input("y", dims({"n", 6})), outputs[0]});
            const Status status = inferShapes(builder.graph);
            status ? ++said : ++refused;
            if (!status) continue;
            for (const ValueId id : outputs) {
                if (!builder.graph.value(id).type.dims) continue;
                for (const Dim& dim : *builder.graph.value(id).type.dims) EXPECT_TRUE(dim.extent >= -1);
            }
            for (const Node& node : builder.graph.nodes) costOf(builder.graph, node);
            compressibleWeights(builder.graph);
            for (const ValueId id : outputs) builder.output(id);
            Graph fused = builder.graph;
            if (removeIdentities(fused) && foldBatchNorm(fused)) (void)fuse(fused);
        }
    }
    EXPECT_GT(refused, 1000);
    EXPECT_GT(said, 1000);
}

}  // namespace
}  // namespace trimtab::graph::testing
