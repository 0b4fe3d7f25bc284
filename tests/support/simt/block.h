#pragma once
// The threads of one block and the order in which they run: warp by warp, a thread until it must wait. Between two barriers warps and lanes
// come in a scattered order by a hash of block and barrier, so that a kernel that happens to work in one order only is found out,
// reproducibly. When nobody can go on, all threads wait at the same barrier and are let through, all have ended, or the block is in error.
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/simt/fiber.h"
#include "tests/support/simt/runtime.h"
#include "tests/support/simt/shared_memory.h"

namespace trimtab::simt {

/// "(x, y, z)"
std::string text(const uint3& index);

/// What went wrong, and in which thread where it was one thread's doing.
struct BlockFailure {
    std::string what;
    std::optional<uint3> thread;
};

class Block {
public:
    /// The block that runs on this OS thread; null outside of kernels.
    static Block* running();

    /// Runs body once for every thread.
    std::optional<BlockFailure> run(const std::function<void()>& body, std::size_t dynamicBytes);

    SharedMemory& shared() { return m_shared; }
    Fiber& currentFiber() { return *m_current->fiber; }
    unsigned currentLane() const { return m_current->number % 32; }

    /// Notes what went wrong; leave() then gives the block up. Nothing that owns memory may stand on the stack of the thread that leaves:
    /// its frames are never unwound.
    void note(std::string what) { m_failure = BlockFailure{std::move(what), m_current->index}; }
    [[noreturn]] void leave();
    /// Both, with the words from a function that has returned by then.
    template <class Compose>
    [[noreturn]] void giveUp(const Compose& compose) {
        note(compose());
        leave();
    }
    void barrier(const Place& place);
    void collective(const char* name, unsigned mask, bool wholeWarp, void* mine, Combine combine, const Place& place);

    void beginCopy(void* to, const void* from, bool valid);
    void commitCopies();
    void waitForCopies(int pending);

private:
    struct Copy {
        void* to;
        const void* from;
        bool valid;
    };
    struct Thread {
        enum class State : unsigned char { Ready, AtBarrier, InWarp, Ended };
        uint3 index{};
        unsigned number = 0;
        State state = State::Ready;
        Fiber* fiber = nullptr;
        const char* operation = nullptr;  // that it waits in, InWarp
        unsigned mask = 0;
        Place place;
        std::vector<Copy> copies;       // begun and not arrived
        std::vector<std::size_t> groups;  // where the committed ones end in copies
    };
    /// Lanes that wait for the others of their mask.
    struct Gathering {
        Combine combine;
        unsigned mask;
        bool wholeWarp;
        const char* name;
        Lanes lanes;
    };
    struct Warp {
        unsigned alive = 0;
        unsigned ready = 0;
        std::vector<Gathering> gatherings;
    };

    static void enter();
    void begin(std::size_t dynamicBytes);
    void runReady();
    void resume(Thread& thread);
    void wait();
    Warp& warpOf(const Thread& thread) { return m_warps[thread.number / 32]; }
    bool complete(Warp& warp, std::size_t gathering);
    void end();
    bool release();
    BlockFailure explain() const;
    static std::string doing(const Thread& thread);

    FiberPool m_pool;
    SharedMemory m_shared;
    Fiber m_scheduler;
    std::vector<Thread> m_threads;  // more than the block has, kept for the next
    std::size_t m_count = 0;
    std::vector<Warp> m_warps;
    std::size_t m_warpStride = 1;
    Thread* m_current = nullptr;
    const std::function<void()>* m_body = nullptr;
    unsigned m_phase = 0;  // barriers passed
    std::optional<BlockFailure> m_failure;
};

}  // namespace trimtab::simt
