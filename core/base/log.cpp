#include "core/base/log.h"

#include <spdlog/sinks/stdout_sinks.h>

namespace trimtab::base {

void initLogging(std::string_view program, int verbosity) {
    auto logger = std::make_shared<spdlog::logger>(std::string(program), std::make_shared<spdlog::sinks::stderr_sink_mt>());
    logger->set_pattern("%n: %l: %v");
    logger->set_level(verbosity < 0    ? spdlog::level::err
                      : verbosity == 0 ? spdlog::level::warn
                      : verbosity == 1 ? spdlog::level::info
                                       : spdlog::level::debug);
    spdlog::set_default_logger(std::move(logger));
}

}  // namespace trimtab::base
