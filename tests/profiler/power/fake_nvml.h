#pragma once
// What the library of the test answers and notes; each stands in the library as fake_nvml_state.

namespace trimtab::profiler::test {

struct FakeNvml {
    int onInit = 0, onHandle = 0, onPower = 0, onEnergy = 0, onSmClock = 0, onMemoryClock = 0, onTemperature = 0, onReasons = 0;
    unsigned milliwatts = 310'500, smMHz = 1755, memoryMHz = 2619, celsius = 47;
    unsigned long long millijoules = 5'000'000'250, reasons = 0;
    int started = 0, stopped = 0;
    char busId[32] = {};
};

}  // namespace trimtab::profiler::test
