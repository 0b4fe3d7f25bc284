#include "tests/fuzz/onnx_mutator.h"

#include <array>
#include <memory>
#include <vector>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#include <onnx/onnx_pb.h>
#pragma GCC diagnostic pop

#include "core/base/random.h"

namespace trimtab::fuzz {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr std::size_t kMostMessages = 4000;

constexpr auto kNumbers = std::to_array<std::int64_t>({
    0, 1, 2, 3, 4, 5, 7, 8, 16, 64, 127, 128, 255, 256, 1023, 4096, 1 << 20, INT64_C(1) << 40, -1, -2, INT32_MAX, INT32_MIN, INT64_MAX,
    INT64_MIN,
});
constexpr auto kWords = std::to_array<const char*>({
    "", "ai.onnx", "com.microsoft", "Reshape", "Concat", "Slice", "Gather", "Shape", "Unsqueeze", "Squeeze", "Split", "Pad", "Resize",
    "Conv", "ConvTranspose", "MaxPool", "AveragePool", "MatMul", "Gemm", "Einsum", "Expand", "Tile", "Where", "Range", "Transpose",
    "Flatten", "If", "Loop", "Scan", "SequenceConstruct", "SequenceAt", "SplitToSequence", "ConcatFromSequence", "SequenceMap",
    "Optional", "OptionalGetElement", "Constant", "ConstantOfShape", "Cast", "CastLike", "QuantizeLinear", "DequantizeLinear", "TopK",
    "OneHot", "NonZero", "LSTM", "GRU", "RNN", "Attention", "MultiHeadAttention", "GroupQueryAttention", "RotaryEmbedding",
    "LayerNormalization", "BatchNormalization", "ReduceSum", "ReduceMean", "ArgMax", "Softmax", "GatherND", "GatherElements", "ScatterND",
    "ScatterElements", "DepthToSpace", "SpaceToDepth", "Col2Im", "GridSample", "RoiAlign", "DFT", "STFT", "CenterCropPad",
    "TfIdfVectorizer", "MatMulNBits", "axis", "axes", "to", "kernel_shape", "pads", "strides", "dilations", "auto_pad", "SAME_UPPER",
    "equation", "bij,bjk->bik", "keepdims", "perm", "value", "value_ints", "body", "then_branch", "num_scan_inputs", "num_outputs",
    "block_size", "split", "output_shape", "group", "x",
});

/// The model's messages and words, by which it is mutated.
struct Parts {
    std::vector<Message*> messages;
    std::vector<std::string> words;
};

void collect(Message& message, Parts& parts) {
    std::vector<Message*> open{&message};
    while (!open.empty() && parts.messages.size() < kMostMessages) {
        Message* each = open.back();
        open.pop_back();
        parts.messages.push_back(each);
        std::vector<const FieldDescriptor*> fields;
        const Reflection& reflection = *each->GetReflection();
        reflection.ListFields(*each, &fields);
        for (const FieldDescriptor* field : fields) {
            const int count = field->is_repeated() ? reflection.FieldSize(*each, field) : 1;
            for (int i = 0; i < count && open.size() < kMostMessages; ++i) {
                const bool isMany = field->is_repeated();
                if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE)
                    open.push_back(isMany ? reflection.MutableRepeatedMessage(each, field, i) : reflection.MutableMessage(each, field));
                else if (field->type() == FieldDescriptor::TYPE_STRING)
                    parts.words.push_back(isMany ? reflection.GetRepeatedString(*each, field, i) : reflection.GetString(*each, field));
            }
        }
    }
}

class Mutation {
public:
    Mutation(Message& model, base::Random& random) : m_model(model), m_random(random) {}

