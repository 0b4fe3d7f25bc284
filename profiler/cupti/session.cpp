#include "profiler/cupti/session.h"

#include <cstdlib>

#include "profiler/cupti/attribution.h"
#include "profiler/cupti/recording_file.h"

namespace trimtab::cupti {
namespace {

constexpr std::size_t kWrittenRuns = 8;

class Session final : public profiler::DeviceActivity {
public:
    Session(const Library& library, std::size_t runs) : m_library(library), m_buffers(library, runs), m_listener(library) {}

    Status open() {
        TRIMTAB_REQUIRE(m_buffers.claim());
        TRIMTAB_REQUIRE(m_listener.attach());
        TRIMTAB_REQUIRE(m_buffers.registerCallbacks());
        // Whether the kinds are granted is known once they are asked for.
        TRIMTAB_REQUIRE(m_listener.resume());
        return m_listener.pause();
    }

    trace::NodeListener& listener() override { return m_listener; }
    Status resume() override { return m_listener.resume(); }
    Status pause() override { return m_listener.pause(); }

    void beginRun(bool keep) override { m_listener.setRun(m_buffers.beginRun(now(), keep)); }
    void endRun() override {
        m_buffers.endRun(now());
        m_listener.setRun(0);
    }

    Result<profiler::DeviceProfile> finish(std::vector<trace::LayerRecord>& records) override {
        TRIMTAB_REQUIRE(m_listener.detach());
        Recording recording = m_buffers.take();
        recording.graphNodes = m_listener.graphNodes();
        if (const char* path = std::getenv("TRIMTAB_ACTIVITY_FILE"); path && *path)
            TRIMTAB_REQUIRE(writeRecording(firstRuns(recording, kWrittenRuns), path));
        TRIMTAB_REQUIRE(m_listener.refusal());
        return attribute(recording, records);
    }

private:
    std::uint64_t now() const {
        std::uint64_t time = 0;
        static_cast<void>(m_library.getTimestamp(&time));
        return time;
    }

    const Library& m_library;
    RecordBuffers m_buffers;  // outlives the listener, whose end flushes into it
    ActivityListener m_listener;
};

}  // namespace

Result<std::unique_ptr<profiler::DeviceActivity>> openSession(const Library& library, std::size_t runs) {
    auto session = std::make_unique<Session>(library, runs);
    TRIMTAB_REQUIRE(session->open());
    return session;
}

}  // namespace trimtab::cupti
