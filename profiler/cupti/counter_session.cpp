#include "profiler/cupti/counter_session.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include <fmt/format.h>

#include "profiler/cupti/counter_metrics.h"

namespace trimtab::cupti {
namespace {

template <class Params>
Params params(std::size_t size, CUpti_RangeProfiler_Object* profiler) {
    Params made{};
    made.structSize = size;
    made.pRangeProfilerObject = profiler;
    return made;
}

Status checkDriver(CUresult result, const char* what) {
    if (result == CUDA_SUCCESS) return {};
    return fail(ErrorCode::Unsupported, fmt::format("{}: the driver answers {}", what, static_cast<int>(result)));
}

/// The layer that a range was named by; −1: it was not.
std::int32_t layerOf(std::string_view range) {
    std::int32_t layer = -1;
    const auto [end, error] = std::from_chars(range.data(), range.data() + range.size(), layer);
    return error == std::errc{} && end == range.data() + range.size() ? layer : -1;
}

/// Where counters are read.
struct Place {
    CUcontext context = nullptr;
    std::string chip;
};

Result<Place> placeOf(const CounterLibrary& library) {
    if (!library.currentContext || !library.currentDevice || !library.synchronize)
        return fail(ErrorCode::Unsupported, "no NVIDIA driver is here (libcuda.so.1)");
    Place place;
    CUdevice device = 0;
    TRIMTAB_REQUIRE(checkDriver(library.currentContext(&place.context), "asking for the device in use"));
    TRIMTAB_REQUIRE(checkDriver(library.currentDevice(&device), "asking for the device in use"));
    CUpti_Profiler_Initialize_Params initialize{CUpti_Profiler_Initialize_Params_STRUCT_SIZE};
    TRIMTAB_REQUIRE(library.check(library.initialize(&initialize), "beginning to count"));
    CUpti_Device_GetChipName_Params chip{CUpti_Device_GetChipName_Params_STRUCT_SIZE};
    chip.deviceIndex = static_cast<std::size_t>(device);
    TRIMTAB_REQUIRE(library.check(library.chipName(&chip), "asking which chip this is"));
    place.chip = chip.pChipName ? chip.pChipName : "";
    return place;
}

class Session final : public profiler::DeviceCounters, private trace::NodeListener {
public:
    Session(const CounterLibrary& library, CounterMetrics metrics, std::size_t layers)
        : m_library(library), m_metrics(std::move(metrics)), m_layers(layers) {}
    ~Session() override { static_cast<void>(disable()); }

    Status open(CUcontext context) {
        auto enable = params<CUpti_RangeProfiler_Enable_Params>(CUpti_RangeProfiler_Enable_Params_STRUCT_SIZE, nullptr);
        enable.ctx = context;
        TRIMTAB_REQUIRE(m_library.check(m_library.enable(&enable), "turning counters on"));
        m_profiler = enable.pRangeProfilerObject;
        TRIMTAB_REQUIRE(makeRoom());
        return configure();
    }

    trace::NodeListener& listener() override { return *this; }

    Status beginPass() override {
        m_depth = 0;
        auto start = params<CUpti_RangeProfiler_Start_Params>(CUpti_RangeProfiler_Start_Params_STRUCT_SIZE, m_profiler);
        return m_library.check(m_library.start(&start), "beginning a pass of counters");
    }

    Result<bool> endPass() override {
        auto stop = params<CUpti_RangeProfiler_Stop_Params>(CUpti_RangeProfiler_Stop_Params_STRUCT_SIZE, m_profiler);
        TRIMTAB_REQUIRE(m_library.check(m_library.stop(&stop), "ending a pass of counters"));
        TRIMTAB_REQUIRE(m_refusal);
        // A library that never has enough would have the model run for ever.
        if (!stop.isAllPassSubmitted && ++m_passes >= kMostPasses)
            return fail(ErrorCode::Unsupported, fmt::format("the counters were not read after {} runs", m_passes));
        return stop.isAllPassSubmitted != 0;
    }

    Result<std::vector<trace::LayerCounters>> finish() override {
        auto decode = params<CUpti_RangeProfiler_DecodeData_Params>(CUpti_RangeProfiler_DecodeData_Params_STRUCT_SIZE, m_profiler);
        TRIMTAB_REQUIRE(m_library.check(m_library.decode(&decode), "decoding counters"));
        if (decode.numOfRangeDropped > 0)
            return fail(ErrorCode::Unsupported, fmt::format("the counters of {} layers were lost", decode.numOfRangeDropped));
        TRIMTAB_TRY(const std::size_t ranges, rangesThatAre());
        std::vector<trace::LayerCounters> counters(m_layers);
        for (std::size_t range = 0; range < ranges; ++range) {
            TRIMTAB_TRY(const std::int32_t layer, layerOfRange(range));
            if (layer < 0 || static_cast<std::size_t>(layer) >= m_layers) continue;
            TRIMTAB_TRY(counters[static_cast<std::size_t>(layer)], m_metrics.read(m_data, range));
        }
        TRIMTAB_REQUIRE(disable());
        return counters;
    }

private:
    static constexpr std::size_t kMostPasses = 200;

