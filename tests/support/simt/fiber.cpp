#include "tests/support/simt/fiber.h"

#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>

#include "tests/support/simt/sanitizers.h"

namespace trimtab::simt {
namespace {

constexpr std::size_t kStackBytes = 256 * 1024;
constexpr std::size_t kGuardBytes = 4096;

}  // namespace

#if defined(__x86_64__)

// switchStacks(save, load): the caller's registers go to its stack and the stack pointer to *save; then the same in reverse from `load`.
extern "C" void trimtabSimtSwitchStacks(void** save, void* load);
asm(R"(
.text
.align 16
.globl trimtabSimtSwitchStacks
.hidden trimtabSimtSwitchStacks
.type trimtabSimtSwitchStacks,@function
trimtabSimtSwitchStacks:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
.size trimtabSimtSwitchStacks,.-trimtabSimtSwitchStacks
)");

void prepare(Fiber& fiber, void (*entry)()) {
    auto** words = reinterpret_cast<void**>(fiber.top());
    words[-1] = nullptr;  // where entry would return to
    words[-2] = reinterpret_cast<void*>(entry);
    for (int i = 3; i <= 8; ++i) words[-i] = nullptr;  // the six registers
    fiber.stackPointer = words - 8;
}

static void switchStacks(Fiber& from, Fiber& to) { trimtabSimtSwitchStacks(&from.stackPointer, to.stackPointer); }

#else

void prepare(Fiber& fiber, void (*entry)()) {
    getcontext(&fiber.context);
    fiber.context.uc_stack.ss_sp = fiber.stack;
    fiber.context.uc_stack.ss_size = fiber.stackBytes - fiber.colour;
    fiber.context.uc_link = nullptr;
    makecontext(&fiber.context, entry, 0);
}

static void switchStacks(Fiber& from, Fiber& to) { swapcontext(&from.context, &to.context); }

#endif

void arrive([[maybe_unused]] Fiber& self, [[maybe_unused]] Fiber& from) {
#if TRIMTAB_SIMT_ASAN
    const void* bottom = nullptr;
    std::size_t bytes = 0;
    __sanitizer_finish_switch_fiber(self.fakeStack, &bottom, &bytes);
    self.fakeStack = nullptr;
    if (from.stack == nullptr) {  // the thread's own stack, met for the first time
        from.stack = static_cast<std::byte*>(const_cast<void*>(bottom));
        from.stackBytes = bytes;
    }
#endif
}

void switchTo(Fiber& from, Fiber& to, [[maybe_unused]] bool ends) {
#if TRIMTAB_SIMT_ASAN
    __sanitizer_start_switch_fiber(ends ? nullptr : &from.fakeStack, to.stack, to.stackBytes);
#endif
    switchStacks(from, to);
    arrive(from, to);
}

Fiber* FiberPool::take() {
    Fiber* fiber = nullptr;
    if (!m_free.empty()) {
        fiber = m_free.back();
        m_free.pop_back();
    } else {
        void* mapped = mmap(nullptr, kGuardBytes + kStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (mapped == MAP_FAILED || mprotect(mapped, kGuardBytes, PROT_NONE) != 0) std::abort();
        fiber = m_all.emplace_back(std::make_unique<Fiber>()).get();
        fiber->stack = static_cast<std::byte*>(mapped) + kGuardBytes;
        fiber->stackBytes = kStackBytes;
        fiber->colour = m_all.size() % 32 * 128 + 128;
    }
#if TRIMTAB_SIMT_ASAN
    __asan_unpoison_memory_region(fiber->stack, fiber->stackBytes);  // a thread that was given up left its frames there
    fiber->fakeStack = nullptr;
#endif
    return fiber;
}

FiberPool::~FiberPool() {
    for (const auto& fiber : m_all) munmap(fiber->stack - kGuardBytes, kGuardBytes + kStackBytes);
}

}  // namespace trimtab::simt
