#pragma once
// The concrete extent of a tensor. Rank 0 is a scalar with one element; a zero anywhere makes it empty.
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

namespace trimtab::tensor {

class Shape {
public:
    Shape() = default;
    Shape(std::initializer_list<std::int64_t> dims) : m_dims(dims) {}
    explicit Shape(std::vector<std::int64_t> dims) : m_dims(std::move(dims)) {}

    int rank() const { return static_cast<int>(m_dims.size()); }
    std::int64_t operator[](int axis) const { return m_dims[static_cast<std::size_t>(axis)]; }
    std::int64_t& operator[](int axis) { return m_dims[static_cast<std::size_t>(axis)]; }
    const std::vector<std::int64_t>& dims() const { return m_dims; }
    auto begin() const { return m_dims.begin(); }
    auto end() const { return m_dims.end(); }
    bool operator==(const Shape&) const = default;

    /// Product of the dims; REQUIRES that checkedElementCount() has a value (true for every allocated tensor).
    std::int64_t elementCount() const;
    /// nullopt when a dim is negative or the product overflows.
    std::optional<std::int64_t> checkedElementCount() const;
    /// Row-major strides in elements.
    std::vector<std::int64_t> strides() const;
    /// "[1, 3, 224, 224]"
    std::string text() const;

private:
    std::vector<std::int64_t> m_dims;
};

/// NumPy's multidirectional broadcasting; nullopt when the shapes do not agree.
std::optional<Shape> broadcast(const Shape& a, const Shape& b);
/// -rank..rank-1 to 0..rank-1; nullopt outside.
std::optional<int> normalizeAxis(std::int64_t axis, int rank);

}  // namespace trimtab::tensor

namespace trimtab {
using tensor::Shape;
}
