#include "profiler/worker/output_distance.h"

#include <algorithm>
#include <limits>

#include "core/evaluate/score.h"

namespace trimtab::worker {

Status OutputDistance::see(std::size_t batch, const Tensor& output) {
    if (batch >= m_reference.size()) return {};
    TRIMTAB_TRY(const double sqnr, evaluate::scoreFidelity("sqnr_db", output, m_reference[batch]));
    m_sqnrDb += sqnr;
    const auto kl = evaluate::scoreFidelity("kl", output, m_reference[batch]);
    m_kl += kl ? *kl : std::numeric_limits<double>::quiet_NaN();
    ++m_batches;
    return {};
}

void OutputDistance::tell(trial::SensitivityCell& cell) const {
    const auto count = static_cast<double>(std::max<std::size_t>(m_batches, 1));
    cell.kl = m_kl / count;
    cell.sqnrDb = m_sqnrDb / count;
}

}  // namespace trimtab::worker
