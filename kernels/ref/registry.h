#pragma once
// The table of reference kernels. Every operator family has one function that adds its entries (families.h); reference.cpp calls them in
// turn.
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/ref/reference.h"

namespace trimtab::ref {

inline constexpr int kAny = -1;

/// How many inputs and outputs an operator takes. The first minInputs must be present; later ones may be left out.
struct Arity {
    int minInputs = 1;
    int maxInputs = 1;   // kAny: no limit
    int maxOutputs = 1;  // kAny: no limit
};

struct Operator {
    Arity arity;
    bool sequences = false;  // takes tensor sequences; otherwise an input that is one is refused before the kernel runs
    Kernel kernel;
};

class Registry {
public:
    /// `since`: the first opset version of which this kernel is true, up to the next entry of the same operator.
    void add(std::string_view op, int since, Arity arity, Kernel kernel, std::string_view domain = "");
    void addSequence(std::string_view op, int since, Arity arity, Kernel kernel);

    /// The entry with the greatest `since` that is not above the node's version (a version of 0 or less means the newest).
    const Operator* find(const graph::Node& node) const;
    std::vector<std::string> names() const;

private:
    std::map<std::string, std::map<int, Operator>, std::less<>> m_operators;  // "Conv", "trimtab.FusedConv" → since → entry
};

}  // namespace trimtab::ref
