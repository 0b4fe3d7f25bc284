#pragma once
// JSON-RPC 2.0 messages with Content-Length framing over two descriptors. Frames above kMaxFrameBytes, bad headers and bad JSON are errors
// of the connection.
#include <cstdint>

#include "core/base/json.h"

namespace trimtab::ipc {

inline constexpr std::int64_t kMaxFrameBytes = 256LL << 20;

class Transport {
public:
    /// Does not own the descriptors. Writes are whole frames and may come from several threads; reads come from one.
    Transport(int readDescriptor, int writeDescriptor);
    ~Transport();
    Transport(const Transport&) = delete;
    Transport& operator=(const Transport&) = delete;

    Status send(const Json& message);
    /// Blocks. WorkerDied at a clean end of input.
    Result<Json> receive();

private:
    struct State;
    State* m_state;
};

}  // namespace trimtab::ipc
