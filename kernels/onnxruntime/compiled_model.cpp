#include "kernels/onnxruntime/compiled_model.h"

#include <algorithm>
#include <charconv>
#include <exception>
#include <new>
#include <string_view>

#include <fmt/format.h>

#include "core/base/memory_budget.h"
#include "core/graph/cost.h"
#include "core/graph/shape_inference.h"
#include "kernels/onnxruntime/elements.h"
#include "kernels/onnxruntime/own_profile.h"
#include "kernels/onnxruntime/own_rows.h"

namespace trimtab::onnxruntime {
namespace {

Status checkInput(const graph::Value& declared, const Tensor& given) {
    const graph::ValueType& type = declared.type;
    if (type.isSequence || type.isOptional) return fail(ErrorCode::Unsupported, "is no plain tensor", declared.name);
    bool fits = given.defined() && (type.type == DataType::Undefined || type.type == given.type());
    if (fits && type.dims) {
        fits = static_cast<int>(type.dims->size()) == given.shape().rank();
        for (int d = 0; fits && d < given.shape().rank(); ++d) {
            const graph::Dim& dim = (*type.dims)[static_cast<std::size_t>(d)];
            fits = !dim.isKnown() || dim.extent == given.shape()[d];
        }
    }
    if (fits) return {};
    return fail(ErrorCode::Refused,
                fmt::format("has type {}{} where {} is needed", tensor::name(given.type()), given.shape().text(), type.text()),
                declared.name);
}

/// Kernels read typed elements: tensors that view a file at an odd address are copied.
Result<Tensor> aligned(const Tensor& tensor) {
    const auto width = static_cast<std::size_t>(std::max(bitWidth(tensor.type()) / 8, 1));
    if (tensor.aligned(std::min<std::size_t>(width, alignof(std::max_align_t)))) return tensor;
    return tensor.clone();
}

/// Of a constant as its plan lets it leave.
std::int64_t fileBytes(const graph::Value& value, const WeightPlans& plans, graph::ValueId id) {
    const auto plan = plans.find(id);
    const auto form = plan == plans.end() ? formats::onnx::WeightForm::Dense : plan->second.form;
    const auto shape = value.type.shape();
    const std::int64_t elements = shape ? shape->checkedElementCount().value_or(0) : 0;
    switch (form) {
        case formats::onnx::WeightForm::Cast16: return elements * 2;
        case formats::onnx::WeightForm::DequantizeInt8:
        case formats::onnx::WeightForm::DequantizeFloat:
            return elements +
                   static_cast<std::int64_t>(value.quantized->scales.size() * sizeof(float) + value.quantized->zeroPoints.size());
        case formats::onnx::WeightForm::BlockQuantized: {
            const std::int64_t block = plan->second.block;
            const std::int64_t blocks = value.quantized->rows * ((value.quantized->columns + block - 1) / block);
            const std::int64_t zeros = value.quantized->zeroPoints.empty() ? 0 : blocks * plan->second.bits / 8;
            return blocks * block * plan->second.bits / 8 + blocks * bitWidth(value.type.type) / 8 + zeros;
        }
        case formats::onnx::WeightForm::NormalFloat:
            return elements / 2 + elements / plan->second.block * static_cast<std::int64_t>(sizeof(float));
        case formats::onnx::WeightForm::Dense: break;
    }
    return tensor::byteSize(value.type.type, elements).value_or(0);
}

}  // namespace

OnnxRuntimeModel::OnnxRuntimeModel(const Library& library, Graph graph, WeightPlans plans)
    : m_library(library),
      m_api(*library.api),
      m_graph(std::move(graph)),
      m_plans(std::move(plans)),
      m_memory(nullptr, m_api.ReleaseMemoryInfo) {
    for (const graph::ValueId id : m_graph.inputs) m_inputNames.push_back(m_graph.value(id).name.c_str());
    for (const graph::ValueId id : m_graph.outputs) m_outputNames.push_back(m_graph.value(id).name.c_str());
    for (std::size_t v = 0; v < m_graph.values.size(); ++v)
        if (m_graph.values[v].isConstant()) m_weightBytes += fileBytes(m_graph.values[v], m_plans, static_cast<graph::ValueId>(v));
}

Result<std::unique_ptr<runtime::CompiledModel>> OnnxRuntimeModel::make(const Library& library, Graph graph, WeightPlans plans,
                                                                       const SessionSetting& setting) {
    std::unique_ptr<OnnxRuntimeModel> model(new OnnxRuntimeModel(library, std::move(graph), std::move(plans)));
    TRIMTAB_REQUIRE(model->makeSession(setting));
    TRIMTAB_REQUIRE(model->describe(model->m_graph));
    return model;
}

Status OnnxRuntimeModel::makeSession(const SessionSetting& setting) {
    m_setting = setting;
    TRIMTAB_TRY(Session made, onnxruntime::makeSession(m_library, m_graph, m_plans, setting));
    m_session = std::move(made.session);
    m_rewritten = std::move(made.rewritten);
    TRIMTAB_REQUIRE(check(m_api, m_api.CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, Out(m_memory))));
    m_arenaAtStart = arenaSize();
    return {};
}

