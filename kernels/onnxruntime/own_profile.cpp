#include "kernels/onnxruntime/own_profile.h"

#include <fstream>
#include <map>
#include <set>

#include <fmt/format.h>

#include "core/base/json.h"
#include "core/formats/onnx/reader.h"

namespace trimtab::onnxruntime {
namespace {

constexpr std::int64_t kNsOfUs = 1000;
constexpr std::string_view kSuffix = "_kernel_time";
constexpr char kRewrittenFile[] = "rewritten.onnx";

std::int64_t nanosecondsAt(const Json& event, const char* key) {
    const auto found = event.find(key);
    return found != event.end() && found->is_number() ? static_cast<std::int64_t>(found->get<double>() * kNsOfUs) : 0;
}

std::string wordAt(const Json& event, const char* key) {
    const auto found = event.find(key);
    return found != event.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// "CPUExecutionProvider" → "CPU".
std::string shortName(std::string provider) {
    constexpr std::string_view kEnd = "ExecutionProvider";
    if (provider.ends_with(kEnd)) provider.resize(provider.size() - kEnd.size());
    return provider;
}

/// Takes the events as the file has them: nodes one behind the other, a run behind its nodes.
class ProfileReader {
public:
    ProfileReader(const Graph& rewritten, const std::string& provider, runtime::LibraryRecord& record)
        : m_provider(provider), m_record(record) {
        for (std::size_t i = 0; i < rewritten.nodes.size(); ++i) m_rows[rewritten.nodes[i].name] = static_cast<std::int32_t>(i);
    }

    void take(const Json& event) {
        const std::string category = wordAt(event, "cat"), name = wordAt(event, "name");
        if (category == "Session" && name == "model_run") takeRun(event);
        if (category == "Node" && name.ends_with(kSuffix)) takeNode(event, name.substr(0, name.size() - kSuffix.size()));
    }

    std::size_t runs() const { return m_runs; }

private:
    void takeRun(const Json& event) {
        const std::int64_t begin = nanosecondsAt(event, "ts"), end = begin + nanosecondsAt(event, "dur");
        auto& run = m_runs < m_record.runs.size() ? m_record.runs[m_runs] : m_record.runs.emplace_back();
        ++m_runs;
        std::int64_t reached = begin;
        for (runtime::LibraryRecord::Event node : m_nodes) {
            // What runs inside another node counts with that one.
            if (node.beginNs < reached || node.beginNs + node.durationNs > end + kNsOfUs) continue;
            reached = node.beginNs + node.durationNs;
            node.beginNs -= begin;
            run.events.push_back(node);
        }
        m_nodes.clear();
    }

    void takeNode(const Json& event, const std::string& name) {
        const auto args = event.find("args");
        if (args == event.end() || !args->is_object()) return;
        m_nodes.push_back({rowOf(name, *args), nanosecondsAt(event, "ts"), nanosecondsAt(event, "dur")});
    }

    std::int32_t rowOf(const std::string& name, const Json& args) {
        auto& layers = m_record.layers;
        const auto [found, isNew] = m_rows.try_emplace(name, static_cast<std::int32_t>(layers.size()));
        if (isNew) layers.emplace_back().node = name;
        trace::LayerRecord& row = layers[static_cast<std::size_t>(found->second)];
        if (!m_told.insert(found->second).second) return found->second;
        const std::string op = wordAt(args, "op_name"), provider = wordAt(args, "provider");
        if (!op.empty()) row.op = op;
        row.kernel = fmt::format("{} {}", shortName(provider), row.op);
        if (!provider.empty() && provider != m_provider)
            row.reason = fmt::format("fell to {}: {} has no kernel for it", shortName(provider), shortName(m_provider));
        return found->second;
    }

    const std::string& m_provider;
    runtime::LibraryRecord& m_record;
    std::map<std::string, std::int32_t> m_rows;
    std::set<std::int32_t> m_told;                       // rows whose operator and provider are known
    std::vector<runtime::LibraryRecord::Event> m_nodes;  // of the run that goes on
    std::size_t m_runs = 0;
};

}  // namespace

Status readProfile(const std::filesystem::path& file, const Graph& rewritten, const std::string& provider, runtime::LibraryRecord& record) {
    std::ifstream stream(file);
    ProfileReader reader(rewritten, provider, record);
    // An event on each line: files of many runs are large.
    for (std::string line; std::getline(stream, line);) {
        const std::size_t begin = line.find('{'), end = line.rfind('}');
        if (begin == std::string::npos || end == std::string::npos || end < begin) continue;
        const Json event = Json::parse(line.begin() + static_cast<std::ptrdiff_t>(begin),
                                       line.begin() + static_cast<std::ptrdiff_t>(end) + 1, nullptr, false);
        if (event.is_object()) reader.take(event);
    }
    if (reader.runs() == 0) return fail(ErrorCode::Failed, "ONNX Runtime's profile holds no run", file.filename().string());
    record.runs.resize(std::min(record.runs.size(), reader.runs()));
    return {};
}

Result<std::unique_ptr<OwnProfile>> OwnProfile::begin(const Library& library, const Graph& graph, const WeightPlans& plans,
                                                      SessionSetting setting, Rows rows) {
    TRIMTAB_TRY(auto folder, base::TemporaryFolder::create("trimtab-onnxruntime-profile"));
    const std::string provider = (setting.target.provider.empty() ? "CPU" : setting.target.provider) + "ExecutionProvider";
    std::unique_ptr<OwnProfile> made(new OwnProfile(library, std::move(folder), provider, std::move(rows)));
    setting.profile = made->m_folder.path() / "runs";
    setting.rewritten = made->m_folder.path() / kRewrittenFile;
    TRIMTAB_TRY(Session session, makeSession(library, graph, plans, setting));
    made->m_session = std::move(session.session);
    return made;
}

Result<runtime::LibraryRecord> OwnProfile::finish() {
    const OrtApi& api = *m_library.api;
    OrtAllocator* allocator = nullptr;
    TRIMTAB_REQUIRE(check(api, api.GetAllocatorWithDefaultOptions(&allocator)));
    char* written = nullptr;
    TRIMTAB_REQUIRE(check(api, api.SessionEndProfiling(m_session.get(), allocator, &written)));
    const std::filesystem::path file = written ? written : "";
    TRIMTAB_REQUIRE(check(api, api.AllocatorFree(allocator, written)));
    formats::onnx::ReadOptions options;
    options.readWeights = false;
    options.tolerant = true;
    TRIMTAB_TRY(const auto read, formats::onnx::read(m_folder.path() / kRewrittenFile, options));
    runtime::LibraryRecord record;
    record.library = "ONNX Runtime";
    record.layers = m_rows(read.graph);
    for (const auto begin : m_begins) record.runs.push_back({begin, {}});
    TRIMTAB_REQUIRE(readProfile(file, read.graph, m_provider, record));
    return record;
}

}  // namespace trimtab::onnxruntime
