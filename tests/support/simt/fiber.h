#pragma once
// Threads of control that hand over to one another by name: a stack each, switched by saving the callee-saved registers (System V ABI for
// x86-64, §3.2.1; ucontext on other processors). AddressSanitizer is told of every switch;
// nothing here is for ThreadSanitizer, which must not instrument what runs on fibers (tests/kernels/cuda/CMakeLists.txt).
#include <cstddef>
#include <memory>
#include <vector>

#if !defined(__x86_64__)
#include <ucontext.h>
#endif

namespace trimtab::simt {

struct Fiber {
    std::byte* stack = nullptr;  // lowest address; null for the thread's own stack
    std::size_t stackBytes = 0;
    std::size_t colour = 0;  // bytes left free at the top, so that the tops of many stacks do not share one cache set
    void* stackPointer = nullptr;
    void* fakeStack = nullptr;  // AddressSanitizer's
#if !defined(__x86_64__)
    ucontext_t context{};
#endif

    /// Where a function may be started on this stack.
    std::byte* top() const { return stack + stackBytes - colour; }
};

/// Lets `fiber` begin with `entry` at the next switch to it. entry must not return.
void prepare(Fiber& fiber, void (*entry)());
/// Goes on in `to`; returns when something switches back to `from`. `ends`: nothing ever will.
void switchTo(Fiber& from, Fiber& to, bool ends);
/// First thing that a fiber's entry does. `from`: who switched to it.
void arrive(Fiber& self, Fiber& from);

/// Stacks, each with a guard page below it; reused.
class FiberPool {
public:
    ~FiberPool();
    Fiber* take();
    void give(Fiber* fiber) { m_free.push_back(fiber); }

private:
    std::vector<std::unique_ptr<Fiber>> m_all;
    std::vector<Fiber*> m_free;
};

}  // namespace trimtab::simt
