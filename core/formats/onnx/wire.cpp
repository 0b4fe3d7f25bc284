#include "core/formats/onnx/wire.h"

#include <cstdint>

#include <fmt/format.h>

#include "core/formats/onnx/schema.h"

namespace trimtab::formats::onnx {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::size_t kCutFrom = 1024;  // smaller payloads stay in the skeleton

// Fields of the messages that are walked.
constexpr std::uint32_t kModelGraph = 7, kModelTraining = 20, kModelFunction = 25;
constexpr std::uint32_t kGraphNode = 1, kGraphInitializer = 5;
constexpr std::uint32_t kNodeAttribute = 5, kFunctionNode = 7;
constexpr std::uint32_t kAttributeTensor = 5, kAttributeGraph = 6, kAttributeTensors = 10, kAttributeGraphs = 11;
constexpr std::uint32_t kTensorRaw = 9, kTensorExternal = 13, kEntryKey = 1, kEntryValue = 2;

enum class Wire : std::uint8_t { Varint = 0, Fixed64 = 1, Delimited = 2, Fixed32 = 5 };

struct Field {
    std::uint32_t number = 0;
    Wire wire = Wire::Varint;
    Bytes content;  // of a length-delimited field
    Bytes whole;    // with tag and length
};

void appendVarint(std::string& to, std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) to += static_cast<char>((value & 0x7f) | 0x80);
    to += static_cast<char>(value);
}

void append(std::string& to, Bytes bytes) { to.append(reinterpret_cast<const char*>(bytes.data()), bytes.size()); }

void appendField(std::string& to, std::uint32_t number, std::string_view content) {
    appendVarint(to, std::uint64_t{number} << 3 | static_cast<std::uint64_t>(Wire::Delimited));
    appendVarint(to, content.size());
    to.append(content);
}

class Scanner {
public:
    explicit Scanner(Bytes file) : m_file(file) {}

    Result<Skeleton> model() {
        Skeleton skeleton;
        const Status walked = each(m_file, [&](const Field& field) -> Status {
            if (field.number == kModelTraining) return {};
            if (field.number == kModelGraph && field.wire == Wire::Delimited) return modelGraph(field.content, skeleton);
            if (field.number == kModelFunction && field.wire == Wire::Delimited) TRIMTAB_REQUIRE(function(field.content));
            append(skeleton.bytes, field.whole);
            return {};
        });
        TRIMTAB_REQUIRE(walked);
        skeleton.externalLocations = std::move(m_locations);
        return skeleton;
    }

private:
    std::size_t offsetOf(Bytes rest) const { return static_cast<std::size_t>(rest.data() - m_file.data()); }

    Status truncated(Bytes rest) const {
        return fail(ErrorCode::Refused,
                    fmt::format("is truncated or damaged: the field at byte {} reaches beyond its end", offsetOf(rest)));
    }

    static bool varint(Bytes& rest, std::uint64_t& value) {
        value = 0;
        for (int shift = 0; shift < 70 && !rest.empty(); shift += 7) {
            const auto byte = std::to_integer<std::uint64_t>(rest[0]);
            rest = rest.subspan(1);
            if (shift < 64) value |= (byte & 0x7f) << shift;
            if (byte < 0x80) return true;
        }
        return false;
    }

    Status next(Bytes& rest, Field& field) const {
        const Bytes begin = rest;
        std::uint64_t tag = 0, length = 0;
        if (!varint(rest, tag)) return truncated(begin);
        field.number = static_cast<std::uint32_t>(tag >> 3);
        field.content = {};
        if (field.number == 0 || tag >> 32 != 0)
            return fail(ErrorCode::Refused, fmt::format("is not an ONNX model: no valid field at byte {}", offsetOf(begin)));
        switch (tag & 7) {
            case 0:
                if (!varint(rest, length)) return truncated(begin);
                length = 0;
                break;
            case 1: length = 8; break;
            case 2:
                if (!varint(rest, length)) return truncated(begin);
                break;
            case 5: length = 4; break;
            default: return fail(ErrorCode::Refused, fmt::format("is not an ONNX model: unknown encoding at byte {}", offsetOf(begin)));
        }
        if (length > rest.size()) return truncated(begin);
        field.wire = static_cast<Wire>(tag & 7);
        if (field.wire == Wire::Delimited) field.content = rest.first(static_cast<std::size_t>(length));
        rest = rest.subspan(static_cast<std::size_t>(length));
        field.whole = begin.first(begin.size() - rest.size());
        return {};
    }

