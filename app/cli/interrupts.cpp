#include "app/cli/interrupts.h"

#include <csignal>
#include <ctime>
#include <unistd.h>

namespace trimtab::cli {
namespace {
constexpr timespec kPoll{0, 100'000'000};
}

Interrupts::Interrupts(std::stop_source stop) {
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGINT);
    ::sigaddset(&set, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
    m_thread = std::jthread([set, stop](const std::stop_token& ending) mutable {
        while (!ending.stop_requested()) {
            const int signal = ::sigtimedwait(&set, nullptr, &kPoll);
            if (signal <= 0) continue;
            if (!stop.request_stop()) ::_exit(128 + signal);
        }
    });
}

}  // namespace trimtab::cli
