#pragma once
// A fidelity profile for people.
#include <string>

#include "core/trace/fidelity.h"

namespace trimtab::cli {

/// Every compared node with its SQNR and cosine, the first departure and the node that makes most of the error marked; below it the two in
/// words, and how many nodes were not compared for which reason.
std::string fidelityTable(const trace::FidelityProfile& profile);

}  // namespace trimtab::cli