    template <class Visit>
    Status each(Bytes message, Visit visit) {
        Field field;
        while (!message.empty()) {
            TRIMTAB_REQUIRE(next(message, field));
            TRIMTAB_REQUIRE(visit(field));
        }
        return {};
    }

    Status modelGraph(Bytes message, Skeleton& skeleton) {
        std::string content;
        const Status walked = each(message, [&](const Field& field) -> Status {
            if (field.wire == Wire::Delimited && field.number == kGraphInitializer) {
                std::string kept;
                Bytes payload;
                TRIMTAB_REQUIRE(initializer(field.content, kept, payload));
                appendField(content, kGraphInitializer, kept);
                skeleton.payloads.push_back(payload);
                return {};
            }
            if (field.wire == Wire::Delimited && field.number == kGraphNode) TRIMTAB_REQUIRE(node(field.content, 1));
            append(content, field.whole);
            return {};
        });
        TRIMTAB_REQUIRE(walked);
        appendField(skeleton.bytes, kModelGraph, content);
        return {};
    }

    Status initializer(Bytes message, std::string& kept, Bytes& payload) {
        return each(message, [&](const Field& field) -> Status {
            if (field.number == kTensorRaw && field.wire == Wire::Delimited) {
                const bool cut = field.content.size() >= kCutFrom;  // of a repeated field the last one counts, as in protobuf
                payload = cut ? field.content : Bytes{};
                if (!cut) append(kept, field.whole);
                return {};
            }
            if (field.number == kTensorExternal && field.wire == Wire::Delimited) TRIMTAB_REQUIRE(externalEntry(field.content));
            append(kept, field.whole);
            return {};
        });
    }

    Status graph(Bytes message, int level) {
        if (level > kMaxGraphNesting) return fail(ErrorCode::Refused, fmt::format("nests graphs deeper than {} levels", kMaxGraphNesting));
        return each(message, [&](const Field& field) -> Status {
            if (field.wire != Wire::Delimited) return {};
            if (field.number == kGraphNode) return node(field.content, level);
            if (field.number == kGraphInitializer) return tensor(field.content);
            return {};
        });
    }

    Status node(Bytes message, int level) {
        return each(message, [&](const Field& field) -> Status {
            return field.wire == Wire::Delimited && field.number == kNodeAttribute ? attribute(field.content, level) : Status{};
        });
    }

    Status attribute(Bytes message, int level) {
        return each(message, [&](const Field& field) -> Status {
            if (field.wire != Wire::Delimited) return {};
            if (field.number == kAttributeGraph || field.number == kAttributeGraphs) return graph(field.content, level + 1);
            if (field.number == kAttributeTensor || field.number == kAttributeTensors) return tensor(field.content);
            return {};
        });
    }

    Status function(Bytes message) {
        return each(message, [&](const Field& field) -> Status {
            return field.wire == Wire::Delimited && field.number == kFunctionNode ? node(field.content, 1) : Status{};
        });
    }

    Status tensor(Bytes message) {
        return each(message, [&](const Field& field) -> Status {
            return field.wire == Wire::Delimited && field.number == kTensorExternal ? externalEntry(field.content) : Status{};
        });
    }

    Status externalEntry(Bytes message) {
        std::string key, value;
        const Status walked = each(message, [&](const Field& field) -> Status {
            if (field.wire != Wire::Delimited) return {};
            const std::string text(reinterpret_cast<const char*>(field.content.data()), field.content.size());
            if (field.number == kEntryKey) key = text;
            if (field.number == kEntryValue) value = text;
            return {};
        });
        TRIMTAB_REQUIRE(walked);
        if (key == "location") m_locations.insert(std::move(value));
        return {};
    }

    Bytes m_file;
    std::set<std::string> m_locations;
};

}  // namespace

Result<Skeleton> scanModel(std::span<const std::byte> file) { return Scanner(file).model(); }

}  // namespace trimtab::formats::onnx
