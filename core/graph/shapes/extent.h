#pragma once
// Symbolic integers: what shape rules compute with. An extent is a known integer, a polynomial over symbols
// ("2*batch + 1"; quotients and minima that do not reduce are symbols of their own), unknown, or an overflow of 64 bits.
// Symbols stand for dims and are therefore taken as non-negative.
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/graph/value_type.h"

namespace trimtab::graph::shapes {

class Extent {
public:
    Extent() = default;  // unknown
    static Extent known(std::int64_t value);
    static Extent symbol(const std::string& name);  // unknown for an empty name
    static Extent unknown() { return {}; }
    static Extent overflow();
    static Extent of(const Dim& dim);

    bool isKnown() const { return m_kind == Kind::Known; }
    bool isKnown(std::int64_t value) const { return isKnown() && m_value == value; }
    bool isSymbolic() const { return m_kind == Kind::Symbolic; }
    bool isUnknown() const { return m_kind == Kind::Unknown; }
    bool isOverflow() const { return m_kind == Kind::Overflow; }
    std::int64_t value() const { return m_value; }  // REQUIRES isKnown()
    /// Certainly >= 0: a known value, or a polynomial without negative coefficients.
    bool isNonNegative() const;
    /// Certainly the same number; false when either is unknown.
    bool same(const Extent& other) const;

    std::string text() const;  // "3", "2*batch + 1", "?"
    Dim toDim() const;         // unknown for overflows

    friend Extent operator+(const Extent& a, const Extent& b);
    friend Extent operator-(const Extent& a, const Extent& b);
    friend Extent operator*(const Extent& a, const Extent& b);
    /// Rounded towards minus infinity; unknown for a divisor of 0.
    friend Extent floorDivide(const Extent& a, const Extent& b);
    friend Extent ceilDivide(const Extent& a, const Extent& b);
    friend Extent minimum(const Extent& a, const Extent& b);
    friend Extent maximum(const Extent& a, const Extent& b);

private:
    enum class Kind : std::uint8_t { Unknown, Known, Symbolic, Overflow };
    using Monomial = std::vector<std::string>;            // sorted symbols; empty for the constant term
    using Terms = std::map<Monomial, std::int64_t>;       // no zero coefficients

    static Extent fromTerms(Terms terms);
    Terms terms() const;
    static Extent opaque(std::string text);
    static bool poisoned(const Extent& a, const Extent& b, Extent& result);
    static bool divideExactly(const Terms& dividend, const Monomial& monomial, std::int64_t coefficient, Terms& quotient);

    Kind m_kind = Kind::Unknown;
    std::int64_t m_value = 0;
    Terms m_terms;
};

Extent floorDivide(const Extent& a, const Extent& b);
Extent ceilDivide(const Extent& a, const Extent& b);
Extent minimum(const Extent& a, const Extent& b);
Extent maximum(const Extent& a, const Extent& b);

using Dims = std::vector<Extent>;

/// Product of factors; the empty product is 1.
Extent product(const Dims& dims, std::size_t begin, std::size_t end);
inline Extent product(const Dims& dims) { return product(dims, 0, dims.size()); }
Dims toExtents(const std::vector<Dim>& dims);
Dims toExtents(const Shape& shape);
std::string text(const Dims& dims);  // "[batch, 3]"

}  // namespace trimtab::graph::shapes