Result<std::vector<Tensor>> OnnxRuntimeModel::inOrder(std::span<const NamedTensor> inputs) const {
    std::vector<Tensor> ordered(m_graph.inputs.size());
    for (const NamedTensor& input : inputs) {
        const auto named = std::find_if(m_graph.inputs.begin(), m_graph.inputs.end(),
                                        [&](graph::ValueId id) { return m_graph.value(id).name == input.name; });
        if (named == m_graph.inputs.end()) return fail(ErrorCode::Refused, "the model has no such input", input.name);
        Tensor& place = ordered[static_cast<std::size_t>(named - m_graph.inputs.begin())];
        if (place.defined()) return fail(ErrorCode::Refused, "is given twice", input.name);
        TRIMTAB_REQUIRE(checkInput(m_graph.value(*named), input.tensor));
        TRIMTAB_TRY(place, aligned(input.tensor));
    }
    for (std::size_t i = 0; i < ordered.size(); ++i)
        if (!ordered[i].defined()) return fail(ErrorCode::Refused, "is not given", m_graph.value(m_graph.inputs[i]).name);
    return ordered;
}

Status OnnxRuntimeModel::plan(const std::vector<Tensor>& ordered) {
    std::map<std::string, Shape> shapes;
    for (std::size_t i = 0; i < ordered.size(); ++i) shapes[m_graph.value(m_graph.inputs[i]).name] = ordered[i].shape();
    if (m_planned && shapes == m_shapes) return {};
    Graph bound = m_graph;
    TRIMTAB_REQUIRE(graph::bindInputShapes(bound, shapes));
    TRIMTAB_REQUIRE(describe(bound));
    m_shapes = std::move(shapes);
    m_planned = true;
    return {};
}

Status OnnxRuntimeModel::describe(const Graph& bound) {
    const std::int64_t limit = base::MemoryBudget::process().limit();
    for (const graph::Value& value : bound.values) {
        const auto shape = value.isConstant() ? std::nullopt : value.type.shape();
        const auto count = shape ? shape->checkedElementCount() : std::nullopt;
        const std::int64_t bytes = count ? tensor::byteSize(value.type.type, *count).value_or(0) : 0;
        if (limit > 0 && bytes > limit)
            return fail(ErrorCode::OutOfMemory, fmt::format("would take {} bytes, above the memory limit of {} bytes", bytes, limit),
                        value.name);
    }
    m_layers.clear();
    for (const graph::Node& node : bound.nodes) {
        trace::LayerRecord row = recordOf(bound, node, m_plans, m_rewritten);
        if (const auto cost = graph::costOf(bound, node)) {
            row.operations = cost->operations;
            row.parameters = cost->parameters;
            row.activationBytes = cost->activationBytes;
        }
        for (const graph::ValueId id : node.inputs)
            if (id != graph::kNoValue && bound.value(id).isConstant()) row.weightBytes += fileBytes(bound.value(id), m_plans, id);
        m_layers.push_back(std::move(row));
    }
    return {};
}

