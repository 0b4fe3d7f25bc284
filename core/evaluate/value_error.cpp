#include "core/evaluate/value_error.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include "core/trace/fidelity.h"

namespace trimtab::evaluate {
namespace {

constexpr float kFill = 1e8F;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

}  // namespace

void ValueError::see(std::span<const float> reference, std::span<const float> changed) {
    assert(reference.size() == changed.size());
    for (std::size_t i = 0; i < reference.size(); ++i) {
        const double r = reference[i];
        const double c = changed[i];
        if ((reference[i] == changed[i] && std::abs(reference[i]) >= kFill) || (std::isnan(r) && std::isnan(c))) continue;
        ++m_count;
        if (!std::isfinite(r) || !std::isfinite(c)) {
            m_noise = m_largestError = kInfinity;
            continue;
        }
        m_signal += r * r;
        m_changed += c * c;
        m_product += r * c;
        m_noise += (r - c) * (r - c);
        m_largest = std::max(m_largest, std::abs(r));
        m_largestError = std::max(m_largestError, std::abs(r - c));
    }
}

double ValueError::sqnrDb() const {
    if (m_noise == 0) return trace::kMostDecibels;
    if (!std::isfinite(m_noise) || m_signal == 0) return -trace::kMostDecibels;
    return std::clamp(10 * std::log10(m_signal / m_noise), -trace::kMostDecibels, trace::kMostDecibels);
}

double ValueError::cosine() const {
    if (!std::isfinite(m_noise)) return 0;
    if (m_signal == 0 || m_changed == 0) return m_signal == m_changed ? 1 : 0;
    return std::clamp(m_product / (std::sqrt(m_signal) * std::sqrt(m_changed)), -1.0, 1.0);
}

double ValueError::maxError() const {
    if (m_largestError == 0) return 0;
    return m_largest == 0 ? kInfinity : m_largestError / m_largest;
}

}  // namespace trimtab::evaluate
