#include "core/graph/shapes/extent.h"

#include <algorithm>
#include <iterator>
#include <limits>

#include "core/base/checked.h"

namespace trimtab::graph::shapes {

namespace {

constexpr std::size_t kMaxTerms = 12;       // beyond these an expression helps nobody and becomes unknown
constexpr std::size_t kMaxDegree = 8;
constexpr std::size_t kMaxTextLength = 160;

std::int64_t floorQuotient(std::int64_t a, std::int64_t b) {
    const std::int64_t quotient = a / b;
    return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}

}  // namespace

Extent Extent::known(std::int64_t value) {
    Extent extent;
    extent.m_kind = Kind::Known;
    extent.m_value = value;
    return extent;
}

Extent Extent::symbol(const std::string& name) { return name.empty() ? Extent() : opaque(name); }

Extent Extent::overflow() {
    Extent extent;
    extent.m_kind = Kind::Overflow;
    return extent;
}

Extent Extent::of(const Dim& dim) { return dim.isKnown() ? known(dim.extent) : symbol(dim.symbol); }

Extent Extent::opaque(std::string text) {
    if (text.size() > kMaxTextLength) return unknown();
    Extent extent;
    extent.m_kind = Kind::Symbolic;
    extent.m_terms[{std::move(text)}] = 1;
    return extent;
}

Extent Extent::fromTerms(Terms terms) {
    std::erase_if(terms, [](const auto& term) { return term.second == 0; });
    if (terms.empty()) return known(0);
    if (terms.size() == 1 && terms.begin()->first.empty()) return known(terms.begin()->second);
    if (terms.size() > kMaxTerms) return unknown();
    for (const auto& [monomial, coefficient] : terms) {
        if (monomial.size() > kMaxDegree) return unknown();
    }
    Extent extent;
    extent.m_kind = Kind::Symbolic;
    extent.m_terms = std::move(terms);
    return extent.text().size() > kMaxTextLength ? unknown() : extent;
}

Extent::Terms Extent::terms() const {
    if (isSymbolic()) return m_terms;
    return m_value == 0 ? Terms{} : Terms{{Monomial{}, m_value}};
}

bool Extent::poisoned(const Extent& a, const Extent& b, Extent& result) {
    if (a.isOverflow() || b.isOverflow()) {
        result = overflow();
        return true;
    }
    if (a.isUnknown() || b.isUnknown()) {
        result = unknown();
        return true;
    }
    return false;
}

bool Extent::isNonNegative() const {
    if (isKnown()) return m_value >= 0;
    return isSymbolic() && std::all_of(m_terms.begin(), m_terms.end(), [](const auto& term) { return term.second >= 0; });
}

bool Extent::same(const Extent& other) const {
    if (isKnown()) return other.isKnown(m_value);
    if (!isSymbolic() || !other.isSymbolic()) return false;
    return m_terms == other.m_terms || text() == other.text();
}

std::string Extent::text() const {
    if (isKnown()) return std::to_string(m_value);
    if (!isSymbolic()) return "?";
    std::string out;
    const auto append = [&](const Monomial& monomial, std::int64_t coefficient) {
        const bool negative = coefficient < 0;
        out += out.empty() ? (negative ? "-" : "") : (negative ? " - " : " + ");
        const std::uint64_t magnitude = negative ? 0 - static_cast<std::uint64_t>(coefficient) : static_cast<std::uint64_t>(coefficient);
        if (magnitude != 1 || monomial.empty()) out += std::to_string(magnitude) + (monomial.empty() ? "" : "*");
        for (std::size_t i = 0; i < monomial.size(); ++i) {
            const bool compound = monomial[i].find(' ') != std::string::npos && monomial[i].back() != ')';
            const bool alone = m_terms.size() == 1 && monomial.size() == 1 && magnitude == 1;
            out += (i ? "*" : "") + (compound && !alone ? "(" + monomial[i] + ")" : monomial[i]);
        }
    };
    for (const auto& [monomial, coefficient] : m_terms) {
        if (!monomial.empty()) append(monomial, coefficient);
    }
    if (const auto constant = m_terms.find(Monomial{}); constant != m_terms.end()) append(constant->first, constant->second);
    return out;
}

Dim Extent::toDim() const {
    if (isKnown()) return m_value >= 0 ? Dim::known(m_value) : Dim::unknown();
    return isSymbolic() ? Dim::named(text()) : Dim::unknown();
}

Extent operator+(const Extent& a, const Extent& b) {
    Extent result;
    if (Extent::poisoned(a, b, result)) return result;
    if (a.isKnown() && b.isKnown()) {
        const auto sum = base::checkedAdd(a.m_value, b.m_value);
        return sum ? Extent::known(*sum) : Extent::overflow();
    }
    Extent::Terms terms = a.terms();
    for (const auto& [monomial, coefficient] : b.terms()) {
        const auto sum = base::checkedAdd(terms[monomial], coefficient);
        if (!sum) return Extent::overflow();
        terms[monomial] = *sum;
    }
    return Extent::fromTerms(std::move(terms));
}

Extent operator-(const Extent& a, const Extent& b) { return a + Extent::known(-1) * b; }

Extent operator*(const Extent& a, const Extent& b) {
    if (a.isKnown(0) || b.isKnown(0)) return Extent::known(0);
    Extent result;
    if (Extent::poisoned(a, b, result)) return result;
    if (a.isKnown() && b.isKnown()) {
        const auto value = base::checkedMultiply(a.m_value, b.m_value);
        return value ? Extent::known(*value) : Extent::overflow();
    }
    Extent::Terms terms;
    for (const auto& [left, leftCoefficient] : a.terms()) {
        for (const auto& [right, rightCoefficient] : b.terms()) {
            Extent::Monomial monomial = left;
            monomial.insert(monomial.end(), right.begin(), right.end());
            std::sort(monomial.begin(), monomial.end());
            const auto value = base::checkedMultiply(leftCoefficient, rightCoefficient);
            const auto sum = value ? base::checkedAdd(terms[monomial], *value) : std::nullopt;
            if (!sum) return Extent::overflow();
            terms[monomial] = *sum;
        }
    }
    return Extent::fromTerms(std::move(terms));
}

bool Extent::divideExactly(const Terms& dividend, const Monomial& monomial, std::int64_t coefficient, Terms& quotient) {
    for (const auto& [term, factor] : dividend) {
        if (coefficient == -1 && factor == std::numeric_limits<std::int64_t>::min()) return false;
        if (factor % coefficient != 0 || !std::includes(term.begin(), term.end(), monomial.begin(), monomial.end())) return false;
        Monomial rest;
        std::set_difference(term.begin(), term.end(), monomial.begin(), monomial.end(), std::back_inserter(rest));
        quotient[rest] += factor / coefficient;
    }
    return true;
}

Extent floorDivide(const Extent& a, const Extent& b) {
    Extent result;
    if (Extent::poisoned(a, b, result)) return result;
    if (b.isKnown(0)) return Extent::unknown();
    if (b.isKnown(1)) return a;
    if (b.isKnown(-1)) return Extent::known(-1) * a;
    if (a.isKnown() && b.isKnown()) return Extent::known(floorQuotient(a.m_value, b.m_value));
    if (a.same(b)) return Extent::known(1);
    if (a.isKnown(0)) return a;
    const Extent::Terms divisor = b.terms();
    if (divisor.size() == 1) {
        Extent::Terms dividend = a.terms();
        std::int64_t constant = 0;
        if (b.isKnown()) {  // floor((k·x + c) / k) = x + floor(c / k)
            constant = floorQuotient(dividend.contains({}) ? dividend[{}] : 0, b.m_value);
            dividend.erase(Extent::Monomial{});
        }
        Extent::Terms quotient;
        if (Extent::divideExactly(dividend, divisor.begin()->first, divisor.begin()->second, quotient)) {
            return Extent::fromTerms(std::move(quotient)) + Extent::known(constant);
        }
    }
    return Extent::opaque("floor((" + a.text() + ")/(" + b.text() + "))");
}

Extent ceilDivide(const Extent& a, const Extent& b) {
    if (b.isKnown() && b.m_value > 0) return floorDivide(a + Extent::known(b.m_value - 1), b);
    return Extent::known(-1) * floorDivide(Extent::known(-1) * a, b);
}

Extent minimum(const Extent& a, const Extent& b) {
    Extent result;
    if (Extent::poisoned(a, b, result)) return result;
    if (a.isKnown() && b.isKnown()) return Extent::known(std::min(a.m_value, b.m_value));
    const Extent difference = a - b;
    if (difference.isNonNegative()) return b;
    if ((b - a).isNonNegative()) return a;
    return Extent::opaque("min(" + a.text() + ", " + b.text() + ")");
}

Extent maximum(const Extent& a, const Extent& b) {
    Extent result;
    if (Extent::poisoned(a, b, result)) return result;
    if (a.isKnown() && b.isKnown()) return Extent::known(std::max(a.m_value, b.m_value));
    const Extent difference = a - b;
    if (difference.isNonNegative()) return a;
    if ((b - a).isNonNegative()) return b;
    return Extent::opaque("max(" + a.text() + ", " + b.text() + ")");
}

Extent product(const Dims& dims, std::size_t begin, std::size_t end) {
    Extent total = Extent::known(1);
    for (std::size_t i = begin; i < end; ++i) total = total * dims[i];
    return total;
}

Dims toExtents(const std::vector<Dim>& dims) {
    Dims extents;
    extents.reserve(dims.size());
    for (const Dim& dim : dims) extents.push_back(Extent::of(dim));
    return extents;
}

Dims toExtents(const Shape& shape) {
    Dims extents;
    for (const std::int64_t dim : shape) extents.push_back(Extent::known(dim));
    return extents;
}

std::string text(const Dims& dims) {
    std::string out = "[";
    for (std::size_t i = 0; i < dims.size(); ++i) out += (i ? ", " : "") + dims[i].text();
    return out + "]";
}

}  // namespace trimtab::graph::shapes
