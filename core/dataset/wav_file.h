#pragma once
// WAV through libsndfile, decoded to one channel of float32; integer samples become −1…1. What the header claims is held against the bytes
// that are there before anything is allocated.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "core/tensor/tensor.h"

namespace trimtab::dataset {

inline constexpr std::int64_t kMaxFrames = std::int64_t{1} << 28;  // of one clip: 93 minutes at 48 kHz
inline constexpr int kMaxAudioChannels = 64;

struct WavHeader {
    std::int64_t frames = 0;
    int rate = 0;  // frames a second
    int channels = 0;
};

/// Refused: no WAV file (RIFF), a chunk longer than what is left of the file, no frames, more than kMaxFrames, more frames than the file
/// has bytes for, no or too many channels, a rate of 0.
Result<WavHeader> readWavHeader(std::span<const std::byte> bytes, const std::string& what);

/// float32 [frames]: the mean of the channels. Refused as above, and when the file ends early or holds a sample that is no number.
/// At most `most` frames are decoded.
Result<Tensor> decodeWav(std::span<const std::byte> bytes, std::int64_t most, const std::string& what);

}  // namespace trimtab::dataset
