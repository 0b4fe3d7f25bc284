// trimtab-worker: the process that opens models and runs them. Started by trimtab and trimtab-gui, which speak to it over its standard
// input and output; it ends when its input closes. Wiring only.
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string_view>
#include <unistd.h>

#include "core/base/log.h"
#include "profiler/worker/machine.h"
#include "profiler/worker/methods.h"
#include "profiler/worker/server.h"
#include "profiler/worker/workbench.h"

namespace {

struct Options {
    std::int64_t memoryLimit = 0;
    int verbosity = 0;
};

template <class T>
bool parseNumber(std::string_view text, T& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size();
}

std::optional<Options> parse(int count, char** words) {
    Options options;
    for (int i = 1; i < count; ++i) {
        const std::string_view word = words[i];
        constexpr std::string_view kVerbosity = "--verbosity=";
        if (word == "--memory-limit" && i + 1 < count) {
            if (!parseNumber(words[++i], options.memoryLimit) || options.memoryLimit <= 0) return std::nullopt;
        } else if (word.starts_with(kVerbosity)) {
            if (!parseNumber(word.substr(kVerbosity.size()), options.verbosity)) return std::nullopt;
        } else {
            return std::nullopt;
        }
    }
    return options;
}

}  // namespace

int main(int count, char** words) {
    namespace worker = trimtab::worker;
    const auto options = parse(count, words);
    if (!options) {
        std::fputs("trimtab-worker is started by trimtab and trimtab-gui: [--memory-limit BYTES] [--verbosity=N]\n", stderr);
        return 2;
    }
    trimtab::base::initLogging("trimtab-worker", options->verbosity);
    worker::limitMemory(options->memoryLimit > 0 ? options->memoryLimit : worker::defaultMemoryLimit());
    worker::Workbench bench;
    worker::Server server(bench);
    server.add("info", worker::info);
    server.add("dataset", worker::dataset);
    server.add("run", worker::run);
    server.add("bench", worker::bench);
    server.add("plan", worker::plan);
    server.add("eval", worker::eval);
    server.add("sensitivity", worker::sensitivity);
    server.add("generate", worker::generate);
    server.add("phases", worker::phases);
    server.add("profile", worker::profile);
    server.add("fidelity", worker::fidelity);
    server.add("compress", worker::compress);
    server.add("export", worker::compress);
    server.add("conformance", worker::conformance);
    server.add("devices", worker::devices);
    server.add("selftest", worker::selftest);
    return server.serve(STDIN_FILENO, STDOUT_FILENO);
}
