// Einsum by its definition: for every index of the result the sum, over all indices that the result does not name, of the product of the
// inputs.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "kernels/ref/arguments.h"
#include "kernels/ref/elements.h"
#include "kernels/ref/families.h"
#include "kernels/ref/windows.h"

namespace trimtab::ref {
namespace {

/// More products than this are refused: small inputs can ask for a sum that never ends.
constexpr std::int64_t kMostProducts = std::int64_t{1} << 40;

/// A label is a letter, or a number from 256 on for an axis under "..." (counted from the last one back).
using Label = int;
using Labels = std::vector<Label>;
constexpr Label kEllipsis = 256;

struct Equation {
    std::vector<Labels> inputs;
    Labels out;
    std::map<Label, std::int64_t> extents;
};

/// The labels of one term; the ellipsis stands for `hidden` axes.
Result<Labels> labelsOf(const Call& call, const std::string& term, int hidden) {
    Labels labels;
    bool seen = false;
    for (std::size_t i = 0; i < term.size(); ++i) {
        if (term.compare(i, 3, "...") == 0) {
            if (seen) return refuse(call, "a term holds two ellipses");
            seen = true;
            for (int d = hidden; d-- > 0;) labels.push_back(kEllipsis + d);
            i += 2;
        } else if ((term[i] >= 'a' && term[i] <= 'z') || (term[i] >= 'A' && term[i] <= 'Z')) {
            labels.push_back(term[i]);
        } else {
            return refuse(call, "the equation holds '" + std::string(1, term[i]) + "'");
        }
    }
    return labels;
}

std::vector<std::string> splitTerms(const std::string& text) {
    std::vector<std::string> terms{""};
    for (const char c : text) {
        if (c == ',') terms.emplace_back();
        else terms.back() += c;
    }
    return terms;
}

int lettersIn(const std::string& term) {
    return static_cast<int>(std::count_if(term.begin(), term.end(), [](char c) { return c != '.'; }));
}

Status addExtents(const Call& call, Equation& equation, const Labels& labels, const Shape& shape) {
    for (std::size_t d = 0; d < labels.size(); ++d) {
        const std::int64_t extentHere = shape[static_cast<int>(d)];
        auto [known, isNew] = equation.extents.emplace(labels[d], extentHere);
        if (isNew || known->second == extentHere || extentHere == 1) continue;
        if (known->second != 1) return refuse(call, fmt::format("one index stands for extents {} and {}", known->second, extentHere));
        known->second = extentHere;
    }
    return {};
}

Result<Equation> parse(const Call& call) {
    std::string text = call.node.string("equation", "");
    std::erase(text, ' ');
    const std::size_t arrow = text.find("->");
    const std::vector<std::string> terms = splitTerms(text.substr(0, arrow));
    if (terms.size() != call.inputs.size()) return refuse(call, "the equation does not have one term for each input");
    Equation equation;
    int hidden = 0;
    for (std::size_t i = 0; i < terms.size(); ++i) {
        const int here = call.tensor(i).shape().rank() - lettersIn(terms[i]);
        const bool open = terms[i].find("...") != std::string::npos;
        if (here < 0 || (here > 0 && !open)) return refuse(call, "a term names other axes than its input has");
        TRIMTAB_TRY(Labels labels, labelsOf(call, terms[i], here));
        if (static_cast<int>(labels.size()) != call.tensor(i).shape().rank())
            return refuse(call, "a term names other axes than its input has");
        TRIMTAB_REQUIRE(addExtents(call, equation, labels, call.tensor(i).shape()));
        equation.inputs.push_back(std::move(labels));
        hidden = std::max(hidden, here);
    }
    if (arrow != std::string::npos) {
        TRIMTAB_TRY(equation.out, labelsOf(call, text.substr(arrow + 2), hidden));
    } else {
        for (int d = hidden; d-- > 0;) equation.out.push_back(kEllipsis + d);
        for (const auto& [label, ignored] : equation.extents) {
            std::ptrdiff_t uses = 0;
            for (const Labels& labels : equation.inputs) uses += std::count(labels.begin(), labels.end(), label);
            if (label < kEllipsis && uses == 1) equation.out.push_back(label);
        }
    }
    for (const Label label : equation.out)
        if (!equation.extents.contains(label) || std::count(equation.out.begin(), equation.out.end(), label) != 1)
            return refuse(call, "the result names an index twice or one that no input has");
    return equation;
}

/// For each input how far one step of each index moves; axes of extent 1 under a larger index stand still, repeated ones add up.
std::vector<Ints> stepsOf(const Call& call, const Equation& equation, const Labels& order) {
    std::vector<Ints> result;
    for (std::size_t i = 0; i < equation.inputs.size(); ++i) {
        const Ints strides = call.tensor(i).shape().strides();
        Ints steps(order.size(), 0);
        for (std::size_t d = 0; d < equation.inputs[i].size(); ++d) {
            const auto at = std::find(order.begin(), order.end(), equation.inputs[i][d]) - order.begin();
            if (call.tensor(i).shape()[static_cast<int>(d)] != 1) steps[static_cast<std::size_t>(at)] += strides[d];
        }
        result.push_back(std::move(steps));
    }
    return result;
}

template <class C>
Result<Values> compute(const Call& call, const Equation& equation) {
    Labels order = equation.out;
    for (const auto& [label, ignored] : equation.extents)
        if (std::find(order.begin(), order.end(), label) == order.end()) order.push_back(label);
    Ints extents, outDims;
    std::int64_t products = 1;
    for (const Label label : order) {
        extents.push_back(equation.extents.at(label));
        if (__builtin_mul_overflow(products, extents.back(), &products) || products > kMostProducts)
            return refuse(call, "the sum is too long");
    }
    const std::size_t outRank = equation.out.size();
    outDims.assign(extents.begin(), extents.begin() + static_cast<std::ptrdiff_t>(outRank));
    TRIMTAB_TRY(Tensor out, Tensor::zeros(call.tensor(0).type(), Shape(outDims)));
    if (products == 0) return one(std::move(out));
    const std::int64_t terms = products / std::max<std::int64_t>(out.elementCount(), 1);
    const std::vector<Ints> steps = stepsOf(call, equation, order);
    using Sum = std::conditional_t<std::is_same_v<C, double>, double, std::uint64_t>;
    Ints index(extents.size(), 0);
    for (std::int64_t to = 0; to < out.elementCount(); ++to) {
        Sum sum = 0;
        for (std::int64_t term = 0; term < terms; ++term, advance(index, extents)) {
            Sum product = 1;
            for (std::size_t i = 0; i < steps.size(); ++i) {
                std::int64_t at = 0;
                for (std::size_t d = 0; d < index.size(); ++d) at += index[d] * steps[i][d];
                C value{};
                load(call.tensor(i), at, 0, 1, &value);
                product *= static_cast<Sum>(value);
            }
            sum += product;
        }
        const C value = static_cast<C>(sum);
        store(out, to, 1, &value);
    }
    return one(std::move(out));
}

Result<Values> einsum(const Call& call) {
    for (std::size_t i = 0; i < call.inputs.size(); ++i) {
        if (!call.has(i)) return refuse(call, "an input in the middle is left out");
        TRIMTAB_REQUIRE(sameType(call, call.tensor(0), call.tensor(i)));
    }
    const DataType type = call.tensor(0).type();
    if (domainOf(type) == Domain::None || type == DataType::Bool) return refuse(call, "inputs must be numeric");
    TRIMTAB_TRY(const Equation equation, parse(call));
    return inDomain(type, [&](auto zero) { return compute<decltype(zero)>(call, equation); });
}

}  // namespace

void registerEinsum(Registry& registry) { registry.add("Einsum", 12, {1, kAny, 1}, einsum); }

}  // namespace trimtab::ref
