#pragma once
// What a worker keeps between calls: the models it read, what recipes made of them, and what engines compiled. A few of each, the
// least recently used leaving first, so that the calls of one study do not load the same file again.
#include <list>
#include <map>
#include <memory>
#include <string>

#include "core/compress/activations/outlier_channels.h"
#include "core/compress/compress.h"
#include "core/ipc/messages.h"
#include "core/runtime/engine.h"
#include "core/trace/ceilings.h"
#include "profiler/worker/call.h"

namespace trimtab::worker {

/// A small cache: newest first, at most `capacity` values.
template <class T>
class RecentlyUsed {
public:
    explicit RecentlyUsed(std::size_t capacity) : m_capacity(capacity) {}

    std::shared_ptr<T> find(const std::string& key) {
        for (auto it = m_entries.begin(); it != m_entries.end(); ++it) {
            if (it->first != key) continue;
            m_entries.splice(m_entries.begin(), m_entries, it);
            return it->second;
        }
        return nullptr;
    }
    void put(std::string key, std::shared_ptr<T> value) {
        m_entries.emplace_front(std::move(key), std::move(value));
        if (m_entries.size() > m_capacity) m_entries.pop_back();
    }
    void clear() { m_entries.clear(); }
    std::size_t size() const { return m_entries.size(); }

private:
    std::size_t m_capacity;
    std::list<std::pair<std::string, std::shared_ptr<T>>> m_entries;
};

/// A model as read, shapes inferred, simplified: what recipes act on.
struct LoadedModel {
    Graph graph;
    std::int64_t fileBytes = 0;
};

/// A compressed model on an engine. The engine outlives the compiled model.
struct CompiledTrial {
    std::shared_ptr<const compress::Compressed> compressed;
    std::unique_ptr<runtime::Engine> engine;
    std::unique_ptr<runtime::CompiledModel> model;

    /// The rows of the current plan.
    std::vector<trace::LayerRecord> layers() const;
};

/// Rows of a plan with what compression knows of each layer's weights.
std::vector<trace::LayerRecord> withSqnr(std::vector<trace::LayerRecord> records, const compress::Compressed& compressed);

/// Used by one thread at a time.
class Workbench {
public:
    /// Reads, infers, checks for NaN weights, simplifies. Files are told apart by path, size, time of change and inode.
    Result<std::shared_ptr<const LoadedModel>> model(const ipc::ModelRequest& request, const Call& call);
    Result<std::shared_ptr<const compress::Compressed>> compressed(const ipc::ModelRequest& request, const Call& call);
    Result<std::shared_ptr<CompiledTrial>> compiled(const ipc::ModelRequest& request, const Call& call);
    /// How the channels of each layer's input are filled, over the request's calibration set run through the compressed model.
    Result<std::vector<compress::ChannelReport>> channels(const ipc::ModelRequest& request, const Call& call);
    /// What the setting's engine reaches at most here. Measured the first time that it is asked for.
    Result<trace::Ceilings> ceilings(const recipe::RunSetting& setting, const Call& call);
    /// Forgets every model (after the memory limit was met).
    void clear();

private:
    Result<compress::Compressed> compressedWith(const Graph& graph, const ipc::ModelRequest& request, const std::string& fileKey,
                                                const Call& call);

    RecentlyUsed<const LoadedModel> m_models{2};
    RecentlyUsed<compress::KnownScores> m_scores{3};
    RecentlyUsed<const compress::Compressed> m_compressed{3};
    RecentlyUsed<CompiledTrial> m_compiled{3};
    std::map<std::string, trace::Ceilings> m_ceilings;
};

}  // namespace trimtab::worker
