#pragma once
// What a product that reads units sees of calibration data.
#include "core/compress/second_order/hessian.h"
#include "core/compress/structure/unit_readers.h"
#include "core/compress/tools.h"

namespace trimtab::compress {

struct ReaderInputs {
    Hessian products;     // Σ x xᵀ over all rows x
    bool biased = false;  // x has a 1 behind its columns, because the product adds one number to each output: a bias that can be changed
};

/// Refused where no data reach the product and for activations that are no numbers. REQUIRES: tools.requireCalibration().
Result<ReaderInputs> readerInputs(const Graph& graph, const UnitReader& reader, const Tools& tools);

}  // namespace trimtab::compress
