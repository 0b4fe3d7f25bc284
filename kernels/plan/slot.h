#pragma once
// Where the bytes of a value stand while a plan runs, and how they are arranged there.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "core/base/result.h"
#include "core/tensor/tensor.h"
#include "kernels/ref/reference.h"

namespace trimtab::plan {

/// ChannelsLast holds a tensor [N, C, spatial…] in the order N, spatial…, C. Without padding, so both take the same bytes.
enum class Layout : std::uint8_t { Plain, ChannelsLast };

/// How a value is held: its declared type, or BFloat16 in place of Float32 between kernels that want it so.
struct Form {
    DataType type = DataType::Undefined;
    Layout layout = Layout::Plain;
    bool operator==(const Form&) const = default;
};

/// True when both layouts put these elements in the same order.
bool layoutsAgree(const Shape& shape, Layout a, Layout b);
/// Stride in elements of each logical axis.
std::vector<std::int64_t> stridesOf(const Shape& shape, Layout layout);
/// Logical axes from the slowest to the fastest.
std::vector<int> axisOrder(int rank, Layout layout);

using SlotId = std::int32_t;
inline constexpr SlotId kNoSlot = -1;

struct Slot {
    enum class Kind : std::uint8_t {
        Arena,     // a piece of the plan's arena
        Constant,  // fixed bytes kept alive by the plan
        Input,     // bytes of a tensor given to run()
    };
    Kind kind = Kind::Arena;
    SlotId root = kNoSlot;  // another slot whose bytes these are; kNoSlot for a slot of its own
    std::int64_t bytes = 0;
    std::int64_t offset = 0;           // Arena
    std::byte* address = nullptr;      // Constant
    int firstStep = -1;                // Arena: the steps between which the bytes matter
    int lastStep = -1;
};

/// What a step finds when it runs.
struct Frame {
    std::vector<std::byte*> pointers;      // by slot
    std::vector<ref::RunValue> dynamic;    // by value: those whose shape is known only now

    template <class T>
    T* at(SlotId slot) const {
        return reinterpret_cast<T*>(pointers[static_cast<std::size_t>(slot)]);
    }
};

/// A bound call: everything but the addresses was settled when the plan was made.
using Call = std::function<Status(Frame&)>;

struct Step {
    Call call;
    std::vector<SlotId> reads;
    std::vector<SlotId> writes;  // results and scratch
};

}  // namespace trimtab::plan
