#pragma once
// What the module of the test does and notes.

namespace trimtab::worker::test {

struct FakeActivity {
    bool refuses = false;  // to open
    bool failsAtTheEnd = false;
    bool isOn = false;
    int opened = 0, closed = 0, turnedOn = 0, turnedOff = 0, runs = 0, kept = 0;
};

}  // namespace trimtab::worker::test
