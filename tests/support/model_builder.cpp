#include "tests/support/model_builder.h"

#include <cstdlib>
#include <fstream>

#include <onnx/onnx_pb.h>

namespace trimtab::support {
namespace {

void setHeader(onnx::TensorProto& proto, const std::string& name, const Tensor& tensor) {
    proto.set_name(name);
    proto.set_data_type(tensor::onnxNumber(tensor.type()));
    for (const std::int64_t dim : tensor.shape()) proto.add_dims(dim);
}

void setRaw(onnx::TensorProto& proto, const std::string& name, const Tensor& tensor) {
    setHeader(proto, name, tensor);
    proto.set_raw_data(tensor.bytes().data(), tensor.bytes().size());
}

template <class T, class Add>
void addAll(const Tensor& tensor, Add add) {
    for (const T value : tensor.data<T>()) add(value);
}

void setTyped(onnx::TensorProto& proto, const std::string& name, const Tensor& tensor) {
    setHeader(proto, name, tensor);
    const auto addInt32 = [&](auto value) { proto.add_int32_data(static_cast<std::int32_t>(value)); };
    const auto addUInt64 = [&](auto value) { proto.add_uint64_data(value); };
    switch (tensor.type()) {
        case DataType::Float32: return addAll<float>(tensor, [&](float v) { proto.add_float_data(v); });
        case DataType::Float64: return addAll<double>(tensor, [&](double v) { proto.add_double_data(v); });
        case DataType::Int64: return addAll<std::int64_t>(tensor, [&](std::int64_t v) { proto.add_int64_data(v); });
        case DataType::UInt64: return addAll<std::uint64_t>(tensor, addUInt64);
        case DataType::UInt32: return addAll<std::uint32_t>(tensor, addUInt64);
        case DataType::Int32: return addAll<std::int32_t>(tensor, addInt32);
        case DataType::Int16: return addAll<std::int16_t>(tensor, addInt32);
        case DataType::UInt16:
        case DataType::Float16:
        case DataType::BFloat16: return addAll<std::uint16_t>(tensor, addInt32);
        case DataType::Int8: return addAll<std::int8_t>(tensor, addInt32);
        default:
            for (const std::byte byte : tensor.bytes()) addInt32(static_cast<std::uint8_t>(byte));
    }
}

void setType(onnx::TypeProto& proto, DataType type, const std::vector<DimSpec>* dims) {
    auto* tensorType = proto.mutable_tensor_type();
    tensorType->set_elem_type(tensor::onnxNumber(type));
    if (!dims) return;
    auto* shape = tensorType->mutable_shape();
    for (const DimSpec& dim : *dims) {
        auto* added = shape->add_dim();
        if (!dim.isSymbol) added->set_dim_value(dim.extent);
        else if (!dim.symbol.empty()) added->set_dim_param(dim.symbol);
    }
}

template <class... Visitors>
struct Overloaded : Visitors... {
    using Visitors::operator()...;
};
template <class... Visitors>
Overloaded(Visitors...) -> Overloaded<Visitors...>;

}  // namespace

struct ModelBuilder::Impl {
    onnx::ModelProto model;

    static void setAttribute(onnx::AttributeProto& proto, const Attr& attr) {
        using Type = onnx::AttributeProto;
        proto.set_name(attr.name);
        if (!attr.referenceTo.empty()) {
            proto.set_ref_attr_name(attr.referenceTo);
            proto.set_type(Type::FLOAT);
            return;
        }
        const auto typed = [&](Type::AttributeType type) { proto.set_type(type); };
        std::visit(
            Overloaded{
                [&](std::int64_t v) { typed(Type::INT), proto.set_i(v); },
                [&](float v) { typed(Type::FLOAT), proto.set_f(v); },
                [&](const std::string& v) { typed(Type::STRING), proto.set_s(v); },
                [&](const std::vector<std::int64_t>& v) { typed(Type::INTS), proto.mutable_ints()->Assign(v.begin(), v.end()); },
                [&](const std::vector<float>& v) { typed(Type::FLOATS), proto.mutable_floats()->Assign(v.begin(), v.end()); },
                [&](const std::vector<std::string>& v) { typed(Type::STRINGS), proto.mutable_strings()->Assign(v.begin(), v.end()); },
                [&](const Tensor& v) { typed(Type::TENSOR), setRaw(*proto.mutable_t(), "", v); },
                [&](const std::shared_ptr<const ModelBuilder>& v) { typed(Type::GRAPH), *proto.mutable_g() = v->m_impl->model.graph(); },
            },
            attr.data);
    }

