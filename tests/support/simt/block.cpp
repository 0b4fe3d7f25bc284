#include "tests/support/simt/block.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <sstream>

#include "tests/support/simt/order.h"

constinit thread_local uint3 threadIdx{};
constinit thread_local uint3 blockIdx{};
constinit thread_local dim3 blockDim;
constinit thread_local dim3 gridDim;

namespace trimtab::simt {
namespace {

constinit thread_local Block* g_running = nullptr;

/// Well-mixed bits of two numbers (the finaliser of MurmurHash3).
unsigned mix(unsigned x, unsigned y) {
    x = x * 0x9E3779B9U + y;
    x = (x ^ x >> 16) * 0x85EBCA6BU;
    x = (x ^ x >> 13) * 0xC2B2AE35U;
    return x ^ x >> 16;
}

std::string text(const Place& place) {
    const char* slash = std::strrchr(place.file_name(), '/');
    return std::string(slash != nullptr ? slash + 1 : place.file_name()) + ":" + std::to_string(place.line());
}

bool same(const Place& one, const Place& other) {
    return one.line() == other.line() && std::strcmp(one.file_name(), other.file_name()) == 0;
}

std::string hex(unsigned mask) {
    std::ostringstream out;
    out << "0x" << std::hex << mask;
    return out.str();
}

}  // namespace

std::string text(const uint3& index) {
    return "(" + std::to_string(index.x) + ", " + std::to_string(index.y) + ", " + std::to_string(index.z) + ")";
}

Block* Block::running() { return g_running; }

void Block::begin(std::size_t dynamicBytes) {
    m_shared.beginBlock(dynamicBytes);
    m_count = static_cast<std::size_t>(blockDim.x) * blockDim.y * blockDim.z;
    if (m_threads.size() < m_count) m_threads.resize(m_count);
    m_warps.resize((m_count + 31) / 32);
    for (Warp& warp : m_warps) {
        warp.alive = 0;
        warp.gatherings.clear();
    }
    for (unsigned i = 0; i < m_count; ++i) {
        Thread& thread = m_threads[i];
        thread.index = {i % blockDim.x, i / blockDim.x % blockDim.y, i / (blockDim.x * blockDim.y)};
        thread.number = i;
        thread.state = Thread::State::Ready;
        thread.copies.clear();
        thread.groups.clear();
        m_warps[i / 32].alive |= 1U << i % 32;
    }
    for (Warp& warp : m_warps) warp.ready = warp.alive;
    m_phase = 0;
    m_warpStride = scatterStride(m_warps.size());
    m_failure.reset();
}

std::optional<BlockFailure> Block::run(const std::function<void()>& body, std::size_t dynamicBytes) {
    begin(dynamicBytes);
    m_body = &body;
    do {
        runReady();
        if (!m_failure && !release()) m_failure = explain();
    } while (!m_failure && std::any_of(m_warps.begin(), m_warps.end(), [](const Warp& warp) { return warp.ready != 0; }));
    for (std::size_t i = 0; i < m_count; ++i) {  // those that were given up
        if (m_threads[i].fiber != nullptr) m_pool.give(m_threads[i].fiber);
        m_threads[i].fiber = nullptr;
    }
    if (!m_failure) {
        if (auto damage = m_shared.damage()) m_failure = BlockFailure{std::move(*damage), std::nullopt};
    }
    return std::move(m_failure);
}

void Block::runReady() {
    const unsigned order = mix(blockIdx.x + 7919 * blockIdx.y + 104729 * blockIdx.z, m_phase);
    const std::size_t count = m_warps.size();
    for (std::size_t i = 0, at = order % count; i < count; ++i, at = (at + m_warpStride) % count) {
        Warp& warp = m_warps[at];
        const unsigned step = 2 * (order >> 8) + 1;  // odd, so that it visits every lane
        for (unsigned place = order >> 16; warp.ready != 0; place += step) {
            const unsigned bit = 1U << place % 32;
            if ((warp.ready & bit) == 0) continue;
            warp.ready &= ~bit;
            resume(m_threads[at * 32 + place % 32]);
            if (m_failure) return;
        }
    }
}

void Block::enter() {
    Block& block = *g_running;
    arrive(*block.m_current->fiber, block.m_scheduler);
    (*block.m_body)();
    block.end();
}

void Block::resume(Thread& thread) {
    if (thread.fiber == nullptr) {
        thread.fiber = m_pool.take();
        prepare(*thread.fiber, &Block::enter);
    }
    m_current = &thread;
    threadIdx = thread.index;
    g_running = this;
    switchTo(m_scheduler, *thread.fiber, false);
    g_running = nullptr;
    if (thread.state == Thread::State::Ended) {
        m_pool.give(thread.fiber);
        thread.fiber = nullptr;
    }
}

void Block::wait() { switchTo(*m_current->fiber, m_scheduler, false); }

void Block::leave() {
    switchTo(*m_current->fiber, m_scheduler, true);
    __builtin_unreachable();
}

void Block::end() {
    Thread& thread = *m_current;
    Warp& warp = warpOf(thread);
    warp.alive &= ~(1U << thread.number % 32);
    for (std::size_t i = 0; i < warp.gatherings.size();) {  // those that waited for this lane only
        if (!complete(warp, i)) ++i;
    }
    thread.state = Thread::State::Ended;
    switchTo(*thread.fiber, m_scheduler, true);
    __builtin_unreachable();
}

void Block::barrier(const Place& place) {
    m_current->state = Thread::State::AtBarrier;
    m_current->place = place;
    wait();
}

void Block::collective(const char* name, unsigned mask, bool wholeWarp, void* mine, Combine combine, const Place& place) {
    Thread& thread = *m_current;
    Warp& warp = warpOf(thread);
    const unsigned bit = 1U << thread.number % 32;
    if ((mask & bit) == 0) {
        giveUp([&] { return std::string(name) + " at " + text(place) + ": the lane is not in its own mask " + hex(mask); });
    }

    const auto same = [&](const Gathering& other) { return other.combine == combine && other.mask == mask; };
    auto found = std::find_if(warp.gatherings.begin(), warp.gatherings.end(), same);
    if (found == warp.gatherings.end()) found = warp.gatherings.insert(found, Gathering{combine, mask, wholeWarp, name, {}});
    found->lanes.participants |= bit;
    found->lanes.values[thread.number % 32] = mine;
    thread.place = place;
    thread.operation = name;
    thread.mask = mask;
    if (complete(warp, static_cast<std::size_t>(found - warp.gatherings.begin()))) {
        warp.ready &= ~bit;  // this lane goes on as it is
        return;
    }
    thread.state = Thread::State::InWarp;
    wait();
}

/// Runs a gathering that nobody is missing from, and lets its lanes go on.
bool Block::complete(Warp& warp, std::size_t gathering) {
    Gathering& all = warp.gatherings[gathering];
    if (all.lanes.participants != (all.mask & warp.alive)) return false;
    if (all.wholeWarp && all.lanes.participants != ~0U) {
        giveUp([&] { return std::string(all.name) + " needs the whole warp; lanes " + hex(all.lanes.participants) + " are there"; });
    }
    all.combine(all.lanes);
    const std::size_t first = static_cast<std::size_t>(&warp - m_warps.data()) * 32;
    for (unsigned rest = all.lanes.participants; rest != 0; rest &= rest - 1) {
        m_threads[first + static_cast<unsigned>(std::countr_zero(rest))].state = Thread::State::Ready;
    }
    warp.ready |= all.lanes.participants;
    warp.gatherings.erase(warp.gatherings.begin() + static_cast<std::ptrdiff_t>(gathering));
    return true;
}

/// Lets everybody through the barrier at which everybody waits. True as well when all have ended.
bool Block::release() {
    const Thread& first = m_threads.front();
    for (std::size_t i = 0; i < m_count; ++i) {
        const Thread& thread = m_threads[i];
        if (thread.state != first.state || thread.state == Thread::State::InWarp) return false;
        if (thread.state == Thread::State::AtBarrier && !same(thread.place, first.place)) return false;
    }
    if (first.state == Thread::State::Ended) return true;
    for (std::size_t i = 0; i < m_count; ++i) m_threads[i].state = Thread::State::Ready;
    for (Warp& warp : m_warps) warp.ready = warp.alive;
    ++m_phase;
    return true;
}

std::string Block::doing(const Thread& thread) {
    switch (thread.state) {
        case Thread::State::AtBarrier: return "waits at the barrier of " + text(thread.place);
        case Thread::State::InWarp:
            return std::string("waits in ") + thread.operation + " at " + text(thread.place) + " for the lanes " + hex(thread.mask);
        case Thread::State::Ended: return "has ended";
        case Thread::State::Ready: break;
    }
    return "could go on";
}

/// Nobody can go on: a thread that waits in its warp, if there is one, else one at a barrier, and another that does something else.
BlockFailure Block::explain() const {
    const auto begin = m_threads.begin();
    const auto end = begin + static_cast<std::ptrdiff_t>(m_count);
    auto stuck = std::find_if(begin, end, [](const Thread& thread) { return thread.state == Thread::State::InWarp; });
    if (stuck != end) {
        const auto first = begin + stuck->number / 32 * 32;
        const auto last = std::min(first + 32, end);
        const auto missing = std::find_if(first, last, [&](const Thread& thread) {
            const bool together = thread.state == stuck->state && thread.mask == stuck->mask && thread.operation == stuck->operation;
            return (stuck->mask >> thread.number % 32 & 1U) != 0 && thread.state != Thread::State::Ended && !together;
        });
        const std::string other = missing == last ? "" : ", of which " + std::to_string(missing->number % 32) + " " + doing(*missing);
        return {"a divergent warp: the thread " + doing(*stuck) + other, stuck->index};
    }
    stuck = std::find_if(begin, end, [](const Thread& thread) { return thread.state == Thread::State::AtBarrier; });
    const auto other = std::find_if(begin, end, [&](const Thread& thread) {
        return thread.state != stuck->state || !same(thread.place, stuck->place);
    });
    return {"a divergent barrier: the thread " + doing(*stuck) + ", thread " + text(other->index) + " " + doing(*other), stuck->index};
}

}  // namespace trimtab::simt