Status OnnxRuntimeModel::prepare(std::span<const NamedTensor> inputs) {
    TRIMTAB_TRY(const std::vector<Tensor> ordered, inOrder(inputs));
    return plan(ordered);
}

Result<std::unique_ptr<runtime::LibraryRecording>> OnnxRuntimeModel::recordItself() {
    try {
        const auto rows = [this](const Graph& rewritten) {
            Graph bound = m_graph;
            (void)graph::bindInputShapes(bound, m_shapes);  // else bytes stay unknown
            return ownRows(bound, m_layers, rewritten);
        };
        TRIMTAB_TRY(auto recording, OwnProfile::begin(m_library, m_graph, m_plans, m_setting, rows));
        return recording;
    } catch (const std::exception& error) {
        return fail(ErrorCode::Failed, fmt::format("ONNX Runtime records nothing: {}", error.what()));
    }
}

Result<std::vector<NamedTensor>> OnnxRuntimeModel::run(std::span<const NamedTensor> inputs, trace::NodeListener* listener) {
    try {
        TRIMTAB_TRY(const std::vector<Tensor> ordered, inOrder(inputs));
        TRIMTAB_REQUIRE(plan(ordered));
        auto* const recording = dynamic_cast<OwnProfile*>(listener);
        if (!recording) return runSession(m_session, ordered);
        recording->beginRun();
        return runSession(recording->session(), ordered);
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::OutOfMemory, "there is no memory left for this run");
    } catch (const std::exception& error) {
        return fail(ErrorCode::Failed, fmt::format("the run ended early: {}", error.what()));
    }
}

Result<std::vector<NamedTensor>> OnnxRuntimeModel::runSession(const std::shared_ptr<OrtSession>& session,
                                                              const std::vector<Tensor>& ordered) {
    std::vector<Owned<OrtValue>> owned;
    std::vector<const OrtValue*> values;
    for (const Tensor& tensor : ordered) {
        TRIMTAB_TRY(owned.emplace_back(nullptr, m_api.ReleaseValue), valueOf(m_api, *m_memory, tensor));
        values.push_back(owned.back().get());
    }
    std::vector<OrtValue*> results(m_outputNames.size(), nullptr);
    const Status ran = check(m_api, m_api.Run(session.get(), nullptr, m_inputNames.data(), values.data(), values.size(),
                                              m_outputNames.data(), m_outputNames.size(), results.data()));
    std::vector<std::shared_ptr<OrtValue>> kept;
    for (OrtValue* result : results) {
        // An output may be a constant of the session, so the session stays as long as it does.
        kept.emplace_back(result, [release = m_api.ReleaseValue, session](OrtValue* value) { release(value); });
    }
    TRIMTAB_REQUIRE(ran);
    std::vector<NamedTensor> outputs;
    for (std::size_t i = 0; i < kept.size(); ++i) {
        auto tensor = tensorOf(m_api, kept[i]);
        if (!tensor) return fail(tensor.error().code, tensor.error().message, m_outputNames[i]);
        outputs.push_back({m_outputNames[i], std::move(*tensor)});
    }
    return outputs;
}

std::int64_t OnnxRuntimeModel::arenaBytes() const { return std::max<std::int64_t>(arenaSize() - m_arenaAtStart, 0); }

std::int64_t OnnxRuntimeModel::arenaSize() const {
    std::int64_t bytes = 0;
#if ORT_API_VERSION >= 23
    if (m_library.apiVersion < 23) return 0;
    Owned<OrtAllocator> allocator(nullptr, m_api.ReleaseAllocator);
    if (!check(m_api, m_api.CreateAllocator(m_session.get(), m_memory.get(), Out(allocator)))) return 0;
    Owned<OrtKeyValuePairs> statistics(nullptr, m_api.ReleaseKeyValuePairs);
    const Status told = check(m_api, m_api.AllocatorGetStats(allocator.get(), Out(statistics)));
    if (!told || !statistics) return 0;
    const char* text = m_api.GetKeyValue(statistics.get(), "TotalAllocated");
    if (text) std::from_chars(text, text + std::string_view(text).size(), bytes);
#endif
    return bytes;
}

}  // namespace trimtab::onnxruntime
