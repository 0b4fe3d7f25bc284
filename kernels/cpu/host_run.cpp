#include "kernels/cpu/host_run.h"

#include <algorithm>

namespace trimtab::cpu {

Status HostRun::bindInputs(std::span<const NamedTensor> given) {
    for (std::size_t i = 0; i < m_plan->inputs.size(); ++i) {
        const Tensor* tensor = plan::findTensor(given, m_plan->inputs[i].name, i);
        if (!tensor->aligned(static_cast<std::size_t>(std::max(bitWidth(tensor->type()) / 8, 1)))) {
            TRIMTAB_TRY(m_alignedInputs[i], tensor->clone());
            tensor = &m_alignedInputs[i];
        }
        m_plan->frame.pointers[static_cast<std::size_t>(m_plan->inputs[i].slot)] = const_cast<std::byte*>(tensor->bytes().data());
    }
    for (const auto& [slot, root] : m_plan->inputAliases) {
        m_plan->frame.pointers[static_cast<std::size_t>(slot)] = m_plan->frame.pointers[static_cast<std::size_t>(root)];
    }
    return {};
}

Result<std::vector<NamedTensor>> HostRun::collect() const {
    std::vector<NamedTensor> results;
    results.reserve(m_plan->outputs.size());
    for (const Plan::Output& output : m_plan->outputs) {
        if (output.slot != kNoSlot) {
            const auto bytes = tensor::byteSize(output.type, output.shape.elementCount());
            const std::span<const std::byte> view(m_plan->frame.pointers[static_cast<std::size_t>(output.slot)],
                                                  static_cast<std::size_t>(*bytes));
            results.push_back({output.name, Tensor::view(output.type, output.shape, view, nullptr)});
            continue;
        }
        const auto* tensor = std::get_if<Tensor>(&m_plan->frame.dynamic[static_cast<std::size_t>(output.value)]);
        if (!tensor) return fail(ErrorCode::Unsupported, "output '" + output.name + "' is a sequence; only tensors can be returned");
        results.push_back({output.name, *tensor});
    }
    return results;
}

Result<std::vector<NamedTensor>> HostRun::run(std::span<const NamedTensor> given, trace::NodeListener* listener) {
    TRIMTAB_REQUIRE(bindInputs(given));
    for (const Plan::Range& range : m_plan->ranges) {
        const trace::NodeScope scope(listener, range.layer);
        for (std::size_t i = range.begin; i < range.end; ++i) {
            if (Status done = m_plan->steps[i].call(m_plan->frame); !done) {
                Error error = std::move(done).error();
                if (error.context.empty()) error.context = m_plan->records[static_cast<std::size_t>(range.layer)].node;
                return fail(std::move(error));
            }
        }
    }
    return collect();
}

}  // namespace trimtab::cpu