    void once() {
        m_parts = {};
        collect(m_model, m_parts);
        Message& message = *m_parts.messages[m_random.below(m_parts.messages.size())];
        const Reflection& reflection = *message.GetReflection();
        const auto* type = message.GetDescriptor();
        std::vector<const FieldDescriptor*> present;
        reflection.ListFields(message, &present);
        // Fields that are there more often than those that could be.
        const bool isNew = present.empty() || m_random.below(4) == 0;
        if (type->field_count() == 0) return;
        const FieldDescriptor* field = isNew ? type->field(below(type->field_count())) : present[m_random.below(present.size())];
        if (field->is_repeated()) repeated(message, reflection, field);
        else if (m_random.below(8) == 0) reflection.ClearField(&message, field);
        else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) nested(message, reflection, field);
        else single(message, reflection, field);
    }

private:
    int below(int count) { return static_cast<int>(m_random.below(static_cast<std::uint64_t>(count))); }
    std::int64_t number(std::int64_t before) {
        switch (m_random.below(4)) {
            case 0: return static_cast<std::int64_t>(static_cast<std::uint64_t>(before) + m_random.below(3) - 1);
            case 1: return static_cast<std::int64_t>(m_random.below(28));
            default: return kNumbers[m_random.below(kNumbers.size())];
        }
    }
    double real() { return static_cast<double>(number(0)) * (m_random.below(2) == 0 ? 1 : 0.25); }
    std::string word(const std::string& before) {
        if (!m_parts.words.empty() && m_random.below(2) == 0) return m_parts.words[m_random.below(m_parts.words.size())];
        if (m_random.below(8) == 0) return before + "_";
        return kWords[m_random.below(kWords.size())];
    }
    /// Bytes of tensors: other bytes, more of them or fewer.
    std::string bytes(std::string before) {
        if (before.empty() || m_random.below(3) == 0) return before + std::string(m_random.below(9), static_cast<char>(m_random.next()));
        if (m_random.below(3) == 0) return before.substr(0, m_random.below(before.size()));
        before[m_random.below(before.size())] = static_cast<char>(m_random.next());
        return before;
    }
    std::string text(const FieldDescriptor* field, const std::string& before) {
        return field->type() == FieldDescriptor::TYPE_STRING || m_random.below(3) == 0 ? word(before) : bytes(before);
    }

    /// A copy of one of the model's messages of the type, or none. To be had before anything is changed: a change may end collected ones.
    std::unique_ptr<Message> another(const google::protobuf::Descriptor* type) {
        std::vector<const Message*> same;
        for (const Message* each : m_parts.messages)
            if (each->GetDescriptor() == type) same.push_back(each);
        if (same.empty() || m_random.below(8) == 0) return nullptr;
        const Message& chosen = *same[m_random.below(same.size())];
        std::unique_ptr<Message> copy(chosen.New());
        copy->CopyFrom(chosen);
        return copy;
    }
    static void put(Message& message, const std::unique_ptr<Message>& other) {
        if (other) message.GetReflection()->Swap(&message, other.get());
        else message.Clear();
    }

    void nested(Message& message, const Reflection& reflection, const FieldDescriptor* field) {
        const auto other = another(field->message_type());
        put(*reflection.MutableMessage(&message, field), other);
    }

    void single(Message& message, const Reflection& reflection, const FieldDescriptor* field) {
        switch (field->cpp_type()) {
            case FieldDescriptor::CPPTYPE_INT32: {
                reflection.SetInt32(&message, field, static_cast<std::int32_t>(number(reflection.GetInt32(message, field))));
                break;
            }
            case FieldDescriptor::CPPTYPE_INT64: reflection.SetInt64(&message, field, number(reflection.GetInt64(message, field))); break;
            case FieldDescriptor::CPPTYPE_FLOAT: reflection.SetFloat(&message, field, static_cast<float>(real())); break;
            case FieldDescriptor::CPPTYPE_DOUBLE: reflection.SetDouble(&message, field, real()); break;
            case FieldDescriptor::CPPTYPE_ENUM: {
                const auto* type = field->enum_type();
                reflection.SetEnum(&message, field, type->value(below(type->value_count())));
                break;
            }
            case FieldDescriptor::CPPTYPE_STRING: {
                reflection.SetString(&message, field, text(field, reflection.GetString(message, field)));
                break;
            }
            default: break;
        }
    }

    void repeated(Message& message, const Reflection& reflection, const FieldDescriptor* field) {
        const int count = reflection.FieldSize(message, field);
        const int at = count == 0 ? 0 : below(count);
        const auto act = m_random.below(4);
        if (count == 0 || act == 0) {
            add(message, reflection, field, count == 0 ? -1 : at);
        } else if (act == 1) {
            reflection.SwapElements(&message, field, at, count - 1);
            reflection.RemoveLast(&message, field);
        } else if (act == 2) {
            reflection.SwapElements(&message, field, at, below(count));
        } else {
            element(message, reflection, field, at);
        }
    }

    /// Like element `like`, or one drawn anew for −1.
    void add(Message& message, const Reflection& reflection, const FieldDescriptor* field, int like) {
        switch (field->cpp_type()) {
            case FieldDescriptor::CPPTYPE_MESSAGE: {
                const auto other = like >= 0 ? nullptr : another(field->message_type());
                Message& added = *reflection.AddMessage(&message, field);
                if (like >= 0) added.CopyFrom(reflection.GetRepeatedMessage(message, field, like));
                else put(added, other);
                break;
            }
            case FieldDescriptor::CPPTYPE_INT32: reflection.AddInt32(&message, field, static_cast<std::int32_t>(number(0))); break;
            case FieldDescriptor::CPPTYPE_INT64: reflection.AddInt64(&message, field, number(0)); break;
            case FieldDescriptor::CPPTYPE_UINT64: reflection.AddUInt64(&message, field, static_cast<std::uint64_t>(number(0))); break;
            case FieldDescriptor::CPPTYPE_FLOAT: reflection.AddFloat(&message, field, static_cast<float>(real())); break;
            case FieldDescriptor::CPPTYPE_DOUBLE: reflection.AddDouble(&message, field, real()); break;
            case FieldDescriptor::CPPTYPE_STRING: reflection.AddString(&message, field, word("")); break;
            default: break;
        }
    }

    void element(Message& message, const Reflection& reflection, const FieldDescriptor* field, int at) {
        switch (field->cpp_type()) {
            case FieldDescriptor::CPPTYPE_MESSAGE: {
                const auto other = another(field->message_type());
                put(*reflection.MutableRepeatedMessage(&message, field, at), other);
                break;
            }
            case FieldDescriptor::CPPTYPE_INT32: {
                const std::int64_t before = reflection.GetRepeatedInt32(message, field, at);
                reflection.SetRepeatedInt32(&message, field, at, static_cast<std::int32_t>(number(before)));
                break;
            }
            case FieldDescriptor::CPPTYPE_INT64: {
                reflection.SetRepeatedInt64(&message, field, at, number(reflection.GetRepeatedInt64(message, field, at)));
                break;
            }
            case FieldDescriptor::CPPTYPE_FLOAT: reflection.SetRepeatedFloat(&message, field, at, static_cast<float>(real())); break;
            case FieldDescriptor::CPPTYPE_STRING: {
                reflection.SetRepeatedString(&message, field, at, text(field, reflection.GetRepeatedString(message, field, at)));
                break;
            }
            default: break;
        }
    }

    Message& m_model;
    base::Random& m_random;
    Parts m_parts;
};

}  // namespace

std::optional<std::string> mutatedModel(const std::string& bytes, std::uint64_t seed) {
    ::onnx::ModelProto model;
    if (!model.ParsePartialFromString(bytes)) return std::nullopt;
    base::Random random(seed);
    Mutation mutation(model, random);
    for (std::uint64_t i = 0, count = 1 + random.below(4); i < count; ++i) mutation.once();
    std::string changed;
    if (!model.SerializePartialToString(&changed)) return std::nullopt;
    return changed;
}

}  // namespace trimtab::fuzz
