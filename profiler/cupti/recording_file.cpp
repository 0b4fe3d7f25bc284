#include "profiler/cupti/recording_file.h"

#include <optional>

#include "core/base/file.h"
#include "profiler/cupti/scope_id.h"

namespace trimtab::cupti {
namespace {

constexpr const char* kFormat = "trimtab-activity-1";
constexpr std::size_t kActivityFields = 13;

/// A list of lists of whole numbers, each of `fields`, read one after the other; after the first thing that is none, all is zero.
class Rows {
public:
    Rows(const Json& json, const char* key, std::size_t fields) : m_fields(fields) {
        const Json* rows = base::memberAt(json, key);
        m_isSound = rows && rows->is_array();
        if (m_isSound) m_rows = rows;
    }

    bool next() {
        if (!m_isSound || m_row == m_rows->size()) return false;
        m_current = &(*m_rows)[m_row++];
        m_field = 0;
        m_isSound = m_current->is_array() && m_current->size() == m_fields;
        return m_isSound;
    }
    template <class T>
    void read(T& value) {
        const Json& field = (*m_current)[m_field++];
        if (field.is_number_unsigned()) value = static_cast<T>(field.get<std::uint64_t>());
        else if (field.is_number_integer()) value = static_cast<T>(field.get<std::int64_t>());
        else m_isSound = false;
    }
    bool isSound() const { return m_isSound; }

private:
    std::size_t m_fields, m_row = 0, m_field = 0;
    const Json* m_rows = nullptr;
    const Json* m_current = nullptr;
    bool m_isSound = false;
};

Json rowOf(const Activity& a) {
    return {static_cast<int>(a.kind),
            a.beginNs,
            a.endNs,
            a.name,
            a.correlation,
            a.runtimeCorrelation,
            a.device,
            a.context,
            a.stream,
            a.graph,
            a.graphNode,
            a.bytes,
            a.thread};
}

std::optional<Activity> readActivity(Rows& rows, std::size_t names) {
    Activity a;
    std::uint64_t kind = 0;
    rows.read(kind);
    rows.read(a.beginNs);
    rows.read(a.endNs);
    rows.read(a.name);
    rows.read(a.correlation);
    rows.read(a.runtimeCorrelation);
    rows.read(a.device);
    rows.read(a.context);
    rows.read(a.stream);
    rows.read(a.graph);
    rows.read(a.graphNode);
    rows.read(a.bytes);
    rows.read(a.thread);
    a.kind = static_cast<ActivityKind>(kind);
    const bool isSound = kind <= static_cast<std::uint64_t>(kLastKind) && a.name >= 0 && static_cast<std::size_t>(a.name) < names;
    return isSound ? std::optional(a) : std::nullopt;
}

Status readNames(const Json& json, std::vector<std::string>& names) {
    const Json* list = base::memberAt(json, "names");
    if (!list || !list->is_array()) return fail(ErrorCode::Refused, "\"names\" must be a list");
    for (const Json& name : *list) {
        if (!name.is_string()) return fail(ErrorCode::Refused, "a name must be a text");
        names.push_back(name.get<std::string>());
    }
    return {};
}

}  // namespace

Json toJson(const Recording& recording) {
    const Activities& activities = recording.activities;
    Json runs = Json::array(), nodes = Json::array(), correlations = Json::array(), list = Json::array();
    for (const RunMark& run : recording.runs) runs.push_back(Json::array({run.beginNs, run.endNs}));
    for (const auto& [node, layer] : recording.graphNodes) nodes.push_back(Json::array({node, layer}));
    for (const Correlation& correlation : activities.correlations)
        correlations.push_back(Json::array({correlation.call, correlation.scope}));
    for (const Activity& activity : activities.list) list.push_back(rowOf(activity));
    return {{"format", kFormat},
            {"names", activities.names},
            {"runs", std::move(runs)},
            {"graph_nodes", std::move(nodes)},
            {"correlations", std::move(correlations)},
            {"activities", std::move(list)},
            {"dropped", activities.dropped},
            {"broken", activities.broken},
            {"unknown", activities.unknown}};
}

Result<Recording> recordingFromJson(const Json& json) {
    TRIMTAB_TRY(const std::string format, base::stringAt(json, "format", ""));
    if (format != kFormat) return fail(ErrorCode::Refused, "is no recording of a device's activity");
    Recording recording;
    Activities& activities = recording.activities;
    TRIMTAB_REQUIRE(readNames(json, activities.names));
    Rows runs(json, "runs", 2), nodes(json, "graph_nodes", 2), correlations(json, "correlations", 2);
    Rows list(json, "activities", kActivityFields);
    while (runs.next()) {
        RunMark& run = recording.runs.emplace_back();
        runs.read(run.beginNs);
        runs.read(run.endNs);
    }
    while (nodes.next()) {
        std::uint64_t node = 0;
        nodes.read(node);
        nodes.read(recording.graphNodes[node]);
    }
    while (correlations.next()) {
        Correlation& correlation = activities.correlations.emplace_back();
        correlations.read(correlation.call);
        correlations.read(correlation.scope);
    }
    while (list.next()) {
        const auto activity = readActivity(list, activities.names.size());
        if (!activity) return fail(ErrorCode::Refused, "an activity of the recording is none");
        activities.list.push_back(*activity);
    }
    for (const Rows* rows : {&runs, &nodes, &correlations, &list})
        if (!rows->isSound()) return fail(ErrorCode::Refused, "a list of the recording does not hold rows of whole numbers");
    TRIMTAB_TRY(activities.dropped, base::integerAt(json, "dropped", 0));
    TRIMTAB_TRY(activities.broken, base::integerAt(json, "broken", 0));
    TRIMTAB_TRY(activities.unknown, base::integerAt(json, "unknown", 0));
    return recording;
}

Recording firstRuns(const Recording& recording, std::size_t runs) {
    if (recording.runs.size() <= runs) return recording;
    Recording first = recording;
    first.runs.resize(runs);
    const std::uint64_t endNs = runs > 0 ? first.runs.back().endNs : 0;
    std::erase_if(first.activities.list, [&](const Activity& activity) { return activity.beginNs > endNs; });
    std::erase_if(first.activities.correlations, [&](const Correlation& correlation) { return keptRunOf(correlation.scope) > runs; });
    return first;
}

Status writeRecording(const Recording& recording, const std::string& path) {
    return base::writeFileAtomically(path, base::dumpJson(toJson(recording)));
}

}  // namespace trimtab::cupti
