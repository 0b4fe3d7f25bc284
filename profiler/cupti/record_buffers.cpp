#include "profiler/cupti/record_buffers.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <shared_mutex>
#include <utility>

#include "profiler/cupti/scope_id.h"

namespace trimtab::cupti {
namespace {

constexpr std::size_t kBufferBytes = 2 << 20, kAlignment = 8;
constexpr std::size_t kMostBuffers = 128;  // beyond it CUPTI is given none, and drops records, which are counted

/// How far the device's clock may be off the host's, to which CUPTI fits it.
constexpr std::uint64_t kSlackNs = 100'000;

std::shared_mutex g_ownerMutex;
RecordBuffers* g_owner = nullptr;

/// `marks` are by time and apart.
bool isNear(const std::vector<RunMark>& marks, const Activity& activity) {
    const auto first = std::ranges::partition_point(
        marks, [&](const RunMark& mark) { return mark.endNs < activity.beginNs && activity.beginNs - mark.endNs > kSlackNs; });
    return first != marks.end() && (activity.endNs >= first->beginNs || first->beginNs - activity.endNs <= kSlackNs);
}

}  // namespace

RecordBuffers::RecordBuffers(const Library& library, std::size_t mostRuns)
    : m_library(library), m_mostRuns(mostRuns), m_reader(library, m_activities) {
    m_marks.reserve(mostRuns);
}

RecordBuffers::~RecordBuffers() {
    {
        const std::unique_lock lock(g_ownerMutex);
        if (g_owner == this) g_owner = nullptr;
    }
    for (std::uint8_t* buffer : m_free) std::free(buffer);
}

Status RecordBuffers::claim() {
    const std::unique_lock lock(g_ownerMutex);
    if (g_owner) return fail(ErrorCode::Unsupported, "the device's activity is recorded already by another profile of this process");
    g_owner = this;
    return {};
}

Status RecordBuffers::registerCallbacks() {
    return m_library.check(m_library.registerCallbacks(&requested, &completed), "registering buffers");
}

std::size_t RecordBuffers::beginRun(std::uint64_t nowNs, bool keep) {
    const std::lock_guard lock(m_marksMutex);
    if (m_keeps) m_marks.pop_back();
    m_keeps = keep && m_marks.size() < m_mostRuns;
    if (!m_keeps) return 0;
    m_marks.push_back({nowNs, std::numeric_limits<std::uint64_t>::max()});
    return m_marks.size();
}

void RecordBuffers::endRun(std::uint64_t nowNs) {
    const std::lock_guard lock(m_marksMutex);
    if (m_keeps) m_marks.back().endNs = nowNs;
    m_keeps = false;
}

Recording RecordBuffers::take() {
    countDropped();
    Recording recording;
    {
        const std::lock_guard lock(m_marksMutex);
        if (m_keeps) m_marks.pop_back();
        m_keeps = false;
        recording.runs = std::exchange(m_marks, {});
    }
    const std::lock_guard lock(m_readMutex);
    std::vector<std::string> names = m_activities.names;  // the reader goes on with them
    recording.activities = std::exchange(m_activities, {});
    m_activities.names = std::move(names);
    return recording;
}

void RecordBuffers::requested(std::uint8_t** buffer, std::size_t* bytes, std::size_t* mostRecords) {
    const std::shared_lock lock(g_ownerMutex);
    *buffer = g_owner ? g_owner->hand() : nullptr;
    *bytes = *buffer ? kBufferBytes : 0;
    *mostRecords = 0;  // as many as there is room for
}

void RecordBuffers::completed(CUcontext, std::uint32_t, std::uint8_t* buffer, std::size_t, std::size_t validBytes) {
    const std::shared_lock lock(g_ownerMutex);
    if (g_owner) g_owner->receive(buffer, validBytes);
    else std::free(buffer);
}

std::uint8_t* RecordBuffers::hand() {
    const std::lock_guard lock(m_poolMutex);
    if (!m_free.empty()) {
        std::uint8_t* const buffer = m_free.back();
        m_free.pop_back();
        return buffer;
    }
    if (m_allocated == kMostBuffers) return nullptr;
    auto* const buffer = static_cast<std::uint8_t*>(std::aligned_alloc(kAlignment, kBufferBytes));
    if (buffer) ++m_allocated;
    return buffer;
}

void RecordBuffers::receive(std::uint8_t* buffer, std::size_t validBytes) {
    if (!buffer) return;
    read(buffer, validBytes);
    countDropped();
    const std::lock_guard lock(m_poolMutex);
    m_free.push_back(buffer);
}

void RecordBuffers::countDropped() {
    std::size_t dropped = 0;
    if (m_library.getNumDroppedRecords(nullptr, 0, &dropped) != CUPTI_SUCCESS || dropped == 0) return;
    const std::lock_guard lock(m_readMutex);
    m_activities.dropped += static_cast<std::int64_t>(dropped);
}

void RecordBuffers::read(std::uint8_t* buffer, std::size_t validBytes) {
    std::vector<RunMark> marks;
    {
        const std::lock_guard lock(m_marksMutex);
        marks = m_marks;
    }
    const std::lock_guard lock(m_readMutex);
    auto& list = m_activities.list;
    auto& correlations = m_activities.correlations;
    const auto knownActivities = static_cast<std::ptrdiff_t>(list.size());
    const auto knownCorrelations = static_cast<std::ptrdiff_t>(correlations.size());
    m_reader.read(buffer, validBytes);
    // What has no time stays: it is counted when the profile is made.
    const auto isOfNoRun = [&](const Activity& activity) { return activity.endNs != 0 && !isNear(marks, activity); };
    list.erase(std::remove_if(list.begin() + knownActivities, list.end(), isOfNoRun), list.end());
    const auto isOfNoKeptRun = [](const Correlation& correlation) { return keptRunOf(correlation.scope) == 0; };
    correlations.erase(std::remove_if(correlations.begin() + knownCorrelations, correlations.end(), isOfNoKeptRun), correlations.end());
}

}  // namespace trimtab::cupti
