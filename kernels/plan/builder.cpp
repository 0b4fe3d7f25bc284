#include "kernels/plan/builder.h"

#include <algorithm>
#include <cassert>

#include "core/graph/weights.h"
#include "kernels/plan/backend.h"

namespace trimtab::plan {

const graph::Value& NodeView::value(std::size_t input) const {
    static const graph::Value kNone;
    return has(input) ? graph.value(node.input(input)) : kNone;
}

int NodeView::rank(std::size_t input) const {
    if (!has(input) || !value(input).type.dims) return -1;
    return static_cast<int>(value(input).type.dims->size());
}

Builder::Builder(Plan& plan, WeightStore& weights, const Backend& backend, int threads)
    : m_plan(plan), m_weights(weights), m_backend(backend), m_threads(threads) {
    m_forms.resize(plan.graph.values.size());
    m_lastReader.assign(plan.graph.values.size(), -1);
    m_readers.assign(plan.graph.values.size(), 0);
    for (std::size_t i = 0; i < plan.graph.nodes.size(); ++i) {
        for (const graph::ValueId id : plan.graph.nodes[i].inputs) {
            if (id == graph::kNoValue) continue;
            m_lastReader[static_cast<std::size_t>(id)] = static_cast<int>(i);
            ++m_readers[static_cast<std::size_t>(id)];
        }
    }
    for (const graph::ValueId id : plan.graph.outputs) {
        m_lastReader[static_cast<std::size_t>(id)] = static_cast<int>(plan.graph.nodes.size());
        ++m_readers[static_cast<std::size_t>(id)];
    }
}

Form Builder::formOf(graph::ValueId id) const {
    const auto& forms = m_forms[static_cast<std::size_t>(id)];
    if (forms.empty()) return Form{graph().value(id).type.type, Layout::Plain};
    return forms.front().form;
}

Status Builder::bindConstant(graph::ValueId id) {
    const graph::Value& value = graph().value(id);
    Tensor tensor;
    if (value.constant) {
        tensor = *value.constant;
    } else if (value.quantized) {
        TRIMTAB_TRY(tensor, graph::decodedWeight(value));
    } else {
        return fail(ErrorCode::Failed,
                    "value '" + value.name + "' is read before anything computes it, or its bytes were not read from the file");
    }
    const std::size_t width = static_cast<std::size_t>(std::max(bitWidth(tensor.type()) / 8, 1));
    if (!tensor.aligned(width)) {
        TRIMTAB_TRY(tensor, tensor.clone());
    }
    const Form form{tensor.type(), Layout::Plain};
    TRIMTAB_TRY(const SlotId slot, m_backend.placeConstant(*this, std::move(tensor)));
    bind(id, form, slot);
    return {};
}

Result<SlotId> Builder::read(graph::ValueId id, Form form) {
    auto& forms = m_forms[static_cast<std::size_t>(id)];
    if (forms.empty()) TRIMTAB_REQUIRE(bindConstant(id));
    const Shape shape = *graph().value(id).type.shape();
    for (const Standing& standing : forms) {
        if (standing.form.type == form.type && layoutsAgree(shape, standing.form.layout, form.layout)) return standing.slot;
    }
    const Standing source = forms.front();
    const std::int64_t written = *tensor::byteSize(form.type, shape.elementCount());
    const SlotId converted = scratch(written);
    TRIMTAB_REQUIRE(m_backend.placeConversion(*this, shape, source.form, source.slot, form, converted));
    if (!m_plan.records.empty()) record().reformatBytes += *tensor::byteSize(source.form.type, shape.elementCount()) + written;
    bind(id, form, converted);
    return converted;
}

SlotId Builder::write(graph::ValueId id, Form form) {
    const Shape shape = *graph().value(id).type.shape();
    const SlotId slot = scratch(*tensor::byteSize(form.type, shape.elementCount()));
    bind(id, form, slot);
    return slot;
}

SlotId Builder::writeOver(graph::ValueId id, Form form, SlotId slot) {
    Slot alias;
    alias.root = slot;
    alias.kind = m_plan.slots[static_cast<std::size_t>(rootOf(slot))].kind;
    const SlotId made = addSlot(alias);
    bind(id, form, made);
    return made;
}

bool Builder::mayOverwrite(SlotId slot) const {
    const SlotId root = rootOf(slot);
    if (m_plan.slots[static_cast<std::size_t>(root)].kind != Slot::Kind::Arena) return false;
    const auto& tenants = m_tenants[static_cast<std::size_t>(root)];
    return std::all_of(tenants.begin(), tenants.end(),
                       [&](graph::ValueId id) { return m_lastReader[static_cast<std::size_t>(id)] <= m_node; });
}

bool Builder::isReadOnceNow(graph::ValueId id) const {
    const auto& forms = m_forms[static_cast<std::size_t>(id)];
    if (m_readers[static_cast<std::size_t>(id)] != 1 || m_lastReader[static_cast<std::size_t>(id)] != m_node || graph().constantOf(id))
        return false;
    // Other values may stand in the same bytes.
    return std::all_of(forms.begin(), forms.end(),
                       [&](const Standing& standing) { return m_tenants[static_cast<std::size_t>(rootOf(standing.slot))].size() == 1; });
}

SlotId Builder::rootOf(SlotId slot) const {
    while (m_plan.slots[static_cast<std::size_t>(slot)].root != kNoSlot) slot = m_plan.slots[static_cast<std::size_t>(slot)].root;
    return slot;
}

SlotId Builder::addSlot(Slot slot) {
    m_plan.slots.push_back(slot);
    m_tenants.emplace_back();
    return static_cast<SlotId>(m_plan.slots.size() - 1);
}

void Builder::bind(graph::ValueId id, Form form, SlotId slot) {
    m_forms[static_cast<std::size_t>(id)].push_back({form, slot});
    m_tenants[static_cast<std::size_t>(rootOf(slot))].push_back(id);
}

SlotId Builder::scratch(std::int64_t bytes) {
    Slot slot;
    slot.bytes = bytes;
    return addSlot(slot);
}

SlotId Builder::constant(Tensor tensor) {
    const SlotId slot = fixedBytes(tensor.bytes().data(), static_cast<std::int64_t>(tensor.bytes().size()));
    m_plan.constants.push_back(std::move(tensor));
    return slot;
}

SlotId Builder::constantFloats(const std::vector<float>& values) {
    return constant(Tensor::fromFloats(Shape{static_cast<std::int64_t>(values.size())}, values));
}

SlotId Builder::fixedBytes(const void* address, std::int64_t bytes) {
    Slot slot;
    slot.kind = Slot::Kind::Constant;
    slot.bytes = bytes;
    slot.address = static_cast<std::byte*>(const_cast<void*>(address));
    return addSlot(slot);
}

SlotId Builder::offsetOf(SlotId slot, std::int64_t offset, std::int64_t bytes) {
    return fixedBytes(m_plan.slots[static_cast<std::size_t>(slot)].address + offset, bytes);
}

void Builder::hold(HeldWeight weight) {
    const auto same = [&](const HeldWeight& held) { return held.holder == weight.holder; };
    if (std::any_of(m_plan.weights.begin(), m_plan.weights.end(), same)) return;
    m_plan.weightBytes += weight.bytes;
    m_plan.weights.push_back(std::move(weight));
}

void Builder::step(Call call, std::vector<SlotId> reads, std::vector<SlotId> writes) {
    m_plan.steps.push_back({std::move(call), std::move(reads), std::move(writes)});
}

const std::vector<SlotId>* Builder::derived(graph::ValueId id, const std::string& kind) const {
    const auto found = m_derived.find({id, kind});
    return found == m_derived.end() ? nullptr : &found->second;
}

void Builder::setDerived(graph::ValueId id, const std::string& kind, std::vector<SlotId> slots) {
    for (const SlotId slot : slots) m_tenants[static_cast<std::size_t>(rootOf(slot))].push_back(id);
    m_derived[{id, kind}] = std::move(slots);
}

}  // namespace trimtab::plan
