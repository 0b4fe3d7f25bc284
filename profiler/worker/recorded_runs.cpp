#include "profiler/worker/recorded_runs.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include "profiler/clock/alternate.h"
#include "profiler/clock/throttle_watch.h"
#include "profiler/host/span_recorder.h"
#include "profiler/host/timeline.h"
#include "profiler/worker/device_recording.h"
#include "profiler/worker/power_recording.h"

namespace trimtab::worker {
namespace {

using Turns = std::vector<base::PairedBlock>;

/// Spans that a trace keeps; recorded runs beyond it count for nothing but the recording's cost.
constexpr std::size_t kMostSpans = 400'000;
constexpr std::size_t kMostTeamSpans = 200'000;  // beside them, of the threads
constexpr std::size_t kMostRuns = 200;
constexpr std::int64_t kFewestTurns = 4;  // the first is not kept
/// A layer's on the device: its node, its kernels, and on the host the calls that start them.
constexpr std::size_t kDeviceSpansOfLayer = 6;

std::size_t runsToKeep(std::size_t spans) { return std::clamp<std::size_t>(kMostSpans / (spans + 1), 1, kMostRuns); }

/// One recorded run, and how recording is turned on ahead of it and off ahead of the others; both may be empty.
struct Recorder {
    std::function<Status(bool keep)> run;
    std::function<Status()> turnOn, turnOff;
};

Status doIfAny(const std::function<Status()>& action) { return action ? action() : Status{}; }

/// Plain and recorded runs in turns; only turns of both. Kept are the recorded runs that are counted: none of the warm-up, of the first
/// turns, or from the beginning of a turn.
Result<Turns> timeBoth(TimedRun& run, const Recorder& recorder, double seconds, const Call& call) {
    bool isWarm = false, isFirstOfTurn = true;
    const profiler::Subject plain{[&] {
                                      isFirstOfTurn = true;
                                      return run.once();
                                  },
                                  [&]() -> Status {
                                      TRIMTAB_REQUIRE(doIfAny(recorder.turnOff));
                                      return run.makeReady();
                                  }};
    const profiler::Subject recorded{[&]() -> Status {
                                         Status done = recorder.run(isWarm && !isFirstOfTurn);
                                         isFirstOfTurn = false;
                                         return done;
                                     },
                                     [&]() -> Status {
                                         TRIMTAB_REQUIRE(run.makeReady());
                                         return doIfAny(recorder.turnOn);
                                     }};
    profiler::TimingPlan plan;
    plan.seconds = seconds;
    plan.minTurns = kFewestTurns;
    plan.cancelled = call.cancelled;
    plan.progress = [&](double share) {
        isWarm = true;
        call.progress(share, "recording");
    };
    TRIMTAB_TRY(auto turns, profiler::timeInTurns(recorded, plain, plan));
    std::erase_if(turns, [](const base::PairedBlock& turn) { return turn.baseline.empty() || turn.trial.empty(); });
    return turns;
}

/// The turns of both, with what is watched and read while they last.
class WatchedTurns {
public:
    explicit WatchedTurns(profiler::PowerSource* power) : m_beside(power) {}

