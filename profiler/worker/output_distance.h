#pragma once
// How far outputs lie from those of the model as it is, averaged over batches.
#include "core/tensor/tensor.h"
#include "core/trial/sensitivity.h"

namespace trimtab::worker {

class OutputDistance {
public:
    /// What no output is given for is passed over.
    explicit OutputDistance(const std::vector<Tensor>& reference) : m_reference(reference) {}

    Status see(std::size_t batch, const Tensor& output);
    void tell(trial::SensitivityCell& cell) const;

private:
    const std::vector<Tensor>& m_reference;
    double m_kl = 0, m_sqnrDb = 0;
    std::size_t m_batches = 0;
};

}  // namespace trimtab::worker
