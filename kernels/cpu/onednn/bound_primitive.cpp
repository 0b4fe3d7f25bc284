#include "kernels/cpu/onednn/bound_primitive.h"

namespace trimtab::cpu::onednn {
namespace {

/// Addresses are set only when they differ from the last run's: setting one may make oneDNN clear padding.
class BoundPrimitive {
public:
    BoundPrimitive(dnnl::primitive primitive, const std::vector<Argument>& arguments) : m_primitive(std::move(primitive)) {
        for (const Argument& argument : arguments) {
            m_memories.emplace_back(argument.desc, engine(), nullptr);
            m_slots.push_back(argument.slot);
            m_addresses.push_back(nullptr);
            m_arguments.push_back({argument.id, m_memories.back().get()});
        }
    }

    Status run(const Frame& frame) {
        for (std::size_t i = 0; i < m_slots.size(); ++i) {
            std::byte* address = frame.at<std::byte>(m_slots[i]);
            if (address == m_addresses[i]) continue;
            if (dnnl_memory_set_data_handle(m_arguments[i].memory, address) != dnnl_success) {
                return fail(ErrorCode::Failed, "oneDNN refused the address of a buffer");
            }
            m_addresses[i] = address;
        }
        const auto status =
            dnnl_primitive_execute(m_primitive.get(), stream().get(), static_cast<int>(m_arguments.size()), m_arguments.data());
        if (status != dnnl_success) return fail(ErrorCode::Failed, "oneDNN failed with status " + std::to_string(static_cast<int>(status)));
        return {};
    }

private:
    dnnl::primitive m_primitive;
    std::vector<dnnl::memory> m_memories;
    std::vector<SlotId> m_slots;
    std::vector<std::byte*> m_addresses;
    std::vector<dnnl_exec_arg_t> m_arguments;
};

struct PackedMemory {
    Desc plain;
    Desc desc;
    Tensor bytes;
};

}  // namespace

Status place(Builder& builder, const Primitive& primitive, std::vector<Argument> arguments) {
    if (byteSize(primitive.scratchpad) > 0) {
        arguments.push_back({DNNL_ARG_SCRATCHPAD, primitive.scratchpad, builder.scratch(byteSize(primitive.scratchpad)), true});
    }
    std::vector<SlotId> reads;
    std::vector<SlotId> writes;
    for (const Argument& argument : arguments) (argument.isWritten ? writes : reads).push_back(argument.slot);
    try {
        auto bound = std::make_shared<BoundPrimitive>(primitive.primitive, arguments);
        builder.step([bound](Frame& frame) { return bound->run(frame); }, std::move(reads), std::move(writes));
    } catch (const dnnl::error& error) {
        return fail(ErrorCode::Failed, std::string("oneDNN: ") + error.what());
    }
    return {};
}

Result<SlotId> packed(Builder& builder, const Tensor& source, const Desc& plain, const Desc& wanted) {
    const auto make = [&]() -> Result<PackedMemory> {
        TRIMTAB_TRY(Tensor bytes, Tensor::allocate(DataType::UInt8, Shape{byteSize(wanted)}));
        TRIMTAB_REQUIRE(reorderNow(plain, source.bytes().data(), wanted, bytes.mutableBytes().data()));
        return PackedMemory{plain, wanted, std::move(bytes)};
    };
    const auto bytesOf = [](const PackedMemory& memory) { return static_cast<std::int64_t>(memory.bytes.bytes().size()); };
    for (int arrangement = 0;; ++arrangement) {
        TRIMTAB_TRY(auto entry, builder.weightStore().findOrMake<PackedMemory>(
                                    source.bytes().data(), "onednn " + std::to_string(arrangement), source, make, bytesOf));
        if (entry.value->plain != plain || entry.value->desc != wanted) continue;
        builder.hold(entry.held);
        builder.record().weightBytes = bytesOf(*entry.value);
        return builder.fixedBytes(entry.value->bytes.bytes().data(), bytesOf(*entry.value));
    }
}

}  // namespace trimtab::cpu::onednn
