#include "core/trace/trace_codec.h"

#include <bit>
#include <limits>
#include <optional>

#include <zstd.h>

namespace trimtab::trace {
namespace {

constexpr std::string_view kMagic = "TTTRACE1";
constexpr unsigned long long kMostBytes = 256ULL << 20;
constexpr int kLevel = 3;
constexpr std::size_t kMostNames = 1 << 20, kMostTracks = 65'535, kMostSeries = 4096, kMostSpans = 16 << 20;
constexpr std::uint64_t kLastKind = static_cast<std::uint64_t>(SpanKind::Overhead);

class Writer {
public:
    void number(std::uint64_t value) {
        for (; value >= 0x80; value >>= 7) m_bytes.push_back(static_cast<char>(value | 0x80));
        m_bytes.push_back(static_cast<char>(value));
    }
    /// Small numbers of either sign take few bytes.
    void difference(std::int64_t value) {
        number((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
    }
    void real(double value) {
        const auto bits = std::bit_cast<std::uint64_t>(value);
        for (int shift = 0; shift < 64; shift += 8) m_bytes.push_back(static_cast<char>(bits >> shift));
    }
    void text(std::string_view value) {
        number(value.size());
        m_bytes.append(value);
    }
    const std::string& bytes() const { return m_bytes; }

private:
    std::string m_bytes;
};

/// Reads what Writer writes; after the first thing that is not there, everything is zero and failed() is true.
class Reader {
public:
    explicit Reader(std::string_view bytes) : m_rest(bytes) {}

    std::uint64_t number() {
        std::uint64_t value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            if (m_rest.empty()) break;
            const auto byte = static_cast<std::uint8_t>(m_rest.front());
            m_rest.remove_prefix(1);
            value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
            if (byte < 0x80) return value;
        }
        m_failed = true;
        return 0;
    }
    std::int64_t difference() {
        const std::uint64_t value = number();
        return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
    }
    double real() {
        if (m_rest.size() < 8) return m_failed = true, 0;
        std::uint64_t bits = 0;
        for (int i = 7; i >= 0; --i) bits = bits << 8 | static_cast<std::uint8_t>(m_rest[static_cast<std::size_t>(i)]);
        m_rest.remove_prefix(8);
        return std::bit_cast<double>(bits);
    }
    std::string text() {
        const std::size_t size = count(1);
        const std::string value(m_rest.substr(0, size));
        m_rest.remove_prefix(size);
        return value;
    }
    /// A number of things that take at least `least` bytes each.
    std::size_t count(std::size_t least, std::size_t most = std::numeric_limits<std::size_t>::max()) {
        const std::uint64_t value = number();
        if (value > m_rest.size() / least || value > most) return m_failed = true, 0;
        return static_cast<std::size_t>(value);
    }
    bool failed() const { return m_failed; }
    bool atEnd() const { return m_rest.empty() && !m_failed; }

private:
    std::string_view m_rest;
    bool m_failed = false;
};

constexpr std::size_t kColumns = 6;  // of a span

/// Sums that a hostile file makes overflow wrap around, and fail the check.
std::int64_t plus(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

void writeSpans(Writer& writer, const std::vector<Span>& spans) {
    writer.number(spans.size());
    Span last;
    for (const Span& span : spans) {
        writer.difference(plus(span.beginNs, -last.beginNs));
        last.beginNs = span.beginNs;
    }
    for (const Span& span : spans) writer.number(static_cast<std::uint64_t>(span.durationNs));
    for (const Span& span : spans) {
        writer.difference(span.name - last.name);
        last.name = span.name;
    }
    for (const Span& span : spans) {
        writer.difference(std::int64_t{span.layer} - last.layer);
        last.layer = span.layer;
    }
    for (const Span& span : spans) writer.number(span.track);
    for (const Span& span : spans) writer.number(static_cast<std::uint64_t>(span.kind));
}

bool readSpans(Reader& reader, std::vector<Span>& spans) {
    spans.resize(reader.count(kColumns, kMostSpans));
    std::int64_t begin = 0, name = 0, layer = -1;
    bool isSmall = true;
    const auto narrow = [&]<class T>(T& to, std::int64_t from) {
        to = static_cast<T>(from);
        isSmall = isSmall && static_cast<std::int64_t>(to) == from;
    };
    for (Span& span : spans) span.beginNs = begin = plus(begin, reader.difference());
    for (Span& span : spans) span.durationNs = static_cast<std::int64_t>(reader.number());
    for (Span& span : spans) narrow(span.name, name = plus(name, reader.difference()));
    for (Span& span : spans) narrow(span.layer, layer = plus(layer, reader.difference()));
    for (Span& span : spans) narrow(span.track, static_cast<std::int64_t>(reader.number()));
    for (Span& span : spans) {
        const std::uint64_t kind = reader.number();
        isSmall = isSmall && kind <= kLastKind;
        span.kind = static_cast<SpanKind>(kind <= kLastKind ? kind : 0);
    }
    return isSmall;
}

void writeTexts(Writer& writer, const std::vector<std::string>& texts) {
    writer.number(texts.size());
    for (const std::string& text : texts) writer.text(text);
}

void readTexts(Reader& reader, std::vector<std::string>& texts, std::size_t most) {
    const std::size_t count = reader.count(1, most);
    for (std::size_t i = 0; i < count && !reader.failed(); ++i) texts.push_back(reader.text());
}

void writeCounters(Writer& writer, const std::vector<CounterSeries>& counters) {
    writer.number(counters.size());
    for (const CounterSeries& series : counters) {
        writer.text(series.name);
        writer.text(series.unit);
        writer.number(series.samples.size());
        std::int64_t last = 0;
        for (const CounterSample& sample : series.samples) {
            writer.difference(sample.timeNs - last);
            writer.real(sample.value);
            last = sample.timeNs;
        }
    }
}

void readCounters(Reader& reader, std::vector<CounterSeries>& counters) {
    const std::size_t count = reader.count(3, kMostSeries);
    for (std::size_t i = 0; i < count && !reader.failed(); ++i) {
        CounterSeries& series = counters.emplace_back();
        series.name = reader.text();
        series.unit = reader.text();
        series.samples.resize(reader.count(9));
        std::int64_t time = 0;
        for (CounterSample& sample : series.samples) {
            sample.timeNs = time = plus(time, reader.difference());
            sample.value = reader.real();
        }
    }
}

std::optional<std::string> decompressed(std::string_view bytes) {
    const unsigned long long size = ZSTD_getFrameContentSize(bytes.data(), bytes.size());
    if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN || size > kMostBytes) return std::nullopt;
    std::string content(static_cast<std::size_t>(size), '\0');
    const std::size_t written = ZSTD_decompress(content.data(), content.size(), bytes.data(), bytes.size());
    if (ZSTD_isError(written) || written != content.size()) return std::nullopt;
    return content;
}

}  // namespace

std::string packed(const Trace& trace) {
    Writer writer;
    writeTexts(writer, trace.names);
    writeTexts(writer, trace.tracks);
    writer.number(static_cast<std::uint64_t>(trace.dropped));
    writeSpans(writer, trace.spans);
    writeCounters(writer, trace.counters);
    const std::string& content = writer.bytes();
    std::string bytes(kMagic);
    bytes.resize(kMagic.size() + ZSTD_compressBound(content.size()));
    const std::size_t size =
        ZSTD_compress(bytes.data() + kMagic.size(), bytes.size() - kMagic.size(), content.data(), content.size(), kLevel);
    bytes.resize(kMagic.size() + size);
    return bytes;
}

Result<Trace> unpacked(std::string_view bytes) {
    const auto broken = fail(ErrorCode::Refused, "these bytes are no trace");
    if (!bytes.starts_with(kMagic)) return broken;
    const auto content = decompressed(bytes.substr(kMagic.size()));
    if (!content) return broken;
    Reader reader(*content);
    Trace trace;
    readTexts(reader, trace.names, kMostNames);
    readTexts(reader, trace.tracks, kMostTracks);
    trace.dropped = static_cast<std::int64_t>(reader.number());
    const bool fits = readSpans(reader, trace.spans);
    readCounters(reader, trace.counters);
    if (!reader.atEnd() || !fits || trace.dropped < 0) return broken;
    TRIMTAB_REQUIRE(check(trace));
    return trace;
}

}  // namespace trimtab::trace
