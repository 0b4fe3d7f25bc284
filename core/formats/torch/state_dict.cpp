#include "core/formats/torch/state_dict.h"

#include <algorithm>
#include <bit>
#include <set>
#include <unordered_map>

#include <fmt/format.h>

#include "core/formats/torch/pickle_bytes.h"
#include "core/formats/torch/pickle_values.h"

namespace trimtab::formats::torch {
namespace {

constexpr std::size_t kMostValues = 1 << 22;
constexpr int kProtocol = 2;

class Unpickler {
public:
    explicit Unpickler(std::span<const std::byte> bytes) : m_bytes(bytes) {}

    /// Of the place where it ends; else the byte that is at fault.
    Result<const Dictionary*> run() {
        while (!m_isOver) {
            const std::size_t at = m_bytes.at();
            if (auto status = step(); !status)
                return fail(status.error().code, fmt::format("{} (byte {} of data.pkl)", status.error().message, at));
        }
        const auto* const top = m_stack.empty() ? nullptr : std::get_if<Dictionary>(&m_values[m_stack.back()]);
        if (top == nullptr) return fail(ErrorCode::Refused, "describes no dictionary of tensors");
        return top;
    }
    const std::vector<PickleValue>& values() const { return m_values; }

private:
    Status push(PickleValue value) {
        if (m_values.size() >= kMostValues) return fail(ErrorCode::Refused, fmt::format("describes more than {} values", kMostValues));
        m_values.push_back(std::move(value));
        m_stack.push_back(static_cast<Place>(m_values.size() - 1));
        return {};
    }
    Result<Place> pop() {
        if (m_stack.empty()) return fail(ErrorCode::Refused, "takes from an empty stack");
        const Place place = m_stack.back();
        m_stack.pop_back();
        return place;
    }
    /// What lies above the last mark, which goes too.
    Result<std::vector<Place>> popToMark() {
        const auto mark = std::find_if(m_stack.rbegin(), m_stack.rend(),
                                       [&](Place place) { return std::holds_alternative<Mark>(m_values[place]); });
        if (mark == m_stack.rend()) return fail(ErrorCode::Refused, "goes back to a mark that is not there");
        std::vector<Place> items(mark.base(), m_stack.end());
        m_stack.erase(mark.base() - 1, m_stack.end());
        return items;
    }
    template <class T>
    Result<T*> topAs(const char* what) {
        T* const value = m_stack.empty() ? nullptr : std::get_if<T>(&m_values[m_stack.back()]);
        if (value == nullptr) return fail(ErrorCode::Refused, fmt::format("{} where there is none", what));
        return value;
    }

    Status tuple(std::size_t count) {
        if (m_stack.size() < count) return fail(ErrorCode::Refused, "takes from an empty stack");
        std::vector<Place> items(m_stack.end() - static_cast<std::ptrdiff_t>(count), m_stack.end());
        m_stack.resize(m_stack.size() - count);
        return push(Tuple{std::move(items)});
    }
    Status setItems(const std::vector<Place>& items) {
        TRIMTAB_TRY(Dictionary* into, topAs<Dictionary>("sets items of a dictionary"));
        if (items.size() % 2 != 0) return fail(ErrorCode::Refused, "sets a key without a value");
        for (std::size_t i = 0; i < items.size(); i += 2) into->entries.emplace_back(items[i], items[i + 1]);
        return {};
    }
    Status remember(std::uint64_t index) {
        if (m_stack.empty()) return fail(ErrorCode::Refused, "remembers from an empty stack");
        m_memo[index] = m_stack.back();
        return {};
    }
    Status recall(std::uint64_t index) {
        const auto found = m_memo.find(index);
        if (found == m_memo.end()) return fail(ErrorCode::Refused, fmt::format("recalls number {}, which nothing remembered", index));
        if (m_stack.size() >= kMostValues) return fail(ErrorCode::Refused, fmt::format("describes more than {} values", kMostValues));
        m_stack.push_back(found->second);
        return {};
    }
    Status global() {
        TRIMTAB_TRY(const std::string module, m_bytes.line());
        TRIMTAB_TRY(const std::string name, m_bytes.line());
        Callable callable{module + "." + name};
        if (!isKnown(callable))
            return fail(ErrorCode::Refused, fmt::format("names {:.100}, which is no part of a dictionary of tensors: nothing is run here",
                                                        callable.name));
        return push(std::move(callable));
    }
    Status reduce() {
        TRIMTAB_TRY(const Tuple* arguments, topAs<Tuple>("calls with arguments"));
        TRIMTAB_REQUIRE(pop());
        TRIMTAB_TRY(const Callable* callable, topAs<Callable>("calls a name"));
        TRIMTAB_TRY(PickleValue made, called(m_values, *callable, *arguments));
        TRIMTAB_REQUIRE(pop());
        return push(std::move(made));
    }
    Status persistent() {
        TRIMTAB_TRY(const Tuple* id, topAs<Tuple>("reads a persistent id"));
        TRIMTAB_TRY(PickleValue made, storageOf(m_values, *id));
        TRIMTAB_REQUIRE(pop());
        return push(std::move(made));
    }
    /// Attributes of a dictionary.
    Status build() {
        TRIMTAB_REQUIRE(pop());
        TRIMTAB_REQUIRE(topAs<Dictionary>("sets attributes of a dictionary"));
        return {};
    }
    /// A whole number of up to eight bytes, with its sign.
    Status longNumber() {
        TRIMTAB_TRY(const std::uint64_t count, m_bytes.number(1));
        if (count > sizeof(std::int64_t)) return fail(ErrorCode::Refused, fmt::format("holds a number of {} bytes", count));
        TRIMTAB_TRY(const std::uint64_t bits, m_bytes.number(static_cast<std::size_t>(count)));
        const auto unused = static_cast<int>(64 - 8 * count);
        return push(count == 0 ? std::int64_t{0} : static_cast<std::int64_t>(bits << unused) >> unused);
    }
    Status floating() {
        TRIMTAB_TRY(const auto taken, m_bytes.take(sizeof(double)));
        std::uint64_t bits = 0;
        for (const std::byte byte : taken) bits = bits << 8 | std::to_integer<std::uint64_t>(byte);
        return push(std::bit_cast<double>(bits));
    }
    Status protocol() {
        TRIMTAB_TRY(const std::uint64_t given, m_bytes.number(1));
        if (given == kProtocol) return {};
        return fail(ErrorCode::Refused, fmt::format("is a pickle of protocol {}; that of torch.save, {}, is read", given, kProtocol));
    }

