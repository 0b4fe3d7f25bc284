#pragma once
// Graph + Recipe → Graph. Weights are masked or quantised, nodes carry their Treatment. Numerics only: which kernel then runs it is the
// engine's business. The graph should have been simplified first (graph/passes), so that what is compressed is what runs.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/compress/structure/remove_units.h"
#include "core/compress/tools.h"
#include "core/graph/graph.h"
#include "core/recipe/recipe.h"

namespace trimtab::compress {

/// What happened to one layer's weight.
struct LayerCompression {
    std::string node;
    std::string op;
    std::vector<std::string> origins;
    std::int64_t parameters = 0;   // that are left, zeros counted
    int bits = 32;
    std::string format = "fp32";   // tensor::formatText() of codes, else the type in which values are stored: "fp32", "bf16", …
    std::int64_t group = 0;        // of codes: columns that share a scale; 0: a scale for each row; −1: one for the whole weight
    double density = 1.0;          // share of non-zero weights after everything
    std::int64_t originalBytes = 0;  // before units left
    std::int64_t storedBytes = 0;  // at its bits, with scales and zero points; dense: zeros of a pruned weight are stored like any other
    std::optional<double> sqnrDb;  // 10·log10(Σw² / Σ(w−ŵ)²); nothing: no value changed
    std::map<std::string, std::int64_t> forms;  // bytes of a pruned weight in each storage form (storage_forms.h); empty: not pruned
    std::int64_t inputColumns = 0;     // of the products that a second-order method read; 0: none did
    std::int64_t calibrationRows = 0;  // that they were summed over
};

struct Compressed {
    Graph graph;
    std::vector<LayerCompression> layers;  // one for each compressible weight, touched or not; of layers that left, with nothing stored
    std::vector<LeftAlone> leftAlone;      // units that the recipe means and that cannot leave
    std::int64_t originalBytes = 0;        // of all constants
    std::int64_t storedBytes = 0;
};

/// Order: transposes cancel, whole units leave, then inputs are rescaled, weights pruned, and what is left quantised (zeros stay zero when
/// the scheme is symmetric). Refused when a rule matches no node (naming the rule), for NaN weights (naming the layer), or when the recipe
/// asks for what a layer cannot have. Methods that look at activations (recipe::Recipe::needsCalibration()) see what the layers before have
/// become, in the order of the graph.
Result<Compressed> compress(const Graph& graph, const recipe::Recipe& recipe, const Tools& tools = {});

/// Names the first layer whose weight holds a NaN; infinities are ordinary.
Status checkForNaN(const Graph& graph);

}  // namespace trimtab::compress
