#pragma once
// Small seeded models that between them meet every family of kernels.
#include <string>
#include <vector>

#include "core/graph/graph.h"

namespace trimtab::worker {

struct SelftestModel {
    std::string name;
    Graph graph;                        // shapes inferred
    std::vector<std::string> recipes;   // JSON documents; always the identity first
};

Result<std::vector<SelftestModel>> selftestModels();

}  // namespace trimtab::worker