    Status step() {
        TRIMTAB_TRY(const std::uint64_t opcode, m_bytes.number(1));
        switch (opcode) {
            case 0x80: return protocol();
            case '.': m_isOver = true; return {};
            case '(': return push(Mark{});
            case 'c': return global();
            case 'R': return reduce();
            case 'Q': return persistent();
            case 'b': return build();
            case 'q':
            case 'r': return withNumber(opcode == 'q' ? 1 : 4, [this](std::uint64_t index) { return remember(index); });
            case 'h':
            case 'j': return withNumber(opcode == 'h' ? 1 : 4, [this](std::uint64_t index) { return recall(index); });
            default: return collection(opcode);
        }
    }
    Status collection(std::uint64_t opcode) {
        switch (opcode) {
            case ')': return tuple(0);
            case 0x85: return tuple(1);
            case 0x86: return tuple(2);
            case 0x87: return tuple(3);
            case '}': return push(Dictionary{});
            case ']': return push(List{});
            case 't': {
                TRIMTAB_TRY(std::vector<Place> items, popToMark());
                return push(Tuple{std::move(items)});
            }
            case 'u': {
                TRIMTAB_TRY(const std::vector<Place> items, popToMark());
                return setItems(items);
            }
            case 's': {
                TRIMTAB_TRY(const Place value, pop());
                TRIMTAB_TRY(const Place key, pop());
                return setItems({key, value});
            }
            case 'e':
            case 'a': {
                if (opcode == 'a') {
                    TRIMTAB_REQUIRE(pop());
                } else {
                    TRIMTAB_REQUIRE(popToMark());
                }
                TRIMTAB_REQUIRE(topAs<List>("appends to a list"));
                return {};
            }
            default: return scalar(opcode);
        }
    }
    Status scalar(std::uint64_t opcode) {
        switch (opcode) {
            case 'N': return push(None{});
            case 0x88: return push(true);
            case 0x89: return push(false);
            case 'K':
            case 'M': return withNumber(opcode == 'K' ? 1 : 2, [this](std::uint64_t v) { return push(static_cast<std::int64_t>(v)); });
            case 'J':
                return withNumber(4, [this](std::uint64_t v) { return push(std::int64_t{static_cast<std::int32_t>(v)}); });
            case 0x8a: return longNumber();
            case 'G': return floating();
            case 'X': {
                TRIMTAB_TRY(const std::uint64_t length, m_bytes.number(4));
                TRIMTAB_TRY(std::string word, m_bytes.text(length));
                return push(std::move(word));
            }
            default:
                return fail(ErrorCode::Refused, fmt::format("holds the opcode 0x{:02x}, which no dictionary of tensors needs", opcode));
        }
    }
    template <class Use>
    Status withNumber(std::size_t width, const Use& use) {
        TRIMTAB_TRY(const std::uint64_t value, m_bytes.number(width));
        return use(value);
    }

    PickleBytes m_bytes;
    bool m_isOver = false;
    std::vector<PickleValue> m_values;
    std::vector<Place> m_stack;
    std::unordered_map<std::uint64_t, Place> m_memo;
};

}  // namespace

Result<std::vector<NamedWindow>> stateDictIn(std::span<const std::byte> pickle) {
    Unpickler unpickler(pickle);
    TRIMTAB_TRY(const Dictionary* top, unpickler.run());
    std::vector<NamedWindow> windows;
    std::set<std::string> names;
    for (const auto& [key, value] : top->entries) {
        const auto* const name = std::get_if<std::string>(&unpickler.values()[key]);
        if (name == nullptr) return fail(ErrorCode::Refused, fmt::format("a key is {}, not a text", kindOf(unpickler.values()[key])));
        const auto* const window = std::get_if<Window>(&unpickler.values()[value]);
        if (window == nullptr)
            return fail(ErrorCode::Refused, fmt::format("{:.100} is {}, and no tensor: dictionaries of tensors are read, as "
                                                        "model.state_dict() gives them",
                                                        *name, kindOf(unpickler.values()[value])));
        if (!names.insert(*name).second) return fail(ErrorCode::Refused, fmt::format("{:.100} stands twice", *name));
        windows.push_back({*name, *window});
    }
    return windows;
}

}  // namespace trimtab::formats::torch
