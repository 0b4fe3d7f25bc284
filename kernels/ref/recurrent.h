#pragma once
// What RNN, GRU and LSTM share: one direction over a sequence, with all states in double.
#include <functional>
#include <string>
#include <vector>

#include "kernels/ref/arguments.h"

namespace trimtab::ref {

using Vector = std::vector<double>;
using Activation = std::function<double(double)>;

/// The names ONNX allows, with its defaults for alpha and beta.
Result<Activation> recurrentActivation(const Call& call, const std::string& name, std::optional<float> alpha, std::optional<float> beta);

/// What a cell sees in one step of one batch entry: gates of the input and of the hidden state, each with its half of the bias, in the
/// operator's order of gates, `hidden` values a gate.
struct Step {
    const Vector& fromInput;   // X·Wᵀ + Wb
    const Vector& fromHidden;  // H·Rᵀ + Rb
    Vector& h;                 // in: before, out: after the step
    Vector& c;                 // LSTM only
};

struct Cell {
    int gates = 1;
    bool hasCellState = false;
    std::vector<std::string> defaultActivations;
    /// Runs one step. `peepholes`: P of this direction (empty without). `rows(g, h)`: h·R_gᵀ + Rb_g for another vector h, of gate g.
    std::function<void(const Call&, Step&, const std::vector<Activation>&, const Vector& peepholes,
                       const std::function<Vector(int, const Vector&)>& rows)> step;
};

Result<Values> runRecurrent(const Call& call, const Cell& cell);

/// min(max(x, −clip), clip) by attribute clip; x without one.
double clipped(const Call& call, double x);

}  // namespace trimtab::ref
