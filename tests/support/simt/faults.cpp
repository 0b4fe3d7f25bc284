#include "tests/support/simt/faults.h"

#include <csignal>
#include <cstdint>
#include <sstream>
#include <vector>

#include <ucontext.h>

#include "tests/support/simt/block.h"
#include "tests/support/simt/sanitizers.h"

namespace trimtab::simt {
namespace {

constexpr int kSignals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
struct sigaction g_before[NSIG];

struct Fault {
    int signal = 0;
    int code = 0;
    const void* address = nullptr;
    bool write = false;
};
constinit thread_local Fault g_fault;
constinit thread_local const Heap* g_heap = nullptr;

std::string describeAccess(Block& block) {
    const auto* at = static_cast<const std::byte*>(g_fault.address);
    const Fiber& fiber = block.currentFiber();
    if (at < fiber.stack && fiber.stack - at <= 4096) return "the thread's stack is full";
    std::string where;
    if (auto known = block.shared().describe(at)) where = std::move(*known);
    if (auto known = g_heap->describe(at); known && where.empty()) where = std::move(*known);
    std::ostringstream text;
    text << "an out-of-bounds " << (g_fault.write ? "write" : "read") << " at " << g_fault.address << ", "
         << (where.empty() ? "far from any allocation" : where);
    return text.str();
}

std::string describe(Block& block) {
    if (g_fault.signal == SIGFPE) return "a division of integers by zero";
    if (g_fault.signal == SIGILL) return "a trap";
    if (g_fault.signal == SIGSEGV && g_fault.code != SI_KERNEL) return describeAccess(block);
    return "a misaligned 16-byte access, or one through a pointer that is none";
}

/// Where a thread goes on that has met a fault, on its own stack from the top.
[[noreturn]] void report() {
    Block& block = *Block::running();
    block.giveUp([&block] { return describe(block); });
}

/// Lets the interrupted context go on in report(). False where this processor's contexts are not known here.
bool divert([[maybe_unused]] ucontext_t& context, [[maybe_unused]] std::byte* stackTop) {
#if defined(__x86_64__)
    g_fault.write = (context.uc_mcontext.gregs[REG_ERR] & 2) != 0;
    context.uc_mcontext.gregs[REG_RSP] = static_cast<greg_t>(reinterpret_cast<std::uintptr_t>(stackTop) - 8);  // as behind a call
    context.uc_mcontext.gregs[REG_RIP] = static_cast<greg_t>(reinterpret_cast<std::uintptr_t>(&report));
    return true;
#else
    return false;
#endif
}

void handle(int signal, siginfo_t* info, void* context) {
    Block* block = Block::running();
    if (block != nullptr) {
        g_fault = {signal, info->si_code, info->si_addr, false};
        Fiber& fiber = block->currentFiber();
#if TRIMTAB_SIMT_ASAN
        __asan_unpoison_memory_region(fiber.stack, fiber.stackBytes);
#endif
        if (divert(*static_cast<ucontext_t*>(context), fiber.top())) return;
    }
    const struct sigaction& before = g_before[signal];
    if ((before.sa_flags & SA_SIGINFO) != 0) {
        before.sa_sigaction(signal, info, context);
    } else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) {
        before.sa_handler(signal);
    } else {
        sigaction(signal, &before, nullptr);  // the faulting instruction runs again and meets the default action
    }
}

void installHandlers() {
    static const bool installed = [] {
        struct sigaction action {};
        action.sa_sigaction = handle;
        action.sa_flags = SA_SIGINFO | SA_ONSTACK;
        sigemptyset(&action.sa_mask);
        for (const int signal : kSignals) sigaction(signal, &action, &g_before[signal]);
        return true;
    }();
    static_cast<void>(installed);
}

/// The handler cannot run on a stack that is full. A stack that somebody (a sanitizer) has set for this purpose is left in place.
struct AlternateStack {
    std::vector<std::byte> bytes;

    AlternateStack() {
        stack_t present{};
        sigaltstack(nullptr, &present);
        if ((present.ss_flags & SS_DISABLE) == 0) return;
        bytes.resize(64 * 1024);
        const stack_t own{bytes.data(), 0, bytes.size()};
        sigaltstack(&own, nullptr);
    }
    ~AlternateStack() {
        if (bytes.empty()) return;
        stack_t none{};
        none.ss_flags = SS_DISABLE;
        sigaltstack(&none, nullptr);
    }
};

}  // namespace

FaultWatch::FaultWatch(const Heap& heap) {
    installHandlers();
    thread_local const AlternateStack stack;
    g_heap = &heap;
}

FaultWatch::~FaultWatch() { g_heap = nullptr; }

}  // namespace trimtab::simt