    Status take(TimedRun& run, const Recorder& recorder, double seconds, const Call& call) {
        TRIMTAB_TRY(m_turns, timeBoth(run, recorder, seconds, call));
        m_beside.stop();
        return {};
    }
    /// `wall` has the recorded runs.
    void fillRuns(const profiler::Timeline& wall, trace::Profile& profile) const {
        std::vector<double> plain;
        for (const base::PairedBlock& turn : m_turns) plain.insert(plain.end(), turn.trial.begin(), turn.trial.end());
        const std::vector<double> recorded = wall.runTimes();
        profile.throttled = m_watch.throttled(plain);
        profile.overhead = base::pairedSpeedup(m_turns);
        profile.runs = static_cast<std::int64_t>(recorded.size());
        profile.runNs = base::median(recorded);
    }
    /// REQUIRES: fillRuns(), and the profile's trace.
    void fillPower(const profiler::Timeline& wall, trace::Profile& profile) const { m_beside.finish(wall, profile); }

private:
    profiler::ThrottleWatch m_watch;
    PowerRecording m_beside;
    Turns m_turns;
};

/// By the host's clock, or by marks in the device's stream.
Status timeLayers(TimedRun& run, double seconds, const Call& call, trace::Profile& profile, profiler::PowerSource* power) {
    const auto threads = static_cast<std::size_t>(std::max(1, run.environment().threads));
    profiler::TeamSpans teams(threads, profile.layers.size(), kMostTeamSpans);
    profiler::Timeline timeline(profile.layers.size(), runsToKeep(profile.layers.size()), &teams);
    Recorder recorder;
    recorder.run = [&](bool keep) {
        timeline.beginRun(keep);
        Status done = run.once(&timeline);
        timeline.endRun();
        return done;
    };
    WatchedTurns turns(power);
    TRIMTAB_REQUIRE(turns.take(run, recorder, seconds, call));
    turns.fillRuns(timeline, profile);
    timeline.fill(profile.layers);
    profile.attributed = timeline.attributed();
    profile.planning = timeline.planning();
    profile.deviceTime = timeline.hasDeviceTimes();
    if (profiler::TeamSpans::canListen() && !profile.deviceTime) {
        profile.threads = static_cast<int>(teams.threads());
        profile.atWork = teams.atWork();
        profile.lostTeamSpans = teams.lost();
    }
    profile.trace = timeline.trace(profile.layers);
    turns.fillPower(timeline, profile);
    return {};
}

/// By what the device tells of itself.
Status recordDevice(TimedRun& run, const std::string& engine, double seconds, const Call& call, trace::Profile& profile,
                    profiler::PowerSource* power) {
    // What others replay is recorded before anything listens to it.
    TRIMTAB_REQUIRE(run.once());
    TRIMTAB_REQUIRE(run.makeReady());
    const std::size_t kept = runsToKeep(kDeviceSpansOfLayer * profile.layers.size());
    TRIMTAB_TRY(const auto activity, openDeviceActivity(engine, kept));
    profiler::Timeline wall(profile.layers.size(), kept);
    Recorder recorder;
    recorder.turnOn = [&] { return activity->resume(); };
    recorder.turnOff = [&] { return activity->pause(); };
    recorder.run = [&](bool keep) {
        wall.beginRun(keep);
        activity->beginRun(keep);
        Status done = run.once(&activity->listener());
        activity->endRun();
        wall.endRun();
        return done;
    };
    WatchedTurns turns(power);
    TRIMTAB_REQUIRE(turns.take(run, recorder, seconds, call));
    const std::vector<double> times = wall.runTimes();
    if (times.empty()) return fail(ErrorCode::Failed, "no run was recorded");
    TRIMTAB_TRY(auto device, activity->finish(profile.layers));
    turns.fillRuns(wall, profile);
    const double mean = std::accumulate(times.begin(), times.end(), 0.0) / static_cast<double>(times.size());
    profile.attributed = mean > 0 ? std::min(1.0, device.time.layersNs / mean) : 0;
    profile.deviceTime = true;
    profile.device = device.time;
    profile.trace = std::move(device.trace);
    // The device keeps the same runs as `wall`, so that its trace begins at the same moment.
    turns.fillPower(wall, profile);
    return {};
}

/// The library's events as spans behind the runs that they belong to; `runs` are the recorded ones that the trace has, in its order.
void addEvents(const runtime::LibraryRecord& record, const std::vector<std::size_t>& runs, profiler::Timeline& wall, trace::Trace& trace) {
    const auto track = static_cast<std::uint16_t>(trace.tracks.size());
    trace.tracks.push_back(record.name);
    const auto firstName = static_cast<std::int32_t>(trace.names.size());
    for (const trace::LayerRecord& layer : record.layers) trace.names.push_back(layer.node);
    for (const std::size_t run : runs) {
        const auto begin = std::chrono::duration_cast<std::chrono::nanoseconds>(record.runs[run].begin - *wall.begin()).count();
        for (const auto& event : record.runs[run].events)
            trace.spans.push_back(
                {begin + event.beginNs, event.durationNs, firstName + event.layer, event.layer, track, trace::SpanKind::Node});
    }
    trace::sortSpans(trace);
}

/// By what the library that runs the graph tells of its nodes.
Status recordLibrary(TimedRun& run, runtime::LibraryRecording& library, double seconds, const Call& call, trace::Profile& profile,
                     profiler::PowerSource* power) {
    const std::size_t most = runsToKeep(profile.layers.size());
    profiler::Timeline wall(0, most);
    std::size_t recorded = 0;
    std::vector<std::size_t> kept;
    Recorder recorder;
    recorder.run = [&](bool keep) {
        if (keep && kept.size() < most) kept.push_back(recorded);
        ++recorded;
        wall.beginRun(keep);
        Status done = run.once(&library);
        wall.endRun();
        return done;
    };
    WatchedTurns turns(power);
    TRIMTAB_REQUIRE(turns.take(run, recorder, seconds, call));
    TRIMTAB_TRY(auto record, library.finish());
    // It may have stopped telling at some number of events; the runs that are kept came first.
    if (kept.empty() || kept.back() >= record.runs.size())
        return fail(ErrorCode::Failed, record.name + " did not tell of every run that it recorded");
    const std::vector<double> times = wall.runTimes();
    turns.fillRuns(wall, profile);
    profiler::SpanRecorder spans(record.layers.size(), kept.size());
    double inNodes = 0;
    for (std::size_t i = 0; i < kept.size(); ++i) {
        if (i > 0) spans.nextRun();
        for (const auto& event : record.runs[kept[i]].events) {
            spans.nodeTime(event.layer, static_cast<double>(event.durationNs));
            inNodes += static_cast<double>(event.durationNs);
        }
    }
    profile.layers = record.layers;
    spans.fill(profile.layers);
    profile.attributed = std::min(1.0, inNodes / std::accumulate(times.begin(), times.end(), 0.0));
    profile.trace = wall.trace(profile.layers);
    addEvents(record, kept, wall, profile.trace);
    turns.fillPower(wall, profile);
    return {};
}

}  // namespace

Status recordRuns(TimedRun& run, const std::string& engine, double seconds, const Call& call, trace::Profile& profile,
                  profiler::PowerSource* power) {
    if (hasDeviceActivity(engine)) {
        Status recorded = recordDevice(run, engine, seconds, call, profile, power);
        if (recorded || recorded.error().code == ErrorCode::Cancelled) return recorded;
        profile.noActivity = recorded.error().text();
        TRIMTAB_REQUIRE(run.makeReady());
    }
    auto library = run.recordItself();
    if (library && *library) {
        Status recorded = recordLibrary(run, **library, seconds, call, profile, power);
        if (recorded || recorded.error().code == ErrorCode::Cancelled) return recorded;
        profile.noActivity = recorded.error().text();
        TRIMTAB_REQUIRE(run.makeReady());
    } else if (!library) {
        profile.noActivity = library.error().text();
    }
    return timeLayers(run, seconds, call, profile, power);
}

}  // namespace trimtab::worker
