#include "kernels/onnxruntime/own_profile.h"

#include <algorithm>
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

/// 0 for what is no time: names of nodes stand unescaped in the file, and may look like any of its fields.
std::int64_t nanosecondsAt(const Json& event, const char* key) {
    constexpr double kLast = 1e15;  // µs; thirty years
    const auto found = event.find(key);
    if (found == event.end() || !found->is_number()) return 0;
    const double microseconds = found->get<double>();
    return microseconds >= 0 && microseconds < kLast ? static_cast<std::int64_t>(microseconds) * kNsOfUs : 0;
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

/// Gathers the events, in whatever order the library wrote them: some releases sort by begin, others write a node when it ends.
class ProfileReader {
public:
    ProfileReader(const Graph& rewritten, const std::string& provider, runtime::LibraryRecord& record)
        : m_provider(provider), m_record(record) {
        for (std::size_t i = 0; i < rewritten.nodes.size(); ++i) m_rows[rewritten.nodes[i].name] = static_cast<std::int32_t>(i);
    }

    void take(const Json& event) {
        const std::string category = wordAt(event, "cat"), name = wordAt(event, "name");
        const Stretch stretch{nanosecondsAt(event, "ts"), nanosecondsAt(event, "dur")};
        if (category == "Session" && name == "model_run") m_runs.push_back(stretch);
        if (category != "Node" || !name.ends_with(kSuffix)) return;
        if (const auto args = event.find("args"); args != event.end() && args->is_object())
            m_nodes.push_back({stretch, rowOf(name.substr(0, name.size() - kSuffix.size()), *args)});
    }

    /// Each run with its nodes. What ran inside another node counts with that one.
    Status finish() {
        std::ranges::stable_sort(m_runs, {}, &Stretch::begin);
        std::ranges::reverse(m_nodes);  // of two that begin and last alike the one that was written later holds the other
        std::ranges::stable_sort(m_nodes, [](const Node& a, const Node& b) {
            return a.at.begin != b.at.begin ? a.at.begin < b.at.begin : a.at.duration > b.at.duration;
        });
        m_record.runs.resize(std::max(m_record.runs.size(), m_runs.size()));
        std::size_t told = 0;
        auto node = m_nodes.begin();
        for (std::size_t i = 0; i < m_runs.size(); ++i) {
            const Stretch& run = m_runs[i];
            std::int64_t reached = run.begin;
            for (; node != m_nodes.end() && node->at.begin <= run.end(); ++node) {
                if (node->at.begin < reached || node->at.end() > run.end() + kNsOfUs) continue;
                reached = node->at.end();
                m_record.runs[i].events.push_back({node->row, node->at.begin - run.begin, node->at.duration});
                ++told;
            }
        }
        m_record.runs.resize(m_runs.size());
        if (told == 0) return fail(ErrorCode::Failed, "ONNX Runtime's profile holds no node of any run");
        return {};
    }

private:
    struct Stretch {
        std::int64_t begin = 0, duration = 0;  // ns
        std::int64_t end() const { return begin + duration; }
    };
    struct Node {
        Stretch at;
        std::int32_t row = 0;
    };

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
            row.reason = fmt::format("ran on {}, not on {}", shortName(provider), shortName(m_provider));
        return found->second;
    }

    const std::string& m_provider;
    runtime::LibraryRecord& m_record;
    std::map<std::string, std::int32_t> m_rows;
    std::set<std::int32_t> m_told;  // rows whose operator and provider are known
    std::vector<Stretch> m_runs;
    std::vector<Node> m_nodes;
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
    return reader.finish();
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
    record.name = "ONNX Runtime";
    record.layers = m_rows(read.graph);
    for (const auto begin : m_begins) record.runs.push_back({begin, {}});
    TRIMTAB_REQUIRE(readProfile(file, read.graph, m_provider, record));
    return record;
}

}  // namespace trimtab::onnxruntime
