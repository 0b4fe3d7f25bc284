#include "profiler/worker/either_math.h"

namespace trimtab::worker {
namespace {

/// Operations for each byte that travels. A processor of some ten cores forms about 10¹² a second, and about 10¹⁰ bytes a second travel to
/// a card and back with their packing. An estimate: no card has been measured.
constexpr double kWorthTravelling = 100;

class EitherMath final : public compress::TensorMath {
public:
    EitherMath(std::unique_ptr<TensorMath> far, std::unique_ptr<TensorMath> near) : m_far(std::move(far)), m_near(std::move(near)) {}

    Status multiply(std::int64_t m, std::int64_t n, std::int64_t k, float alpha, const Operand& a, const Operand& b, float beta, float* c,
                    std::int64_t strideC) override {
        const auto area = [](std::int64_t rows, std::int64_t columns) { return static_cast<double>(rows) * static_cast<double>(columns); };
        const double moved = sizeof(float) * (area(m, k) + area(k, n) + (beta == 0 ? 1 : 2) * area(m, n));
        if (2 * area(m, n) * static_cast<double>(k) >= kWorthTravelling * moved) {
            const Status done = m_far->multiply(m, n, k, alpha, a, b, beta, c, strideC);
            if (done || done.error().code != ErrorCode::OutOfMemory) return done;
        }
        return m_near->multiply(m, n, k, alpha, a, b, beta, c, strideC);
    }

    Result<std::unique_ptr<compress::GramSum>> gramSum(std::int64_t size) override { return m_far->gramSum(size); }

private:
    std::unique_ptr<TensorMath> m_far, m_near;
};

}  // namespace

std::unique_ptr<compress::TensorMath> makeEitherMath(std::unique_ptr<compress::TensorMath> far,
                                                     std::unique_ptr<compress::TensorMath> near) {
    return std::make_unique<EitherMath>(std::move(far), std::move(near));
}

}  // namespace trimtab::worker
