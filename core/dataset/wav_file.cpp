#include "core/dataset/wav_file.h"

#include <sndfile.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace trimtab::dataset {
namespace {

/// What libsndfile reads from; it never writes.
struct Source {
    std::span<const std::byte> bytes;
    sf_count_t at = 0;
};

sf_count_t lengthOf(void* data) { return static_cast<sf_count_t>(static_cast<Source*>(data)->bytes.size()); }
sf_count_t tell(void* data) { return static_cast<Source*>(data)->at; }
sf_count_t seek(sf_count_t offset, int whence, void* data) {
    auto& source = *static_cast<Source*>(data);
    const sf_count_t end = lengthOf(data);
    const sf_count_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? source.at : end;
    sf_count_t to = 0;
    if (__builtin_add_overflow(base, offset, &to)) return -1;
    source.at = std::clamp<sf_count_t>(to, 0, end);
    return source.at;
}
sf_count_t read(void* into, sf_count_t count, void* data) {
    auto& source = *static_cast<Source*>(data);
    const sf_count_t given = std::clamp<sf_count_t>(count, 0, lengthOf(data) - source.at);
    std::memcpy(into, source.bytes.data() + source.at, static_cast<std::size_t>(given));
    source.at += given;
    return given;
}
sf_count_t writeNothing(const void*, sf_count_t, void*) { return 0; }

struct Closer {
    void operator()(SNDFILE* file) const { sf_close(file); }
};
struct Opened {
    std::unique_ptr<Source> source;
    std::unique_ptr<SNDFILE, Closer> file;
    SF_INFO info{};
};

/// Frames that so many bytes hold at most; -1 for samples that are coded in blocks.
std::int64_t mostFrames(const SF_INFO& info, std::size_t bytes) {
    const auto size = static_cast<std::int64_t>(bytes);
    switch (info.format & SF_FORMAT_SUBMASK) {
        case SF_FORMAT_PCM_U8:
        case SF_FORMAT_ULAW:
        case SF_FORMAT_ALAW: return size / info.channels;
        case SF_FORMAT_PCM_16: return size / 2 / info.channels;
        case SF_FORMAT_PCM_24: return size / 3 / info.channels;
        case SF_FORMAT_PCM_32:
        case SF_FORMAT_FLOAT: return size / 4 / info.channels;
        case SF_FORMAT_DOUBLE: return size / 8 / info.channels;
        default: return -1;
    }
}

/// libsndfile reads what is there of a file that was cut off; a dataset wants to know. Each chunk is a tag of four letters, its size, and
/// so many bytes, padded to an even number (RIFF, Microsoft and IBM 1991).
Status checkChunks(std::span<const std::byte> bytes, const std::string& what) {
    const auto tagAt = [&](std::size_t at) { return std::string_view(reinterpret_cast<const char*>(bytes.data()) + at, 4); };
    const auto sizeAt = [&](std::size_t at) {
        std::size_t size = 0;
        for (std::size_t i = 0; i < 4; ++i) size |= std::to_integer<std::size_t>(bytes[at + i]) << (8 * i);
        return size;
    };
    if (bytes.size() < 12 || tagAt(0) != "RIFF" || tagAt(8) != "WAVE") return fail(ErrorCode::Refused, "is no WAV file", what);
    for (std::size_t at = 12; bytes.size() - at >= 8;) {
        const std::size_t size = sizeAt(at + 4), left = bytes.size() - at - 8;
        if (size > left)
            return fail(ErrorCode::Refused,
                        fmt::format("has a chunk of {} bytes at {}, but only {} follow; it was cut off", size, at, left), what);
        if (tagAt(at) == "data") return {};
        at += 8 + std::min(size + size % 2, left);
    }
    return fail(ErrorCode::Refused, "has no samples", what);
}

Result<Opened> openWav(std::span<const std::byte> bytes, const std::string& what) {
    TRIMTAB_REQUIRE(checkChunks(bytes, what));
    Opened opened;
    opened.source = std::make_unique<Source>(Source{bytes});
    SF_VIRTUAL_IO io{lengthOf, seek, read, writeNothing, tell};
    opened.file.reset(sf_open_virtual(&io, SFM_READ, &opened.info, opened.source.get()));
    const SF_INFO& info = opened.info;
    if (!opened.file) return fail(ErrorCode::Refused, fmt::format("is no readable WAV file: {}", sf_strerror(nullptr)), what);
    if (info.channels < 1 || info.channels > kMaxAudioChannels)
        return fail(ErrorCode::Refused, fmt::format("has {} channels; 1 to {} are read", info.channels, kMaxAudioChannels), what);
    if (info.samplerate < 1) return fail(ErrorCode::Refused, fmt::format("has a rate of {} frames a second", info.samplerate), what);
    const std::int64_t most = mostFrames(info, bytes.size());
    if (most < 0) return fail(ErrorCode::Refused, "has compressed samples; PCM, float, mu-law and A-law are read", what);
    if (info.frames < 1 || info.frames > kMaxFrames)
        return fail(ErrorCode::Refused, fmt::format("has {} frames; 1 to {} are read", info.frames, kMaxFrames), what);
    if (info.frames > most)
        return fail(ErrorCode::Refused, fmt::format("claims {} frames, but its bytes hold at most {}", info.frames, most), what);
    return opened;
}

}  // namespace

Result<WavHeader> readWavHeader(std::span<const std::byte> bytes, const std::string& what) {
    TRIMTAB_TRY(const Opened opened, openWav(bytes, what));
    return WavHeader{opened.info.frames, opened.info.samplerate, opened.info.channels};
}

Result<Tensor> decodeWav(std::span<const std::byte> bytes, std::int64_t most, const std::string& what) {
    TRIMTAB_TRY(const Opened opened, openWav(bytes, what));
    const std::int64_t frames = std::min<std::int64_t>(opened.info.frames, most);
    const auto channels = static_cast<std::size_t>(opened.info.channels);
    TRIMTAB_TRY(Tensor clip, Tensor::allocate(DataType::Float32, {frames}));
    const auto values = clip.mutableData<float>();
    constexpr std::int64_t kAtOnce = 4096;
    std::vector<float> piece(static_cast<std::size_t>(kAtOnce) * channels);
    for (std::int64_t at = 0; at < frames;) {
        const std::int64_t got = sf_readf_float(opened.file.get(), piece.data(), std::min(kAtOnce, frames - at));
        if (got < 1) return fail(ErrorCode::Refused, fmt::format("ends after {} of {} frames", at, opened.info.frames), what);
        for (std::int64_t i = 0; i < got; ++i) {
            float sum = 0;
            for (std::size_t c = 0; c < channels; ++c) sum += piece[static_cast<std::size_t>(i) * channels + c];
            if (!std::isfinite(sum))
                return fail(ErrorCode::Refused, fmt::format("holds a sample that is no number at frame {}", at + i), what);
            values[static_cast<std::size_t>(at + i)] = sum / static_cast<float>(channels);
        }
        at += got;
    }
    return clip;
}

}  // namespace trimtab::dataset
