// A module that records the activity of a device that is not there.
#include "core/runtime/module.h"
#include "profiler/host/device_activity.h"
#include "tests/profiler/recording/fake_activity.h"

extern "C" __attribute__((visibility("default"))) trimtab::worker::test::FakeActivity trimtab_fake_activity;
trimtab::worker::test::FakeActivity trimtab_fake_activity;

namespace {

using namespace trimtab;

worker::test::FakeActivity& fake() { return trimtab_fake_activity; }

class Activity final : public profiler::DeviceActivity {
public:
    Activity() { ++fake().opened; }
    ~Activity() override { ++fake().closed; }

    trace::NodeListener& listener() override { return m_listener; }
    Status resume() override {
        if (!fake().isOn) ++fake().turnedOn;
        fake().isOn = true;
        return {};
    }
    Status pause() override {
        if (fake().isOn) ++fake().turnedOff;
        fake().isOn = false;
        return {};
    }
    void beginRun(bool keep) override {
        ++fake().runs;
        fake().kept += keep ? 1 : 0;
    }
    void endRun() override {}
    Result<profiler::DeviceProfile> finish(std::vector<trace::LayerRecord>& records) override {
        fake().isOn = false;
        if (fake().failsAtTheEnd) return fail(ErrorCode::Failed, "no activity of the device was recorded during the runs");
        for (trace::LayerRecord& record : records) record.medianNs = 1000;
        profiler::DeviceProfile profile;
        profile.time = {1000, 20, 5};
        profile.trace.names = {"run"};
        profile.trace.tracks = {"stream 7"};
        return profile;
    }

private:
    struct Listener final : trace::NodeListener {
        void beginNode(std::int32_t) override {}
        void endNode(std::int32_t) override {}
        bool hasDeviceClock() const override { return true; }
    } m_listener;
};

Result<std::unique_ptr<profiler::DeviceActivity>> open(std::size_t) {
    if (fake().refuses) return fail(ErrorCode::Unsupported, "libcupti is not here");
    return std::make_unique<Activity>();
}

}  // namespace

extern "C" __attribute__((visibility("default"))) const runtime::Module* trimtab_module() {
    static const runtime::Module module = runtime::describeModule(nullptr);
    return &module;
}

extern "C" __attribute__((visibility("default"))) const profiler::OpenDeviceActivity trimtab_device_activity = &open;
