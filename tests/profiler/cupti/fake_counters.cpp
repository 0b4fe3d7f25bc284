#include "tests/profiler/cupti/fake_counters.h"

#include <algorithm>

namespace trimtab::cupti::test {
namespace {

FakeCounters* g_fake = nullptr;

// An object's handle is of no use but to be handed back.
template <class Object>
Object* someObject() {
    static char place = 0;
    return reinterpret_cast<Object*>(&place);
}

}  // namespace

struct CounterFunctions {
    static CUptiResult getResultString(CUptiResult, const char** text) {
        *text = "CUPTI_ERROR_OF_A_TEST";
        return CUPTI_SUCCESS;
    }
    template <class Params>
    static CUptiResult nothing(Params*) {
        return CUPTI_SUCCESS;
    }
    static CUptiResult chipName(CUpti_Device_GetChipName_Params* params) {
        params->pChipName = "TEST100";
        return CUPTI_SUCCESS;
    }
    static CUptiResult beginHost(CUpti_Profiler_Host_Initialize_Params* params) {
        params->pHostObject = someObject<CUpti_Profiler_Host_Object>();
        ++g_fake->hosts;
        g_fake->m_isSpoilt = false;
        return CUPTI_SUCCESS;
    }
    static CUptiResult endHost(CUpti_Profiler_Host_Deinitialize_Params*) {
        --g_fake->hosts;
        return CUPTI_SUCCESS;
    }
    static CUptiResult addMetrics(CUpti_Profiler_Host_ConfigAddMetrics_Params* params) {
        for (std::size_t i = 0; i < params->numMetrics; ++i)
            g_fake->m_isSpoilt = g_fake->m_isSpoilt || g_fake->lacking == params->ppMetricNames[i];
        return g_fake->m_isSpoilt ? CUPTI_ERROR_INVALID_PARAMETER : CUPTI_SUCCESS;
    }
    static CUptiResult configSize(CUpti_Profiler_Host_GetConfigImageSize_Params* params) {
        params->configImageSize = 16;
        return CUPTI_SUCCESS;
    }
    static CUptiResult passes(CUpti_Profiler_Host_GetNumOfPasses_Params* params) {
        params->numOfPasses = g_fake->passes;
        return CUPTI_SUCCESS;
    }
    static CUptiResult evaluate(CUpti_Profiler_Host_EvaluateToGpuValues_Params* params) {
        const int times = g_fake->m_timesOpen[g_fake->m_order[params->rangeIndex]];
        for (std::size_t i = 0; i < params->numMetrics; ++i) params->pMetricValues[i] = 100.0 * static_cast<double>(i + 1) * times;
        return CUPTI_SUCCESS;
    }
    static CUptiResult enable(CUpti_RangeProfiler_Enable_Params* params) {
        if (g_fake->onEnable != CUPTI_SUCCESS) return g_fake->onEnable;
        params->pRangeProfilerObject = someObject<CUpti_RangeProfiler_Object>();
        g_fake->isOn = true;
        return CUPTI_SUCCESS;
    }
    static CUptiResult disable(CUpti_RangeProfiler_Disable_Params*) {
        g_fake->isOn = false;
        return CUPTI_SUCCESS;
    }
    static CUptiResult dataSize(CUpti_RangeProfiler_GetCounterDataSize_Params* params) {
        params->counterDataSize = 64 * params->maxNumOfRanges;
        return CUPTI_SUCCESS;
    }
    static CUptiResult start(CUpti_RangeProfiler_Start_Params*) {
        g_fake->asked.emplace_back("start");
        g_fake->m_timesOpen.clear();
        return CUPTI_SUCCESS;
    }
    static CUptiResult stop(CUpti_RangeProfiler_Stop_Params* params) {
        g_fake->asked.emplace_back("stop");
        params->isAllPassSubmitted = ++g_fake->m_stopped >= g_fake->passes ? 1 : 0;
        return CUPTI_SUCCESS;
    }
    static CUptiResult push(CUpti_RangeProfiler_PushRange_Params* params) {
        const std::string name = params->pRangeName;
        g_fake->asked.push_back("push " + name);
        ++g_fake->m_timesOpen[name];
        if (std::ranges::find(g_fake->m_order, name) == g_fake->m_order.end()) g_fake->m_order.push_back(name);
        return g_fake->onPush;
    }
    static CUptiResult pop(CUpti_RangeProfiler_PopRange_Params*) {
        g_fake->asked.emplace_back("pop");
        return CUPTI_SUCCESS;
    }
    static CUptiResult decode(CUpti_RangeProfiler_DecodeData_Params* params) {
        params->numOfRangeDropped = g_fake->dropped;
        return CUPTI_SUCCESS;
    }
    static CUptiResult dataInfo(CUpti_RangeProfiler_GetCounterDataInfo_Params* params) {
        params->numTotalRanges = g_fake->m_order.size();
        return CUPTI_SUCCESS;
    }
    static CUptiResult rangeInfo(CUpti_RangeProfiler_CounterData_GetRangeInfo_Params* params) {
        params->rangeName = g_fake->m_order[params->rangeIndex].c_str();
        return CUPTI_SUCCESS;
    }
    static CUresult currentContext(CUcontext*) { return g_fake->onDriver; }
    static CUresult currentDevice(CUdevice* device) {
        *device = 0;
        return CUDA_SUCCESS;
    }
    static CUresult synchronize() {
        g_fake->asked.emplace_back("wait");
        return CUDA_SUCCESS;
    }
};

FakeCounters::FakeCounters() {
    g_fake = this;
    using F = CounterFunctions;
    m_base.getResultString = &F::getResultString;
    m_library.base = &m_base;
    m_library.initialize = &F::nothing<CUpti_Profiler_Initialize_Params>;
    m_library.deinitialize = &F::nothing<CUpti_Profiler_DeInitialize_Params>;
    m_library.chipName = &F::chipName;
    m_library.beginHost = &F::beginHost;
    m_library.endHost = &F::endHost;
    m_library.addMetrics = &F::addMetrics;
    m_library.configSize = &F::configSize;
    m_library.config = &F::nothing<CUpti_Profiler_Host_GetConfigImage_Params>;
    m_library.passes = &F::passes;
    m_library.evaluate = &F::evaluate;
    m_library.enable = &F::enable;
    m_library.disable = &F::disable;
    m_library.dataSize = &F::dataSize;
    m_library.beginData = &F::nothing<CUpti_RangeProfiler_CounterDataImage_Initialize_Params>;
    m_library.setConfig = &F::nothing<CUpti_RangeProfiler_SetConfig_Params>;
    m_library.start = &F::start;
    m_library.stop = &F::stop;
    m_library.push = &F::push;
    m_library.pop = &F::pop;
    m_library.decode = &F::decode;
    m_library.dataInfo = &F::dataInfo;
    m_library.rangeInfo = &F::rangeInfo;
    m_library.currentContext = &F::currentContext;
    m_library.currentDevice = &F::currentDevice;
    m_library.synchronize = &F::synchronize;
}

FakeCounters::~FakeCounters() { g_fake = nullptr; }

}  // namespace trimtab::cupti::test
