#include "kernels/ref/recurrent.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/tensor/convert.h"
#include "kernels/ref/elements.h"

namespace trimtab::ref {
namespace {

struct Plan {
    std::int64_t steps = 0, batch = 0, inputSize = 0, hidden = 0, directions = 1, gates = 1;
    bool batchFirst = false, startsReversed = false;
    std::vector<std::int64_t> lengths;  // one for each batch entry
};

/// Input i, of the given shape, as doubles; zeros where it is left out.
Result<Vector> readInput(const Call& call, std::size_t i, const Shape& shape) {
    if (!call.has(i)) return Vector(static_cast<std::size_t>(shape.elementCount()), 0.0);
    const Tensor& given = call.tensor(i);
    if (!isFloatingPoint(given.type()) || given.shape() != shape)
        return refuse(
            call, fmt::format("input {} is {}{} where the shape {} is needed", i, name(given.type()), given.shape().text(), shape.text()));
    Vector values(static_cast<std::size_t>(given.elementCount()));
    load(given, 0, 1, given.elementCount(), values.data());
    return values;
}

Result<Plan> makePlan(const Call& call, const Cell& cell) {
    const Shape& x = call.tensor(0).shape();
    const Shape& r = call.tensor(2).shape();
    if (!isFloatingPoint(call.tensor(0).type()) || x.rank() != 3 || r.rank() != 3)
        return refuse(call, "inputs don't have the ranks of a sequence and its weights");
    Plan plan;
    if (call.tensor(0).elementCount() == 0 || call.tensor(2).elementCount() == 0)
        return refuse(call, "the sequence or its weights are empty");
    plan.batchFirst = call.node.integer("layout", 0) != 0;
    plan.steps = x[plan.batchFirst ? 1 : 0];
    plan.batch = x[plan.batchFirst ? 0 : 1];
    plan.inputSize = x[2];
    plan.hidden = r[2];
    plan.gates = cell.gates;
    const std::string direction = call.node.string("direction", "forward");
    if (direction != "forward" && direction != "reverse" && direction != "bidirectional")
        return refuse(call, "attribute direction holds the unknown word " + direction);
    plan.directions = direction == "bidirectional" ? 2 : 1;
    plan.startsReversed = direction == "reverse";
    if (call.node.integer("hidden_size", plan.hidden) != plan.hidden) return refuse(call, "attribute hidden_size contradicts the weights");
    plan.lengths.assign(static_cast<std::size_t>(plan.batch), plan.steps);
    if (call.has(4)) {
        TRIMTAB_TRY(plan.lengths, integers(call, 4));
        if (static_cast<std::int64_t>(plan.lengths.size()) != plan.batch)
            return refuse(call, "there is not one length for each batch entry");
        for (const std::int64_t length : plan.lengths)
            if (length < 0 || length > plan.steps) return refuse(call, fmt::format("a length of {} lies outside the sequence", length));
    }
    return plan;
}

/// weight (rows × columns from `row` on) times vector, plus bias.
Vector affine(const Vector& weight, std::int64_t row, std::int64_t rows, std::int64_t columns, const double* vector, const double* bias) {
    Vector out(static_cast<std::size_t>(rows));
    for (std::int64_t i = 0; i < rows; ++i) {
        double sum = bias[i];
        for (std::int64_t k = 0; k < columns; ++k) sum += weight[static_cast<std::size_t>((row + i) * columns + k)] * vector[k];
        out[static_cast<std::size_t>(i)] = sum;
    }
    return out;
}

struct Tensors {
    Vector x, w, r, b, h0, c0, p;
    Tensor y, yh, yc;
};

/// [directions, batch, hidden], or [batch, directions, hidden] when the batch comes first.
std::int64_t stateOffset(const Plan& plan, std::int64_t d, std::int64_t n) {
    return (plan.batchFirst ? n * plan.directions + d : d * plan.batch + n) * plan.hidden;
}

void runEntry(const Call& call, const Cell& cell, const Plan& plan, Tensors& t, std::int64_t d, std::int64_t n,
              const std::vector<Activation>& activations) {
    const std::int64_t rows = plan.gates * plan.hidden;
    const double* bias = t.b.data() + d * 2 * rows;
    const auto hiddenRows = [&](int gate, const Vector& h) {
        return affine(t.r, d * rows + gate * plan.hidden, plan.hidden, plan.hidden, h.data(), bias + rows + gate * plan.hidden);
    };
    const auto slice = [&](const Vector& all, std::int64_t at, std::int64_t count) {
        return Vector(all.begin() + at, all.begin() + at + count);
    };
    Vector h = slice(t.h0, stateOffset(plan, d, n), plan.hidden), c = slice(t.c0, stateOffset(plan, d, n), plan.hidden);
    const Vector peepholes = t.p.empty() ? Vector() : slice(t.p, d * 3 * plan.hidden, 3 * plan.hidden);
    const bool reversed = plan.startsReversed || d == 1;
    const std::int64_t length = plan.lengths[static_cast<std::size_t>(n)];
    for (std::int64_t i = 0; i < length; ++i) {
        const std::int64_t step = reversed ? length - 1 - i : i;
        const double* x = t.x.data() + (plan.batchFirst ? n * plan.steps + step : step * plan.batch + n) * plan.inputSize;
        const Vector fromInput = affine(t.w, d * rows, rows, plan.inputSize, x, bias);
        const Vector fromHidden = affine(t.r, d * rows, rows, plan.hidden, h.data(), bias + rows);
        Step now{fromInput, fromHidden, h, c};
        cell.step(call, now, activations, peepholes, hiddenRows);
        const std::int64_t at =
            plan.batchFirst ? (n * plan.steps + step) * plan.directions + d : (step * plan.directions + d) * plan.batch + n;
        store(t.y, at * plan.hidden, plan.hidden, h.data());
    }
    store(t.yh, stateOffset(plan, d, n), plan.hidden, h.data());
    store(t.yc, stateOffset(plan, d, n), plan.hidden, c.data());
}

/// The activations of each direction, one after the other; names run through `activations`, alphas and betas through their own lists.
Result<std::vector<Activation>> activationsOf(const Call& call, const Cell& cell, std::int64_t directions) {
    std::vector<std::string> names;
    const auto attribute = call.node.attributes.find("activations");
    if (attribute != call.node.attributes.end()) {
        if (const auto* given = std::get_if<std::vector<std::string>>(&attribute->second)) names = *given;
    }
    const std::size_t needed = cell.defaultActivations.size() * static_cast<std::size_t>(directions);
    while (attribute == call.node.attributes.end() && names.size() < needed)
        names.insert(names.end(), cell.defaultActivations.begin(), cell.defaultActivations.end());
    if (names.size() != needed) return refuse(call, fmt::format("{} activations named where {} are needed", names.size(), needed));
    const std::vector<float> alphas = call.node.numbers("activation_alpha"), betas = call.node.numbers("activation_beta");
    std::vector<Activation> result;
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto at = [i](const std::vector<float>& list) { return i < list.size() ? std::optional(list[i]) : std::nullopt; };
        TRIMTAB_TRY(Activation activation, recurrentActivation(call, names[i], at(alphas), at(betas)));
        result.push_back(std::move(activation));
    }
    return result;
}

}  // namespace

