// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Waits on signals, never on the clock: the deadline only ends a test that would hang.
#include <functional>

#include <QElapsedTimer>
#include <QSignalSpy>

namespace trimtab::gui_tests {

inline constexpr int kDeadlineMilliseconds = 180'000;

/// True as soon as `holds` is true; looked at once now and again after each `signal` of `sender`.
template <class Sender, class Signal>
bool waitUntil(const Sender& sender, Signal signal, const std::function<bool()>& holds) {
    QSignalSpy spy(&sender, signal);
    QElapsedTimer timer;
    timer.start();
    while (!holds()) {
        if (timer.elapsed() > kDeadlineMilliseconds) return false;
        spy.wait(1000);
    }
    return true;
}

}  // namespace trimtab::gui_tests
