#pragma once
// A session that was recorded on another machine and ships with the product: what it says of where and when that was.
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace trimtab::tasks {

struct Recording {
    std::string device;      // of the newest measurement, "NVIDIA H100 80GB HBM3"
    std::string finishedAt;  // of it, ISO 8601, UTC
    std::int64_t study = 0;            // the newest that something was measured for
    std::vector<std::string> studies;  // the names of those, the oldest first
};

/// Nothing is written, nor made beside the file. NotFound when the session holds no finished trial.
Result<Recording> readRecording(const std::filesystem::path& path);

}  // namespace trimtab::tasks
