#include "core/tensor/tensor.h"

#include <cstdint>
#include <cstdlib>
#include <sys/mman.h>
#include <unistd.h>

#include "core/base/checked.h"
#include "core/base/memory_budget.h"

namespace trimtab::tensor {
namespace {
constexpr std::size_t kAlignment = 64;
}

std::optional<std::int64_t> byteSize(DataType type, std::int64_t count) {
    const int bits = bitWidth(type);
    if (bits == 0 || count < 0) return std::nullopt;
    if (bits >= 8) return base::checkedMultiply(count, bits / 8);
    const int perByte = 8 / bits;
    return count / perByte + (count % perByte != 0 ? 1 : 0);
}

Result<Tensor> Tensor::allocate(DataType type, Shape shape) {
    const auto count = shape.checkedElementCount();
    const auto size = count ? byteSize(type, *count) : std::nullopt;
    if (!size || *size > INT64_MAX - static_cast<std::int64_t>(kAlignment)) {
        return fail(ErrorCode::Refused, "no tensor can have the type " + std::string(name(type)) + " and the shape " + shape.text());
    }
    const std::int64_t padded =
        (*size + static_cast<std::int64_t>(kAlignment) - 1) / static_cast<std::int64_t>(kAlignment) * static_cast<std::int64_t>(kAlignment);
    Tensor tensor;
    tensor.m_type = type;
    tensor.m_shape = std::move(shape);
    tensor.m_count = *count;
    tensor.m_size = static_cast<std::size_t>(*size);
    if (padded == 0) {
        alignas(kAlignment) static const std::byte kNothing[kAlignment]{};
        tensor.m_data = kNothing;
        return tensor;
    }
    TRIMTAB_REQUIRE(base::MemoryBudget::process().reserve(padded));
    void* memory = std::aligned_alloc(kAlignment, static_cast<std::size_t>(padded));
    if (!memory) {
        base::MemoryBudget::process().release(padded);
        return fail(ErrorCode::OutOfMemory, "the system has no " + std::to_string(padded) + " bytes for a tensor " + tensor.m_shape.text());
    }
    tensor.m_data = static_cast<const std::byte*>(memory);
    tensor.m_owner = std::shared_ptr<const void>(memory, [padded](const void* held) {
        std::free(const_cast<void*>(held));
        base::MemoryBudget::process().release(padded);
    });
    return tensor;
}

Result<Tensor> Tensor::zeros(DataType type, Shape shape) {
    TRIMTAB_TRY(Tensor tensor, allocate(type, std::move(shape)));
    if (tensor.m_size > 0) std::memset(tensor.mutableBytes().data(), 0, tensor.m_size);
    return tensor;
}

Tensor Tensor::view(DataType type, Shape shape, std::span<const std::byte> bytes, std::shared_ptr<const void> owner) {
    Tensor tensor;
    tensor.m_type = type;
    tensor.m_count = shape.elementCount();
    tensor.m_shape = std::move(shape);
    tensor.m_data = bytes.data();
    tensor.m_size = bytes.size();
    tensor.m_owner = std::move(owner);
    assert(byteSize(type, tensor.m_count) == static_cast<std::int64_t>(bytes.size()));
    return tensor;
}

Tensor Tensor::mapped(DataType type, Shape shape, std::span<const std::byte> bytes, std::shared_ptr<const void> owner) {
    Tensor tensor = view(type, std::move(shape), bytes, std::move(owner));
    tensor.m_isMapped = true;
    return tensor;
}

void Tensor::releasePages() const {
    if (!m_isMapped) return;
    // Whole pages within the tensor: its neighbours may still be in use.
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    const auto begin = reinterpret_cast<std::uintptr_t>(m_data);
    const std::uintptr_t first = (begin + page - 1) / page * page;
    const std::uintptr_t last = (begin + m_size) / page * page;
    if (first < last) (void)::madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
}

Tensor Tensor::reshaped(Shape shape) const {
    assert(shape.elementCount() == m_count);
    Tensor tensor = *this;
    tensor.m_shape = std::move(shape);
    return tensor;
}

Result<Tensor> Tensor::clone() const {
    if (!defined()) return Tensor();
    TRIMTAB_TRY(Tensor copy, allocate(m_type, m_shape));
    if (m_size > 0) std::memcpy(copy.mutableBytes().data(), m_data, m_size);
    return copy;
}

}  // namespace trimtab::tensor
