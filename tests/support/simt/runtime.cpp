#include "tests/support/simt/runtime.h"

#include <cstdint>
#include <cstring>

#include "tests/support/simt/block.h"

namespace trimtab::simt {
namespace {

Block& block() { return *Block::running(); }

}  // namespace

void fault(const char* what) {
    block().giveUp([what] { return std::string(what); });
}

void barrier(const Place& place) { block().barrier(place); }

void collective(const char* name, unsigned mask, void* mine, Combine combine, const Place& place) {
    block().collective(name, mask, false, mine, combine, place);
}

void warpCollective(const char* name, void* mine, Combine combine, const Place& place) {
    block().collective(name, ~0U, true, mine, combine, place);
}

unsigned lane() { return block().currentLane(); }

void* sharedBytes(const void* key, const char* name, std::size_t bytes) {
    void* start = block().shared().fixedArray(key, name, bytes);
    if (start == nullptr) {
        block().giveUp([name] { return std::string("the fixed shared arrays are larger than 48 KiB with ") + name; });
    }
    return start;
}

void* dynamicSharedBytes() { return block().shared().dynamic(); }

void requireShared(const char* operation, const void* address, std::size_t bytes) {
    if (!block().shared().holds(address, bytes)) {
        block().giveUp([&] {
            return std::string(operation) + ": " + block().shared().describe(address).value_or("an address that is not in shared memory");
        });
    }
    if (reinterpret_cast<std::uintptr_t>(address) % 16 != 0) {
        block().giveUp([&] { return std::string(operation) + ": an address in shared memory that is not 16-byte aligned"; });
    }
}

void beginCopy16(void* shared, const void* global, bool valid) {
    requireShared("copyAsync16", shared, 16);
    if (valid && reinterpret_cast<std::uintptr_t>(global) % 16 != 0) fault("copyAsync16: a global address that is not 16-byte aligned");
    if (valid && block().shared().holds(global, 1)) fault("copyAsync16: from shared memory");
    block().beginCopy(shared, global, valid);
}

void commitCopies() { block().commitCopies(); }

void waitForCopies(int pending) { block().waitForCopies(pending); }

void Block::beginCopy(void* to, const void* from, bool valid) {
    if (valid) {  // so that a bad address is reported here and not at the wait
        [[maybe_unused]] const volatile unsigned char touched = *static_cast<const volatile unsigned char*>(from);
    }
    std::memset(to, kPoison, 16);
    m_current->copies.push_back({to, from, valid});
}

void Block::commitCopies() { m_current->groups.push_back(m_current->copies.size()); }

void Block::waitForCopies(int pending) {
    Thread& thread = *m_current;
    const std::size_t waited = thread.groups.size() - std::min(thread.groups.size(), static_cast<std::size_t>(pending));
    if (waited == 0) return;
    const std::size_t arrived = thread.groups[waited - 1];
    for (std::size_t i = 0; i < arrived; ++i) {
        const auto& [to, from, valid] = thread.copies[i];
        if (valid) {
            std::memcpy(to, from, 16);
        } else {
            std::memset(to, 0, 16);
        }
    }
    thread.copies.erase(thread.copies.begin(), thread.copies.begin() + static_cast<std::ptrdiff_t>(arrived));
    thread.groups.erase(thread.groups.begin(), thread.groups.begin() + static_cast<std::ptrdiff_t>(waited));
    for (std::size_t& end : thread.groups) end -= arrived;
}

}  // namespace trimtab::simt
