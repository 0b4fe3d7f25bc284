#include "core/compress/quantize/half_quadratic.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace trimtab::compress {
namespace {

constexpr int kTurns = 20;
constexpr double kBeta = 10;
constexpr double kKappa = 1.01;
constexpr double kWorthwhile = 0.999;  // of the last turn's error

class Turns {
public:
    Turns(std::span<const float> values, int bits, bool symmetric)
        : m_values(values),
          m_limits(codeLimits(bits, symmetric)),
          m_symmetric(symmetric),
          m_codes(values.size()),
          m_targets(values.size()) {}

    void descendFrom(Step step) {
        double beta = kBeta;
        double last = std::numeric_limits<double>::infinity();
        for (int turn = 0; turn < kTurns; ++turn, beta *= kKappa) {
            const double error = shrinkErrors(step, beta);
            if (error < m_least) {
                m_least = error;
                m_best = step;
            }
            if (!(error < kWorthwhile * last) || error == 0) return;
            last = error;
            const std::optional<Step> next = fitted(step);
            if (!next) return;
            step = *next;
        }
    }

    /// Error of the step; leaves the codes, and w/s − e in the targets.
    double shrinkErrors(const Step& step, double beta) {
        encode(m_values, step, m_limits, m_codes.data());
        double sum = 0;
        for (std::size_t i = 0; i < m_values.size(); ++i) {
            const double error = (static_cast<double>(m_values[i]) - decode(m_codes[i], step)) / step.scale;
            const double size = std::abs(error);
            double kept = 0;
            if (size > 0) {
                const double power = std::pow(size, kErrorPower);
                sum += power;
                kept = std::copysign(std::max(size - power / size / beta, 0.0), error);
            }
            m_targets[i] = static_cast<double>(m_values[i]) / step.scale - kept;
        }
        return sum * std::pow(static_cast<double>(step.scale), kErrorPower);
    }

    const Step& best() const { return m_best; }

private:
    // The line through the targets over the codes, its zero made whole, then the slope again through that zero. Nothing when all codes
    // are one or the slope is of no use.
    std::optional<Step> fitted(const Step& step) const {
        int zero = 0;
        if (!m_symmetric) {
            const std::optional<double> crossing = zeroOfLine();
            if (!crossing) return std::nullopt;
            zero = static_cast<int>(std::lround(std::clamp<double>(*crossing, m_limits.lowest, m_limits.highest)));
        }
        double products = 0;
        double squares = 0;
        for (std::size_t i = 0; i < m_codes.size(); ++i) {
            const double code = m_codes[i] - zero;
            products += code * m_targets[i];
            squares += code * code;
        }
        if (!(products > 0)) return std::nullopt;
        const auto scale = static_cast<float>(products / squares * step.scale);
        if (!std::isnormal(scale)) return std::nullopt;
        return Step{scale, zero};
    }

    std::optional<double> zeroOfLine() const {
        const auto count = static_cast<double>(m_codes.size());
        double meanCode = 0;
        double meanTarget = 0;
        for (std::size_t i = 0; i < m_codes.size(); ++i) {
            meanCode += m_codes[i] / count;
            meanTarget += m_targets[i] / count;
        }
        double products = 0;
        double squares = 0;
        for (std::size_t i = 0; i < m_codes.size(); ++i) {
            products += (m_codes[i] - meanCode) * (m_targets[i] - meanTarget);
            squares += (m_codes[i] - meanCode) * (m_codes[i] - meanCode);
        }
        if (!(products > 0)) return std::nullopt;
        return meanCode - meanTarget * squares / products;
    }

    std::span<const float> m_values;
    CodeLimits m_limits;
    bool m_symmetric;
    std::vector<std::int8_t> m_codes;
    std::vector<double> m_targets;
    Step m_best;
    double m_least = std::numeric_limits<double>::infinity();
};

}  // namespace

double powerError(std::span<const float> values, const Step& step, int bits, bool symmetric) {
    return Turns(values, bits, symmetric).shrinkErrors(step, kBeta);
}

Step halfQuadraticStep(std::span<const float> values, int bits, bool symmetric) {
    Turns turns(values, bits, symmetric);
    turns.descendFrom(stepFor(rangeOf(values), bits, symmetric));
    return turns.best();
}

Result<tensor::QuantizedWeight> halfQuadratic(const std::vector<float>& values, std::int64_t rows, std::int64_t columns,
                                              const recipe::WeightSpec& spec) {
    const bool symmetric = spec.scheme == "symmetric";
    return quantizeByGroup(values, rows, columns, spec,
                           [&](const CodeGrid&, std::span<const float> group) { return halfQuadraticStep(group, spec.bits, symmetric); });
}

}  // namespace trimtab::compress
