#include "tests/core/dataset/tokenizers/charsmap_writer.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <vector>

namespace trimtab::dataset::tokenizers {
namespace {

class DoubleArray {
public:
    explicit DoubleArray(const Rules& rules) {
        for (const auto& [from, to] : rules) {
            m_keys.push_back(from);
            m_values.push_back(static_cast<std::uint32_t>(m_texts.size()));
            m_texts += to;
            m_texts.push_back('\0');
        }
        m_units.resize(256);
        m_taken.insert(0);
        place(0, 0, m_keys.size(), 0);
    }

    std::string blob() const {
        std::string bytes;
        const auto put = [&](std::uint32_t unit) {
            for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<char>(unit >> (8 * i)));
        };
        put(static_cast<std::uint32_t>(4 * m_units.size()));
        for (const std::uint32_t unit : m_units) put(unit);
        return bytes + m_texts;
    }

private:
    struct Child {
        unsigned char label;
        std::size_t begin, end;
    };

    // The keys in [begin, end) agree in their first `depth` bytes and end at, or go on from, `node`.
    void place(std::size_t node, std::size_t begin, std::size_t end, std::size_t depth) {
        std::vector<Child> children;
        for (std::size_t i = begin; i < end; ++i) {
            const auto label = static_cast<unsigned char>(m_keys[i].size() == depth ? 0 : m_keys[i][depth]);
            if (children.empty() || children.back().label != label) children.push_back({label, i, i + 1});
            else children.back().end = i + 1;
        }
        std::size_t base = 1;
        const auto fits = [&] {
            return !m_bases.contains(base) &&
                   std::none_of(children.begin(), children.end(), [&](const Child& child) { return m_taken.contains(base ^ child.label); });
        };
        while (!fits()) ++base;
        m_bases.insert(base);
        if ((base | 255) >= m_units.size()) m_units.resize((base | 255) + 1);
        for (const Child& child : children) m_taken.insert(base ^ child.label);
        m_units[node] |= static_cast<std::uint32_t>((base ^ node) << 10) | (children.front().label == 0 ? 1U << 8 : 0U);
        for (const Child& child : children)
            m_units[base ^ child.label] = child.label == 0 ? m_values[child.begin] | (1U << 31) : child.label;
        for (const Child& child : children)
            if (child.label != 0) place(base ^ child.label, child.begin, child.end, depth + 1);
    }

    std::vector<std::string> m_keys;
    std::vector<std::uint32_t> m_values, m_units;
    std::set<std::size_t> m_taken, m_bases;
    std::string m_texts;
};

}  // namespace

std::string charsmapOf(const Rules& rules) { return DoubleArray(rules).blob(); }

std::string toBase64(std::string_view bytes) {
    static constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t three = 0;
        for (std::size_t k = 0; k < 3; ++k) three = (three << 8) | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
        for (std::size_t k = 0; k < 4; ++k) text.push_back(i + k <= bytes.size() ? kLetters[(three >> (18 - 6 * k)) & 63] : '=');
    }
    return text;
}

}  // namespace trimtab::dataset::tokenizers
