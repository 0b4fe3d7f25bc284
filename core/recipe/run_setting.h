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
    // Of a language model, the tokens of a prompt: reading them is what is timed (prefill), or, where some are to be generated, a step of
    // that many behind them (decode). 0: a run on the model's inputs.
    std::int64_t prompt = 0, generate = 0;
    std::int64_t batch = 0;               // 0: as the inputs or the dataset give it; else binds the first symbolic dim of each input
    std::map<std::string, Shape> shapes;  // input name → shape, in full
    std::map<std::string, std::int64_t> symbols;  // symbol → extent ("sequence": 64)
    std::string engine = "cpu";           // "cpu" | "cuda" | "onnxruntime" | "reference"
    std::string device;                   // "cpu", "cuda:1", "tensorrt:0"; empty: the engine's own first
    int threads = 0;                      // 0: every core this process may use
    std::uint64_t seed = 1;               // for inputs that are not given
    bool operator==(const RunSetting&) const = default;
};

/// Refused, naming the field; tokens to generate want a prompt.
Result<RunSetting> runSettingFromJson(const Json& json);
Json toJson(const RunSetting& setting);
std::string canonical(const RunSetting& setting);
/// Paths "run.batch", "run.prompt", "run.generate", "run.threads", "run.engine", "run.symbols.NAME".
Status setRunAxis(RunSetting& setting, std::string_view path, const Json& value);

}  // namespace trimtab::recipe
