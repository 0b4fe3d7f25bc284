#pragma once
// A dense, contiguous, row-major tensor. Copies share the bytes; treat a shared tensor as immutable.
// Memory is 64-byte aligned and counted in base::MemoryBudget, unless the tensor views a mapping (then `owner` keeps it alive;
// such bytes are only as aligned as the file made them: use element-wise reads through data<T>() only when aligned() says so).
#include <cassert>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/tensor/data_type.h"
#include "core/tensor/shape.h"

namespace trimtab::tensor {

/// Bytes that `count` elements of `type` take, rounded up to a whole byte; nullopt on overflow or a type no tensor holds.
std::optional<std::int64_t> byteSize(DataType type, std::int64_t count);

class Tensor {
public:
    Tensor() = default;  // Undefined, no bytes

    /// Uninitialised memory. OutOfMemory when the budget would be exceeded, Refused for impossible sizes.
    static Result<Tensor> allocate(DataType type, Shape shape);
    static Result<Tensor> zeros(DataType type, Shape shape);
    /// A view of bytes kept alive by `owner`. REQUIRES: bytes.size() == byteSize(type, count).
    static Tensor view(DataType type, Shape shape, std::span<const std::byte> bytes, std::shared_ptr<const void> owner);
    /// A view of bytes in a read-only mapping of a file, which `owner` keeps alive. REQUIRES: as view().
    static Tensor mapped(DataType type, Shape shape, std::span<const std::byte> bytes, std::shared_ptr<const void> owner);

    /// From values; for constants and tests. Aborts only when the (small) allocation fails.
    template <class T>
    static Tensor fromValues(DataType type, Shape shape, const std::vector<T>& values) {
        auto made = allocate(type, std::move(shape));
        assert(made && static_cast<std::size_t>(made->elementCount()) == values.size());
        if (!values.empty()) std::memcpy(made->mutableBytes().data(), values.data(), made->bytes().size());
        return std::move(*made);
    }
    static Tensor fromFloats(Shape shape, const std::vector<float>& values) {
        return fromValues(DataType::Float32, std::move(shape), values);
    }
    static Tensor fromInt64s(Shape shape, const std::vector<std::int64_t>& values) {
        return fromValues(DataType::Int64, std::move(shape), values);
    }
    static Tensor scalar(float value) { return fromFloats(Shape{}, {value}); }

    bool defined() const { return m_type != DataType::Undefined; }
    DataType type() const { return m_type; }
    const Shape& shape() const { return m_shape; }
    std::int64_t elementCount() const { return m_count; }
    std::span<const std::byte> bytes() const { return {m_data, m_size}; }
    /// REQUIRES: this tensor owns its memory (made by allocate) and nobody else reads it now.
    std::span<std::byte> mutableBytes() { return {const_cast<std::byte*>(m_data), m_size}; }

    bool aligned(std::size_t alignment) const { return reinterpret_cast<std::uintptr_t>(m_data) % alignment == 0; }

    /// REQUIRES: T has the element's width and the data is aligned for T (allocated tensors always are).
    template <class T>
    std::span<const T> data() const {
        assert(static_cast<int>(sizeof(T)) * 8 == bitWidth(m_type) && aligned(alignof(T)));
        return {reinterpret_cast<const T*>(m_data), static_cast<std::size_t>(m_count)};
    }
    template <class T>
    std::span<T> mutableData() {
        assert(static_cast<int>(sizeof(T)) * 8 == bitWidth(m_type) && aligned(alignof(T)));
        return {reinterpret_cast<T*>(const_cast<std::byte*>(m_data)), static_cast<std::size_t>(m_count)};
    }

    /// What was read of a mapped file leaves this process's memory; it is read again when it is next touched. Nothing for other tensors.
    void releasePages() const;

    /// The same bytes under another shape. REQUIRES: equal element counts.
    Tensor reshaped(Shape shape) const;
    /// A deep copy in own, aligned memory.
    Result<Tensor> clone() const;

private:
    DataType m_type = DataType::Undefined;
    Shape m_shape;
    std::int64_t m_count = 0;
    const std::byte* m_data = nullptr;
    std::size_t m_size = 0;
    std::shared_ptr<const void> m_owner;
    bool m_isMapped = false;
};

struct NamedTensor {
    std::string name;
    Tensor tensor;
};

}  // namespace trimtab::tensor

namespace trimtab {
using tensor::NamedTensor;
using tensor::Tensor;
}  // namespace trimtab
