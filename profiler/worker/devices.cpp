// "devices": what can run here.
#include "profiler/worker/engines.h"
#include "profiler/worker/machine.h"
#include "profiler/worker/methods.h"

namespace trimtab::worker {

Result<Json> devices(const Json&, Workbench&, const Call&) {
    Json engines = Json::array();
    for (const std::string& name : engineNames()) {
        Json entry{{"name", name}, {"available", false}, {"version", ""}, {"instruction_set", ""},
                   {"threads", 0}, {"device", ""}, {"reason", ""}};
        if (const auto engine = makeEngine(name, 0)) {
            const runtime::EngineInfo info = (*engine)->info();
            entry["available"] = true;
            entry["version"] = info.version;
            entry["instruction_set"] = info.instructionSet;
            entry["threads"] = info.threads;
            entry["device"] = info.device.empty() ? processorName() : info.device;
        } else {
            entry["reason"] = engine.error().text();
        }
        engines.push_back(std::move(entry));
    }
    return Json{{"engines", std::move(engines)}, {"device", processorName()}, {"system", systemName()}, {"memory_bytes", physicalMemory()}};
}

}  // namespace trimtab::worker
