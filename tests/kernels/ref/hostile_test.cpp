// Every operator under random inputs and attributes, many of them absurd: each call comes back with a result or a refusal, within the
// memory budget. What is wrong inside shows under the sanitizers.
#include <gtest/gtest.h>

#include "core/base/memory_budget.h"
#include "core/base/random.h"
#include "core/tensor/convert.h"
#include "tests/kernels/ref/harness.h"

namespace trimtab::ref::testing {
namespace {

class Generator {
public:
    explicit Generator(std::uint64_t seed) : m_random(seed) {}

    std::uint64_t below(std::uint64_t bound) { return m_random.below(bound); }

    std::int64_t number() {
        static const Ints kNumbers{0, 1, 1, 1, 2, 2, 3, 4, -1, -2, 5, 7, 11, 16, 64, -100, 1 << 20, std::int64_t{1} << 31,
                                   std::int64_t{1} << 62, -(std::int64_t{1} << 62), INT64_MAX, INT64_MIN};
        // Mostly sensible, so that calls get far enough to go wrong.
        return kNumbers[below(below(4) == 0 ? kNumbers.size() : 10)];
    }

    Ints numbers() {
        Ints result(below(6));
        for (std::int64_t& value : result) value = number();
        return result;
    }

    Tensor tensor() {
        static const std::vector<DataType> kTypes{DataType::Float32,      DataType::Float32,    DataType::Float32,    DataType::Int64,
                                                  DataType::Int64,        DataType::Int32,      DataType::UInt8,      DataType::Int8,
                                                  DataType::Bool,         DataType::Float64,    DataType::Float16,    DataType::BFloat16,
                                                  DataType::UInt64,       DataType::Int4,       DataType::UInt4,      DataType::Complex64,
                                                  DataType::Float8E4M3FN, DataType::Float4E2M1, DataType::Float8E8M0, DataType::Int2};
        Shape shape(Ints(below(5)));
        for (int d = 0; d < shape.rank(); ++d) shape[d] = static_cast<std::int64_t>(below(12) == 0 ? 0 : 1 + below(4));
        if (below(2) == 0) shape = m_shape;
        const DataType type = below(8) != 0 ? m_type : kTypes[below(kTypes.size())];
        m_shape = shape;
        m_type = type;
        if (type == DataType::Complex64) return *Tensor::zeros(type, shape);
        if (type != DataType::Int64) return *tensor::randomTensor(type, shape, below(1000), 0, 3);
        Ints values(static_cast<std::size_t>(shape.elementCount()));
        for (std::int64_t& value : values) value = number();
        return Tensor::fromInt64s(shape, values);
    }

    Attributes attributes() {
        static const std::vector<std::string> kIntegers{"axis", "group", "blocksize", "size", "k", "p", "keepdims", "to", "batch_dims",
            "hidden_size", "N", "K", "bits", "block_size", "num_groups", "num_outputs", "dtype", "upper", "ceil_mode", "transA", "transB",
            "start", "end", "fmod", "exclusive", "layout", "linear_before_reset", "new_axis", "storage_order", "count_include_pad",
            "batch_axis", "time_axis", "broadcast", "allowzero", "training_mode", "largest", "align_corners", "output_height",
            "output_width", "sampling_ratio", "center_point_box", "offset_group", "antialias", "exclude_outside", "onesided", "inverse",
            "sample_size", "output_datatype", "periodic", "sorted", "ignore_index", "min_gram_length", "max_gram_length", "max_skip_count",
            "is_test", "num_scan_inputs", "output_dtype", "saturate", "precision",
            "num_heads", "q_num_heads", "kv_num_heads", "rotary_embedding_dim", "is_causal", "unidirectional", "transBatchA"};
        static const std::vector<std::string> kLists{"axes", "perm", "pads", "strides", "dilations", "kernel_shape", "output_shape",
            "output_padding", "split", "starts", "ends", "shape", "value_ints", "pooled_shape", "ngram_counts", "ngram_indexes",
            "pool_int64s", "qkv_hidden_sizes"};
        static const std::vector<std::string> kStrings{"mode", "auto_pad", "direction", "equation", "reduction", "activation",
            "nearest_mode", "coordinate_transformation_mode", "padding_mode", "keep_aspect_ratio_policy", "round_mode"};
        static const std::vector<std::string> kWords{"linear", "cubic", "nearest", "SAME_UPPER", "SAME_LOWER", "VALID", "reverse",
            "bidirectional", "LEFT", "ij,jk->ik", "i,i", "...i->...", "ii", "add", "max", "reflect", "edge", "wrap", "CRD", "Relu", "Clip",
            "align_corners", "tf_crop_and_resize", "ceil", "border", "reflection", "avg", "not_larger", "not_smaller", "TF", "IDF", "TFIDF",
            "none", "mean", "sum", "?"};
        Attributes result;
        for (std::uint64_t i = below(4); i > 0; --i) result[kIntegers[below(kIntegers.size())]] = number();
        for (std::uint64_t i = below(4); i > 0; --i) result[kLists[below(kLists.size())]] = numbers();
        for (std::uint64_t i = below(3); i > 0; --i) result[kStrings[below(kStrings.size())]] = kWords[below(kWords.size())];
        if (below(4) == 0) result["epsilon"] = -1.0F;
        if (below(4) == 0) result["value"] = tensor();
        return result;
    }

private:
    base::Random m_random;
    Shape m_shape;  // of the last tensor; the next one often shares it, and its type
    DataType m_type = DataType::Float32;
};

TEST(Hostile, EveryOperatorComesBackWhateverItIsGiven) {
    auto& budget = base::MemoryBudget::process();
    const std::int64_t before = budget.limit();
    budget.setLimit(budget.used() + (4 << 20));
    Generator random(20260);
    std::size_t answered = 0;
    for (const std::string& key : knownOperators()) {
        const std::size_t dot = key.rfind('.');
        const std::string domain = dot == std::string::npos ? "" : key.substr(0, dot),
                          op = dot == std::string::npos ? key : key.substr(dot + 1);
        for (int round = 0; round < 1500; ++round) {
            const graph::Node made = node(op, static_cast<int>(random.below(3) == 0 ? random.below(26) : 13), random.attributes(),
                                          random.below(4) == 0 ? 2 : 1, domain);
            std::vector<RunValue> inputs(random.below(4) == 0 ? random.below(9) : 1 + random.below(4));
            for (RunValue& input : inputs) {
                if (random.below(16) == 0) continue;
                if (random.below(16) == 0) input = TensorSequence{DataType::Float32, {random.tensor(), random.tensor()}};
                else input = random.tensor();
            }
            const auto result = evaluate(made, inputs);
            if (result) ++answered;
            else ASSERT_FALSE(result.error().message.empty()) << key;
        }
    }
    budget.setLimit(before);
    EXPECT_GT(answered, 10000U);
}

}  // namespace
}  // namespace trimtab::ref::testing
