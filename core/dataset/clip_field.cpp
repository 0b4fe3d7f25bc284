#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "core/base/file.h"
#include "core/dataset/field.h"
#include "core/dataset/wav_file.h"

namespace trimtab::dataset {
namespace {

Result<std::shared_ptr<const base::MappedFile>> openClip(const std::filesystem::path& folder, const std::string& name) {
    TRIMTAB_TRY(const int descriptor, base::openBeneath(folder, name, false));
    return base::MappedFile::adopt(descriptor, name);
}

class ClipField final : public Field {
public:
    ClipField(std::filesystem::path folder, std::vector<std::string> files, Preprocess steps, std::int64_t length)
        : m_folder(std::move(folder)), m_files(std::move(files)), m_steps(std::move(steps)), m_length(length) {}
    std::int64_t size() const override { return static_cast<std::int64_t>(m_files.size()); }
    bool isFloating() const override { return true; }

    Result<Tensor> rows(std::int64_t first, std::int64_t count) const override {
        TRIMTAB_TRY(Tensor batch, Tensor::allocate(DataType::Float32, {count, m_length}));
        const auto values = batch.mutableData<float>();
        std::fill(values.begin(), values.end(), 0.0F);
        for (std::int64_t i = 0; i < count; ++i) {
            const std::string& name = m_files[static_cast<std::size_t>(first + i)];
            TRIMTAB_TRY(const auto file, openClip(m_folder, name));
            TRIMTAB_TRY(const Tensor clip, decodeWav(file->bytes(), m_length, name));
            std::memcpy(values.data() + i * m_length, clip.bytes().data(), clip.bytes().size());
        }
        return m_steps.isIdentity() ? Result<Tensor>(std::move(batch)) : preprocess(batch, m_steps);
    }

private:
    std::filesystem::path m_folder;
    std::vector<std::string> m_files;
    Preprocess m_steps;
    std::int64_t m_length;
};

}  // namespace

Result<std::unique_ptr<Field>> makeClipField(std::filesystem::path folder, std::vector<std::string> files, Preprocess steps,
                                             std::int64_t length) {
    WavHeader common;
    for (const std::string& name : files) {
        TRIMTAB_TRY(const auto file, openClip(folder, name));
        TRIMTAB_TRY(const WavHeader header, readWavHeader(file->bytes(), name));
        if (common.frames == 0) common = header;
        if (header.rate != common.rate)
            return fail(ErrorCode::Refused,
                        fmt::format("has {} frames a second, but \"{:.80}\" has {}; clips are not resampled, bring them to one rate first",
                                    header.rate, files.front(), common.rate), name);
        if (length == 0 && header.frames != common.frames)
            return fail(ErrorCode::Refused,
                        fmt::format("has {} frames, but \"{:.80}\" has {}; set \"preprocess\": {{\"length\": …}} to cut or pad them",
                                    header.frames, files.front(), common.frames), name);
    }
    const std::int64_t frames = length > 0 ? length : common.frames;
    return std::make_unique<ClipField>(std::move(folder), std::move(files), std::move(steps), frames);
}

}  // namespace trimtab::dataset
