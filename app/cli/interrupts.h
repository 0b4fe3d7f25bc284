#pragma once
// Ctrl+C asks the running command to stop (what is finished is kept); a second one ends the program at once.
#include <stop_token>
#include <thread>

namespace trimtab::cli {

/// Made before any other thread, so that every thread leaves SIGINT and SIGTERM to this one.
class Interrupts {
public:
    explicit Interrupts(std::stop_source stop);

private:
    std::jthread m_thread;
};

}  // namespace trimtab::cli