double clipped(const Call& call, double x) {
    if (!call.node.has("clip")) return x;
    const double clip = call.node.number("clip", 0);
    return std::fmin(std::fmax(x, -clip), clip);
}

Result<Activation> recurrentActivation(const Call& call, const std::string& name, std::optional<float> alpha, std::optional<float> beta) {
    const auto a = [&](double fallback) { return alpha ? static_cast<double>(*alpha) : fallback; };
    const auto b = [&](double fallback) { return beta ? static_cast<double>(*beta) : fallback; };
    std::string word = name;
    std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (word == "tanh") return [](double x) { return std::tanh(x); };
    if (word == "sigmoid") return [](double x) { return 1 / (1 + std::exp(-x)); };
    if (word == "relu") return [](double x) { return x < 0 ? 0.0 : x; };
    if (word == "affine") return [p = a(1), q = b(0)](double x) { return p * x + q; };
    if (word == "leakyrelu") return [p = a(0.01)](double x) { return x < 0 ? p * x : x; };
    if (word == "thresholdedrelu") return [p = a(1)](double x) { return x > p ? x : 0.0; };
    if (word == "scaledtanh") return [p = a(1), q = b(1)](double x) { return p * std::tanh(q * x); };
    if (word == "hardsigmoid") return [p = a(0.2), q = b(0.5)](double x) { return std::fmin(1.0, std::fmax(0.0, p * x + q)); };
    if (word == "elu") return [p = a(1)](double x) { return x < 0 ? p * std::expm1(x) : x; };
    if (word == "softsign") return [](double x) { return x / (1 + std::fabs(x)); };
    if (word == "softplus") return [](double x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); };
    return unsupported(call, "activation " + name + " is not known");
}

Result<Values> runRecurrent(const Call& call, const Cell& cell) {
    TRIMTAB_TRY(const Plan plan, makePlan(call, cell));
    const std::int64_t rows = plan.gates * plan.hidden;
    const Shape state = plan.batchFirst ? Shape{plan.batch, plan.directions, plan.hidden} : Shape{plan.directions, plan.batch, plan.hidden};
    const Shape sequence = plan.batchFirst ? Shape{plan.batch, plan.steps, plan.directions, plan.hidden}
                                           : Shape{plan.steps, plan.directions, plan.batch, plan.hidden};
    const DataType type = call.tensor(0).type();
    Tensors t;
    TRIMTAB_TRY(t.y, Tensor::zeros(type, sequence));
    TRIMTAB_TRY(t.yh, Tensor::zeros(type, state));
    TRIMTAB_TRY(t.yc, Tensor::zeros(type, state));
    TRIMTAB_TRY(t.x, readInput(call, 0, call.tensor(0).shape()));
    TRIMTAB_TRY(t.w, readInput(call, 1, Shape{plan.directions, rows, plan.inputSize}));
    TRIMTAB_TRY(t.r, readInput(call, 2, Shape{plan.directions, rows, plan.hidden}));
    TRIMTAB_TRY(t.b, readInput(call, 3, Shape{plan.directions, 2 * rows}));
    TRIMTAB_TRY(t.h0, readInput(call, 5, state));
    TRIMTAB_TRY(t.c0, readInput(call, 6, state));
    if (call.has(7)) {
        TRIMTAB_TRY(t.p, readInput(call, 7, Shape{plan.directions, 3 * plan.hidden}));
    }
    TRIMTAB_TRY(const std::vector<Activation> activations, activationsOf(call, cell, plan.directions));
    const std::size_t each = cell.defaultActivations.size();
    for (std::int64_t d = 0; d < plan.directions; ++d) {
        const auto first = activations.begin() + d * static_cast<std::ptrdiff_t>(each);
        const std::vector<Activation> own(first, first + static_cast<std::ptrdiff_t>(each));
        for (std::int64_t n = 0; n < plan.batch; ++n) runEntry(call, cell, plan, t, d, n, own);
    }
    Values results{t.y, t.yh};
    if (cell.hasCellState) results.emplace_back(t.yc);
    return results;
}

}  // namespace trimtab::ref
