#pragma once
// RunSetting: how a compressed model is run.
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "core/base/json.h"
#include "core/tensor/shape.h"

namespace trimtab::recipe {

struct RunSetting {
    std::int64_t batch = 0;               // 0: as the inputs or the dataset give it; else binds the first symbolic dim of each input
    std::map<std::string, Shape> shapes;  // input name → shape, in full
    std::map<std::string, std::int64_t> symbols;  // symbol → extent ("sequence": 64)
    std::string engine = "cpu";           // "cpu" | "cuda" | "onnxruntime" | "reference"
    std::string device;                   // "cpu", "cuda:1", "tensorrt:0"; empty: the engine's own first
    int threads = 0;                      // 0: every core this process may use
    std::uint64_t seed = 1;               // for inputs that are not given
    bool operator==(const RunSetting&) const = default;
};

Result<RunSetting> runSettingFromJson(const Json& json);
Json toJson(const RunSetting& setting);
std::string canonical(const RunSetting& setting);
/// Paths "run.batch", "run.threads", "run.engine", "run.symbols.NAME".
Status setRunAxis(RunSetting& setting, std::string_view path, const Json& value);

}  // namespace trimtab::recipe
