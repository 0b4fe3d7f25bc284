// RNN, GRU (Cho et al. 2014) and LSTM (Hochreiter, Schmidhuber 1997, with the peepholes of Gers, Schmidhuber 2000), in ONNX's order of
// gates.
#include <cmath>

#include "kernels/ref/families.h"
#include "kernels/ref/recurrent.h"

namespace trimtab::ref {
namespace {

using Rows = std::function<Vector(int, const Vector&)>;

void rnnStep(const Call& call, Step& s, const std::vector<Activation>& f, const Vector&, const Rows&) {
    for (std::size_t i = 0; i < s.h.size(); ++i) s.h[i] = f[0](clipped(call, s.fromInput[i] + s.fromHidden[i]));
}

/// Gates z, r, h. linear_before_reset: the reset gate scales h·R + Rb instead of h.
void gruStep(const Call& call, Step& s, const std::vector<Activation>& f, const Vector&, const Rows& rows) {
    const std::size_t n = s.h.size();
    const bool linear = call.node.integer("linear_before_reset", 0) != 0;
    Vector z(n), r(n), reset(n);
    for (std::size_t i = 0; i < n; ++i) {
        z[i] = f[0](clipped(call, s.fromInput[i] + s.fromHidden[i]));
        r[i] = f[0](clipped(call, s.fromInput[n + i] + s.fromHidden[n + i]));
        reset[i] = r[i] * s.h[i];
    }
    const Vector candidate = linear ? Vector() : rows(2, reset);
    for (std::size_t i = 0; i < n; ++i) {
        const double fromHidden = linear ? r[i] * s.fromHidden[2 * n + i] : candidate[i];
        const double h = f[1](clipped(call, s.fromInput[2 * n + i] + fromHidden));
        s.h[i] = (1 - z[i]) * h + z[i] * s.h[i];
    }
}

/// Gates i, o, f, c; peepholes for i, o, f. input_forget: the forget gate is 1 − i.
void lstmStep(const Call& call, Step& s, const std::vector<Activation>& f, const Vector& p, const Rows&) {
    const std::size_t n = s.h.size();
    const bool coupled = call.node.integer("input_forget", 0) != 0;
    for (std::size_t i = 0; i < n; ++i) {
        const auto gate = [&](std::size_t g, std::size_t peephole, double cell) {
            const double sum = s.fromInput[g * n + i] + s.fromHidden[g * n + i];
            return clipped(call, p.empty() ? sum : sum + p[peephole * n + i] * cell);
        };
        const double in = f[0](gate(0, 0, s.c[i]));
        const double forget = coupled ? 1 - in : f[0](gate(2, 2, s.c[i]));
        const double candidate = f[1](clipped(call, s.fromInput[3 * n + i] + s.fromHidden[3 * n + i]));
        s.c[i] = forget * s.c[i] + in * candidate;
        s.h[i] = f[0](gate(1, 1, s.c[i])) * f[2](s.c[i]);
    }
}

Kernel kernelOf(Cell cell) {
    return viaFloat32([cell = std::move(cell)](const Call& call) { return runRecurrent(call, cell); });
}

}  // namespace

void registerRecurrent(Registry& registry) {
    registry.add("RNN", 1, {3, 6, 2}, kernelOf({1, false, {"Tanh"}, rnnStep}));
    registry.add("GRU", 1, {3, 6, 2}, kernelOf({3, false, {"Sigmoid", "Tanh"}, gruStep}));
    registry.add("LSTM", 1, {3, 8, 3}, kernelOf({4, true, {"Sigmoid", "Tanh", "Tanh"}, lstmStep}));
}

}  // namespace trimtab::ref
