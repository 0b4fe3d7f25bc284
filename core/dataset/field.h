#pragma once
// One input of a dataset: where its samples come from and what is done to them.
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/dataset/preprocess.h"

namespace trimtab::dataset {

class Field {
public:
    virtual ~Field() = default;
    virtual std::int64_t size() const = 0;
    /// Samples [first, first + count), preprocessed. REQUIRES: inside [0, size()), count >= 1.
    virtual Result<Tensor> rows(std::int64_t first, std::int64_t count) const = 0;
    /// Whether rows() gives floats.
    virtual bool isFloating() const = 0;
};

/// Rows of an array [n, …]. REQUIRES: rank >= 1.
std::unique_ptr<Field> makeArrayField(Tensor samples, Preprocess steps);

/// Rows of ids of any lengths, int64 [count, longest of them]: filled up with `fill` to a multiple of kRowStep, so that not every batch is
/// planned anew, or to `length` where it is not 0. REQUIRES: no row empty, none longer than a length.
std::unique_ptr<Field> makeRowsField(std::vector<std::vector<std::int64_t>> rows, std::int64_t fill, std::int64_t length);
inline constexpr std::int64_t kRowStep = 16;

/// Image files, each read when it is asked for. Paths are relative to `folder` and opened beneath it.
std::unique_ptr<Field> makeImageField(std::filesystem::path folder, std::vector<std::string> files, Preprocess steps, int channels);

/// Clips [n, length] from .wav files, each read when it is asked for, cut or padded with zeros to `length`; 0: they must be of one length.
/// Refused, with the file: no sound WAV, clips of different rates (nothing is resampled), of different lengths.
Result<std::unique_ptr<Field>> makeClipField(std::filesystem::path folder, std::vector<std::string> files, Preprocess steps,
                                             std::int64_t length);

/// A copy of the rows [first, first + count) of an array.
Result<Tensor> sliceRows(const Tensor& array, std::int64_t first, std::int64_t count);

}  // namespace trimtab::dataset
