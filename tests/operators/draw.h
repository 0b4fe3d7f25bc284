#pragma once
// What the seeded cases of operators are drawn from.
#include <initializer_list>
#include <vector>

#include "core/base/random.h"
#include "core/tensor/tensor.h"

namespace trimtab::operators {

class Draw {
public:
    explicit Draw(std::uint64_t seed) : m_random(seed) {}

    /// Uniform in low…high, both included.
    std::int64_t integer(std::int64_t low, std::int64_t high);
    double real(double low, double high) { return m_random.uniform(low, high); }
    bool coin(double probability = 0.5) { return m_random.uniform() < probability; }
    template <class T>
    T pick(std::initializer_list<T> choices) {
        return choices.begin()[m_random.below(choices.size())];
    }

    /// `rank` extents of low…high.
    Shape shape(int rank, std::int64_t low = 1, std::int64_t high = 5);

    /// Floating types: uniform in low…high; integers: low…high; Bool: coins. Values are what `type` holds of them.
    Tensor tensor(DataType type, Shape shape, double low = -2, double high = 2);
    Tensor floats(Shape shape, double low = -2, double high = 2) { return tensor(DataType::Float32, std::move(shape), low, high); }
    /// Distinct integers 0…count−1 in random order, as int64.
    std::vector<std::int64_t> permutation(std::int64_t count);

private:
    base::Random m_random;
};

}  // namespace trimtab::operators
