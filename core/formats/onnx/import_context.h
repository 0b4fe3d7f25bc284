#pragma once
// What one import shares across the model's graph, its subgraphs and the bodies of its functions: names, limits, problems, tensors.
#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/formats/onnx/reader.h"
#include "core/formats/onnx/tensor_loader.h"

namespace trimtab::formats::onnx {

inline constexpr std::int64_t kMaxNodes = 1'000'000;          // function calls included
inline constexpr std::int64_t kMaxExpansion = 64'000'000;     // names and numbers copied out of function bodies
inline constexpr int kMaxFunctionNesting = 64;

/// Names that have been given out; finds a free one beginning with a wish.
class NamePool {
public:
    bool add(const std::string& name) { return m_used.insert(name).second; }
    std::string unique(const std::string& wish) {
        if (add(wish)) return wish;
        for (int& suffix = m_next.try_emplace(wish, 2).first->second;; ++suffix) {
            std::string candidate = wish + "_" + std::to_string(suffix);
            if (add(candidate)) return candidate;
        }
    }

private:
    std::unordered_set<std::string> m_used;
    std::unordered_map<std::string, int> m_next;
};

struct ImportContext {
    const ReadOptions& options;
    TensorLoader& tensors;
    std::vector<std::string> problems;
    NamePool valueNames;  // across all graphs of the model, so that a captured name means one value
    NamePool nodeNames;
    std::map<std::pair<std::string, std::string>, const ::onnx::FunctionProto*> functions;  // (domain, name)
    std::vector<const ::onnx::FunctionProto*> active;                                       // calls being expanded, outermost first
    std::unordered_map<const ::onnx::TensorProto*, Tensor> bodyTensors;                     // of function bodies, shared by all calls
    using Defaults = std::vector<std::shared_ptr<::onnx::AttributeProto>>;
    std::unordered_map<const ::onnx::FunctionProto*, std::shared_ptr<Defaults>> functionDefaults;
    std::int64_t nodeCount = 0;
    std::int64_t expansion = 0;

    /// A problem is listed when reading is tolerant, and is the failure of the import otherwise.
    Status problem(Error error) {
        if (!options.tolerant) return fail(std::move(error));
        constexpr std::size_t kMostProblems = 200;
        if (problems.size() < kMostProblems) problems.push_back(error.text());
        return {};
    }

    Status countNode() {
        if (++nodeCount > kMaxNodes)
            return fail(ErrorCode::Refused, "has more than " + std::to_string(kMaxNodes) + " nodes once its functions are expanded");
        return {};
    }

    Status charge(std::int64_t amount) {
        if (active.empty()) return {};
        expansion += amount;
        if (expansion > kMaxExpansion) return fail(ErrorCode::Refused, "has functions that expand beyond every reasonable size");
        return {};
    }
};

}  // namespace trimtab::formats::onnx