    static void setNode(onnx::NodeProto& proto, const NodeSpec& spec) {
        proto.set_op_type(spec.op);
        if (!spec.name.empty()) proto.set_name(spec.name);
        if (!spec.domain.empty()) proto.set_domain(spec.domain);
        for (const auto& input : spec.inputs) proto.add_input(input);
        for (const auto& output : spec.outputs) proto.add_output(output);
        for (const auto& attr : spec.attributes) setAttribute(*proto.add_attribute(), attr);
    }
};

Attr::Attr(std::string key, const ModelBuilder& graph) : name(std::move(key)), data(std::make_shared<const ModelBuilder>(graph)) {}

Attr Attr::reference(std::string key, std::string outer) {
    Attr attr(std::move(key), 0);
    attr.referenceTo = std::move(outer);
    return attr;
}

ModelBuilder::ModelBuilder() : m_impl(std::make_unique<Impl>()) {
    m_impl->model.set_ir_version(8);
    m_impl->model.mutable_graph()->set_name("test");
    opset(13);
}
ModelBuilder::~ModelBuilder() = default;
ModelBuilder::ModelBuilder(const ModelBuilder& other) : m_impl(std::make_unique<Impl>(*other.m_impl)) {}
ModelBuilder& ModelBuilder::operator=(const ModelBuilder& other) {
    *m_impl = *other.m_impl;
    return *this;
}

ModelBuilder& ModelBuilder::irVersion(std::int64_t version) {
    m_impl->model.set_ir_version(version);
    return *this;
}

ModelBuilder& ModelBuilder::opset(int version, const std::string& domain) {
    auto& model = m_impl->model;
    for (auto& import : *model.mutable_opset_import())
        if (import.domain() == domain) return import.set_version(version), *this;
    auto* import = model.add_opset_import();
    import->set_domain(domain);
    import->set_version(version);
    return *this;
}

ModelBuilder& ModelBuilder::graphName(const std::string& name) {
    m_impl->model.mutable_graph()->set_name(name);
    return *this;
}

ModelBuilder& ModelBuilder::producer(const std::string& name) {
    m_impl->model.set_producer_name(name);
    return *this;
}

ModelBuilder& ModelBuilder::input(const std::string& name, DataType type, const std::vector<DimSpec>& dims) {
    auto* info = m_impl->model.mutable_graph()->add_input();
    info->set_name(name);
    setType(*info->mutable_type(), type, &dims);
    return *this;
}

ModelBuilder& ModelBuilder::input(const std::string& name, DataType type) {
    auto* info = m_impl->model.mutable_graph()->add_input();
    info->set_name(name);
    setType(*info->mutable_type(), type, nullptr);
    return *this;
}

ModelBuilder& ModelBuilder::constant(const std::string& name, const Tensor& tensor) {
    setRaw(*m_impl->model.mutable_graph()->add_initializer(), name, tensor);
    return *this;
}

ModelBuilder& ModelBuilder::typedConstant(const std::string& name, const Tensor& tensor) {
    setTyped(*m_impl->model.mutable_graph()->add_initializer(), name, tensor);
    return *this;
}

ModelBuilder& ModelBuilder::externalConstant(const std::string& name, DataType type, const std::vector<std::int64_t>& dims,
                                             const std::string& location, std::int64_t offset, std::int64_t length) {
    auto* proto = m_impl->model.mutable_graph()->add_initializer();
    proto->set_name(name);
    proto->set_data_type(tensor::onnxNumber(type));
    proto->mutable_dims()->Assign(dims.begin(), dims.end());
    proto->set_data_location(onnx::TensorProto::EXTERNAL);
    const auto entry = [&](const char* key, const std::string& value) {
        auto* added = proto->add_external_data();
        added->set_key(key);
        added->set_value(value);
    };
    entry("location", location);
    if (offset >= 0) entry("offset", std::to_string(offset));
    if (length >= 0) entry("length", std::to_string(length));
    return *this;
}

ModelBuilder& ModelBuilder::node(const std::string& op, const std::vector<std::string>& inputs, const std::vector<std::string>& outputs,
                                 const std::vector<Attr>& attributes, const std::string& name, const std::string& domain) {
    return node(NodeSpec{op, inputs, outputs, attributes, name, domain});
}

ModelBuilder& ModelBuilder::node(const NodeSpec& spec) {
    Impl::setNode(*m_impl->model.mutable_graph()->add_node(), spec);
    return *this;
}

ModelBuilder& ModelBuilder::function(const FunctionSpec& spec) {
    auto* proto = m_impl->model.add_functions();
    proto->set_domain(spec.domain);
    proto->set_name(spec.name);
    for (const auto& input : spec.inputs) proto->add_input(input);
    for (const auto& output : spec.outputs) proto->add_output(output);
    for (const auto& attribute : spec.attributes) proto->add_attribute(attribute);
    for (const auto& node : spec.nodes) Impl::setNode(*proto->add_node(), node);
    const auto import = [&](const std::string& domain, int version) {
        auto* added = proto->add_opset_import();
        added->set_domain(domain);
        added->set_version(version);
    };
    import("", spec.opset);
    if (!spec.domain.empty()) import(spec.domain, 1);
    return *this;
}

ModelBuilder& ModelBuilder::valueInfo(const std::string& name, DataType type, const std::vector<DimSpec>& dims) {
    auto* info = m_impl->model.mutable_graph()->add_value_info();
    info->set_name(name);
    setType(*info->mutable_type(), type, &dims);
    return *this;
}

ModelBuilder& ModelBuilder::output(const std::string& name, DataType type) {
    auto* info = m_impl->model.mutable_graph()->add_output();
    info->set_name(name);
    setType(*info->mutable_type(), type, nullptr);
    return *this;
}

ModelBuilder& ModelBuilder::output(const std::string& name, DataType type, const std::vector<DimSpec>& dims) {
    auto* info = m_impl->model.mutable_graph()->add_output();
    info->set_name(name);
    setType(*info->mutable_type(), type, &dims);
    return *this;
}

std::string ModelBuilder::bytes() const { return m_impl->model.SerializeAsString(); }

void ModelBuilder::save(const std::filesystem::path& path) const {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    const std::string content = bytes();
    file.write(content.data(), static_cast<std::streamsize>(content.size()));
    file.close();
    if (!file) std::abort();
}

std::string tensorProtoBytes(const std::string& name, const Tensor& tensor) {
    onnx::TensorProto proto;
    setRaw(proto, name, tensor);
    return proto.SerializeAsString();
}

}  // namespace trimtab::support
