// The functions of libgomp that open a parallel region, as GCC calls them from programs and from libraries (GCC's libgomp.h and
// omp-builtins.def name them and their parameters). These here are found first, and call libgomp's own.
#include <dlfcn.h>
#include <omp.h>

#include "profiler/host/team_spans.h"

namespace {

using trimtab::profiler::TeamSpan;
using trimtab::profiler::TeamSpans;
using trimtab::profiler::TickClock;
using Body = void (*)(void*);

thread_local TeamSpans* t_listening = nullptr;

struct Watched {
    TeamSpans* spans;
    std::int32_t layer;
    Body body;
    void* data;
};

void runWatched(void* argument) {
    const Watched watched = *static_cast<const Watched*>(argument);
    TeamSpan span;
    span.layer = watched.layer;
    span.begin = TickClock::now();
    watched.body(watched.data);
    span.end = TickClock::now();
    watched.spans->addThread(static_cast<std::size_t>(omp_get_thread_num()), span);
}

template <class Function>
Function libgomps(const char* name) {
    return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

/// `open` takes what each thread calls, and its argument.
template <class Open>
void watch(Body body, void* data, const Open& open) {
    TeamSpans* spans = TeamSpans::listening();
    if (!spans) {
        open(body, data);
        return;
    }
    Watched watched{spans, spans->layer(), body, data};
    spans->within([&] { open(&runWatched, &watched); });
}

}  // namespace

// They stand here, so that who uses TeamSpans has the functions below linked too.
TeamSpans* TeamSpans::listening() { return t_listening; }
void TeamSpans::setListening(TeamSpans* spans) { t_listening = spans; }

bool TeamSpans::canListen() {
#ifdef __clang__
    return false;  // its programs open regions by functions of another library
#else
    return libgomps<void*>("GOMP_parallel") != nullptr;
#endif
}

#pragma GCC visibility push(default)
extern "C" {

void GOMP_parallel(Body body, void* data, unsigned threads, unsigned flags) {
    static const auto parallel = libgomps<decltype(&GOMP_parallel)>("GOMP_parallel");
    watch(body, data, [&](Body each, void* argument) { parallel(each, argument, threads, flags); });
}

/// What a parallel loop with a dynamic schedule calls.
void GOMP_parallel_loop_nonmonotonic_dynamic(Body body, void* data, unsigned threads, long begin, long end, long step, long chunk,
                                             unsigned flags) {
    static const auto loop =
        libgomps<decltype(&GOMP_parallel_loop_nonmonotonic_dynamic)>("GOMP_parallel_loop_nonmonotonic_dynamic");
    watch(body, data, [&](Body each, void* argument) { loop(each, argument, threads, begin, end, step, chunk, flags); });
}

}  // extern "C"
#pragma GCC visibility pop
