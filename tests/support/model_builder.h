#pragma once
// A fluent builder of ONNX models for tests of every room. It writes what it is told, sound or not; nothing is checked.
//   ModelBuilder().opset(13).input("x", DataType::Float32, {"batch", 3, 8, 8}).constant("w", tensor)
//       .node("Conv", {"x", "w"}, {"y"}, {{"pads", {1, 1, 1, 1}}}).output("y").save(path);
// A builder is a value: copies are independent.
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "core/tensor/tensor.h"

namespace trimtab::support {

class ModelBuilder;

/// An extent, or a symbol; "" is an unknown dim.
struct DimSpec {
    DimSpec(int value) : extent(value) {}
    DimSpec(std::int64_t value) : extent(value) {}
    DimSpec(const char* name) : symbol(name), isSymbol(true) {}
    DimSpec(std::string name) : symbol(std::move(name)), isSymbol(true) {}
    std::int64_t extent = 0;
    std::string symbol;
    bool isSymbol = false;
};

/// {"axis", 1}, {"alpha", 0.5f}, {"mode", "linear"}, {"pads", {1, 1, 1, 1}}, {"value", tensor}, {"body", builder};
/// Attr::reference("alpha", "outer") inside functions.
struct Attr {
    using Data = std::variant<std::int64_t, float, std::string, std::vector<std::int64_t>, std::vector<float>, std::vector<std::string>,
                              Tensor, std::shared_ptr<const ModelBuilder>>;
    Attr(std::string key, int value) : name(std::move(key)), data(std::int64_t{value}) {}
    Attr(std::string key, std::int64_t value) : name(std::move(key)), data(value) {}
    Attr(std::string key, float value) : name(std::move(key)), data(value) {}
    Attr(std::string key, double value) : name(std::move(key)), data(static_cast<float>(value)) {}
    Attr(std::string key, const char* value) : name(std::move(key)), data(std::string(value)) {}
    Attr(std::string key, std::string value) : name(std::move(key)), data(std::move(value)) {}
    Attr(std::string key, std::initializer_list<int> values)
        : name(std::move(key)), data(std::vector<std::int64_t>(values.begin(), values.end())) {}
    Attr(std::string key, std::vector<std::int64_t> values) : name(std::move(key)), data(std::move(values)) {}
    Attr(std::string key, std::vector<float> values) : name(std::move(key)), data(std::move(values)) {}
    Attr(std::string key, std::vector<std::string> values) : name(std::move(key)), data(std::move(values)) {}
    Attr(std::string key, Tensor value) : name(std::move(key)), data(std::move(value)) {}
    Attr(std::string key, const ModelBuilder& graph);
    static Attr reference(std::string key, std::string outer);

    std::string name;
    Data data;
    std::string referenceTo;
};

struct NodeSpec {
    std::string op;
    std::vector<std::string> inputs;
    std::vector<std::string> outputs;
    std::vector<Attr> attributes;
    std::string name;    // "" leaves the node unnamed
    std::string domain;
};

/// A model-local function.
struct FunctionSpec {
    std::string domain;
    std::string name;
    std::vector<std::string> inputs;
    std::vector<std::string> outputs;
    std::vector<std::string> attributes;
    std::vector<NodeSpec> nodes;
    int opset = 13;  // of the default domain, within the body
};

class ModelBuilder {
public:
    ModelBuilder();  // IR version 8, opset 13 of the default domain
    ~ModelBuilder();
    ModelBuilder(const ModelBuilder& other);
    ModelBuilder& operator=(const ModelBuilder& other);

    ModelBuilder& irVersion(std::int64_t version);
    ModelBuilder& opset(int version, const std::string& domain = "");
    ModelBuilder& graphName(const std::string& name);
    ModelBuilder& producer(const std::string& name);
    ModelBuilder& input(const std::string& name, DataType type, const std::vector<DimSpec>& dims);
    /// An input of unknown rank.
    ModelBuilder& input(const std::string& name, DataType type);
    /// Initializer with raw bytes.
    ModelBuilder& constant(const std::string& name, const Tensor& tensor);
    /// Initializer whose bytes stand in the typed fields (float_data, int32_data, …).
    ModelBuilder& typedConstant(const std::string& name, const Tensor& tensor);
    /// Initializer in another file; a negative offset or length leaves that key out.
    ModelBuilder& externalConstant(const std::string& name, DataType type, const std::vector<std::int64_t>& dims,
                                   const std::string& location, std::int64_t offset = -1, std::int64_t length = -1);
    ModelBuilder& node(const std::string& op, const std::vector<std::string>& inputs, const std::vector<std::string>& outputs,
                       const std::vector<Attr>& attributes = {}, const std::string& name = "", const std::string& domain = "");
    ModelBuilder& node(const NodeSpec& spec);
    ModelBuilder& function(const FunctionSpec& spec);
    ModelBuilder& valueInfo(const std::string& name, DataType type, const std::vector<DimSpec>& dims);
    ModelBuilder& output(const std::string& name, DataType type = DataType::Float32);
    ModelBuilder& output(const std::string& name, DataType type, const std::vector<DimSpec>& dims);

    /// The file's bytes.
    std::string bytes() const;
    /// Aborts when the file cannot be written.
    void save(const std::filesystem::path& path) const;

private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

/// The bytes of a TensorProto file (input_0.pb of a backend test).
std::string tensorProtoBytes(const std::string& name, const Tensor& tensor);

}  // namespace trimtab::support
