#pragma once
// What a plan leaves to the engine it is made for: the implementations of operators, where bytes stand, how they are converted and copied.
#include <memory>
#include <span>
#include <vector>

#include "kernels/plan/builder.h"
#include "kernels/plan/implementation.h"

namespace trimtab::plan {

class Backend {
public:
    virtual ~Backend() = default;

    /// For an operator, best first; the reference kernel is the last where it knows the operator. Empty: nothing executes it.
    virtual std::span<const Implementation> implementationsOf(const graph::Node& node) const = 0;

    /// Called once for every plan, with its bound graph, before the first node is placed.
    virtual Status begin(const Graph&) { return {}; }

    /// One step that writes the tensor of `source` in the form `to`.
    virtual Status placeConversion(Builder& builder, const Shape& shape, Form from, SlotId source, Form to, SlotId destination) const = 0;
    virtual Status placeCopy(Builder& builder, SlotId source, SlotId destination, std::int64_t bytes) const = 0;

    /// A node whose shapes only the run knows; `dynamic` tells for each value whether it stands in Frame::dynamic.
    virtual runtime::Support judgeDynamic(const NodeView& view) const = 0;
    virtual Status placeDynamic(Builder& builder, const NodeView& view, const std::vector<bool>& dynamic) const = 0;

    /// Whether a sparse kernel takes such a node at all (it may still be denser than pays, or measured to be slower).
    virtual bool hasSparseKernel(const NodeView& view) const = 0;

    /// True when run() copies given inputs into memory of the plan, so that outputs may stand there.
    virtual bool ownsInputs() const { return false; }

    /// A constant where kernels read it.
    virtual Result<SlotId> placeConstant(Builder& builder, Tensor tensor) const = 0;
    /// The plan's arena. OutOfMemory before anything is allocated.
    virtual Result<std::shared_ptr<std::byte>> allocateArena(std::int64_t bytes) const = 0;
};

/// Operators that no implementation of the backend knows, subgraphs included: Unsupported, naming each once.
Status checkOperators(const Backend& backend, const Graph& graph, std::string_view engine);

/// For a node with its treatment: the first implementation that takes it, or every refusal's reason.
runtime::Support supports(const Backend& backend, const NodeView& view);

}  // namespace trimtab::plan
