#pragma once
// How far a changed model is from the model it was made from, node by node along the graph: where it first departs, and where the error is
// made rather than handed on. Values only; core/evaluate measures them.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/json.h"

namespace trimtab::trace {

/// Decibels of two values that are equal bit for bit, and the most that is told of any others: about what float32 can tell.
inline constexpr double kMostDecibels = 150;

/// One node of the reference. Of several outputs the one that is farthest off stands here.
struct NodeFidelity {
    std::string node;
    std::string op;
    std::vector<std::string> origins;
    bool isTreated = false;              // the recipe asked something of it, or changed a constant that it reads
    std::string skipped;                 // why it is not compared; then the figures below say nothing
    double sqnrDb = kMostDecibels;       // 10·log10(Σr² / Σ(r−c)²) of its output, r the reference's, within ±kMostDecibels
    double inputSqnrDb = kMostDecibels;  // the same of the worst value that it reads: what was handed to it
    double cosine = 1;                   // Σrc / √(Σr²·Σc²)
    double maxError = 0;                 // max|r−c| / max|r|; infinite where the output is not finite and the reference's is

    /// Noise in its output that was not in its inputs, as a share of its output's power (1 is as much noise as signal): 10^(−out/10) −
    /// 10^(−in/10), at least 0. Powers of independent errors add; decibels do not: a step from 150 to 50 is less noise than one from 30
    /// to 29.
    double noiseMade() const;
};

struct FidelityProfile {
    std::vector<NodeFidelity> nodes;  // in the order of the graph
    double thresholdDb = 40;
    std::int64_t samples = 0;
    std::string inputs;  // what the samples are: "drawn from seed 1", or the data's name

    /// The first node whose SQNR lies below the threshold.
    std::optional<std::size_t> firstDeparture() const;
    /// The treated node that makes the most noise. Only treated nodes make any; the others hand on what they get, some of them amplified.
    std::optional<std::size_t> mostNoise() const;
    std::size_t comparedNodes() const;
};

/// {"nodes": […], "threshold_db", "samples", "inputs", "first_departure": node or null, "most_error": node or null}
Json toJson(const FidelityProfile& profile);
/// Refused, naming the field, for wrong types. first_departure and most_error follow from the nodes and are not read.
Result<FidelityProfile> fidelityProfileFromJson(const Json& json);

}  // namespace trimtab::trace