    // Of scopes inside one another the outermost is a range; others are part of it.
    void beginNode(std::int32_t layer) override {
        if (m_depth++ > 0) return;
        m_isRange = layer >= 0;
        if (!m_isRange) return;
        const std::string name = std::to_string(layer);
        auto push = params<CUpti_RangeProfiler_PushRange_Params>(CUpti_RangeProfiler_PushRange_Params_STRUCT_SIZE, m_profiler);
        push.pRangeName = name.c_str();
        note(m_library.check(m_library.push(&push), "counting for a layer"));
    }
    void endNode(std::int32_t) override {
        if (m_depth == 0 || --m_depth > 0 || !m_isRange) return;
        // What a range holds has to be done before the next begins.
        note(checkDriver(m_library.synchronize(), "waiting for a layer"));
        auto pop = params<CUpti_RangeProfiler_PopRange_Params>(CUpti_RangeProfiler_PopRange_Params_STRUCT_SIZE, m_profiler);
        note(m_library.check(m_library.pop(&pop), "counting for a layer"));
    }
    bool hasDeviceClock() const override { return true; }

    void note(Status status) {
        if (m_refusal && !status) m_refusal = std::move(status);
    }

    Status makeRoom() {
        std::vector<const char*> names = m_metrics.names();
        auto size =
            params<CUpti_RangeProfiler_GetCounterDataSize_Params>(CUpti_RangeProfiler_GetCounterDataSize_Params_STRUCT_SIZE, m_profiler);
        size.pMetricNames = names.data();
        size.numMetrics = names.size();
        size.maxNumOfRanges = ranges();
        size.maxNumRangeTreeNodes = static_cast<std::uint32_t>(ranges());
        TRIMTAB_REQUIRE(m_library.check(m_library.dataSize(&size), "asking how much room counters take"));
        m_data.assign(size.counterDataSize, 0);
        auto begin = params<CUpti_RangeProfiler_CounterDataImage_Initialize_Params>(
            CUpti_RangeProfiler_CounterDataImage_Initialize_Params_STRUCT_SIZE, m_profiler);
        begin.counterDataSize = m_data.size();
        begin.pCounterData = m_data.data();
        return m_library.check(m_library.beginData(&begin), "making room for counters");
    }

    Status configure() {
        auto config = params<CUpti_RangeProfiler_SetConfig_Params>(CUpti_RangeProfiler_SetConfig_Params_STRUCT_SIZE, m_profiler);
        config.configSize = m_metrics.config().size();
        config.pConfig = m_metrics.config().data();
        config.counterDataImageSize = m_data.size();
        config.pCounterDataImage = m_data.data();
        config.range = CUPTI_UserRange;
        config.replayMode = CUPTI_UserReplay;
        config.maxRangesPerPass = ranges();
        config.numNestingLevels = config.minNestingLevel = config.targetNestingLevel = 1;
        return m_library.check(m_library.setConfig(&config), "choosing what to count");
    }

    Result<std::size_t> rangesThatAre() const {
        CUpti_RangeProfiler_GetCounterDataInfo_Params info{CUpti_RangeProfiler_GetCounterDataInfo_Params_STRUCT_SIZE};
        info.pCounterDataImage = m_data.data();
        info.counterDataImageSize = m_data.size();
        TRIMTAB_REQUIRE(m_library.check(m_library.dataInfo(&info), "asking what was counted"));
        return info.numTotalRanges;
    }

    Result<std::int32_t> layerOfRange(std::size_t range) const {
        CUpti_RangeProfiler_CounterData_GetRangeInfo_Params info{CUpti_RangeProfiler_CounterData_GetRangeInfo_Params_STRUCT_SIZE};
        info.pCounterDataImage = m_data.data();
        info.counterDataImageSize = m_data.size();
        info.rangeIndex = range;
        info.rangeDelimiter = "/";
        TRIMTAB_REQUIRE(m_library.check(m_library.rangeInfo(&info), "asking for which layer was counted"));
        return info.rangeName ? layerOf(info.rangeName) : -1;
    }

    Status disable() {
        if (!m_profiler) return {};
        auto off = params<CUpti_RangeProfiler_Disable_Params>(CUpti_RangeProfiler_Disable_Params_STRUCT_SIZE, m_profiler);
        m_profiler = nullptr;
        TRIMTAB_REQUIRE(m_library.check(m_library.disable(&off), "turning counters off"));
        CUpti_Profiler_DeInitialize_Params end{CUpti_Profiler_DeInitialize_Params_STRUCT_SIZE};
        return m_library.check(m_library.deinitialize(&end), "ending to count");
    }

    std::size_t ranges() const { return std::max<std::size_t>(m_layers, 1); }

    const CounterLibrary& m_library;
    CounterMetrics m_metrics;
    std::size_t m_layers;
    CUpti_RangeProfiler_Object* m_profiler = nullptr;
    std::vector<std::uint8_t> m_data;
    std::size_t m_passes = 0;
    int m_depth = 0;
    bool m_isRange = false;
    Status m_refusal;  // the first, of what was asked inside runs
};

}  // namespace

Result<std::unique_ptr<profiler::DeviceCounters>> openCounters(const CounterLibrary& library, std::size_t layers) {
    TRIMTAB_TRY(const Place place, placeOf(library));
    TRIMTAB_TRY(CounterMetrics metrics, CounterMetrics::of(library, place.chip));
    auto session = std::make_unique<Session>(library, std::move(metrics), layers);
    TRIMTAB_REQUIRE(session->open(place.context));
    return session;
}

}  // namespace trimtab::cupti
