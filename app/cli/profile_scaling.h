#pragma once
// `trimtab profile --scale NAME=16,32,64,128,…`: how the time of a run and of each of its layers grows.
#include <string>
#include <vector>

#include "app/cli/program.h"
#include "core/ipc/messages.h"

namespace trimtab::cli {

struct Scale {
    std::string symbol;  // an open dimension of the model, or "batch"
    std::vector<std::int64_t> sizes;
};
/// Usage for what is no name with four to sixteen different sizes.
Result<Scale> parseScale(const std::string& text);

Status profileScaling(Program& program, const ipc::BenchRequest& request, const Scale& scale);

}  // namespace trimtab::cli
