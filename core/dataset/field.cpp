#include "core/dataset/field.h"

#include <algorithm>
#include <cstring>
#include <span>

#include <fmt/format.h>

#include "core/base/file.h"
#include "core/dataset/image_file.h"

namespace trimtab::dataset {
namespace {

class ArrayField final : public Field {
public:
    ArrayField(Tensor samples, Preprocess steps) : m_samples(std::move(samples)), m_steps(std::move(steps)) {}
    std::int64_t size() const override { return m_samples.shape()[0]; }
    bool isFloating() const override { return !m_steps.isIdentity() || tensor::isFloatingPoint(m_samples.type()); }
    Result<Tensor> rows(std::int64_t first, std::int64_t count) const override {
        TRIMTAB_TRY(Tensor slice, sliceRows(m_samples, first, count));
        return m_steps.isIdentity() ? Result<Tensor>(std::move(slice)) : preprocess(slice, m_steps);
    }

private:
    Tensor m_samples;
    Preprocess m_steps;
};

class RowsField final : public Field {
public:
    RowsField(std::vector<std::vector<std::int64_t>> rows, std::int64_t fill, std::int64_t length)
        : m_rows(std::move(rows)), m_fill(fill), m_length(length) {}
    std::int64_t size() const override { return static_cast<std::int64_t>(m_rows.size()); }
    bool isFloating() const override { return false; }

    Result<Tensor> rows(std::int64_t first, std::int64_t count) const override {
        std::size_t width = static_cast<std::size_t>(m_length);
        const auto own = std::span(m_rows).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
        if (m_length == 0) {
            for (const auto& row : own) width = std::max(width, row.size());
            width = (width + kRowStep - 1) / kRowStep * kRowStep;
        }
        TRIMTAB_TRY(Tensor made, Tensor::allocate(DataType::Int64, Shape{count, static_cast<std::int64_t>(width)}));
        const auto values = made.mutableData<std::int64_t>();
        std::fill(values.begin(), values.end(), m_fill);
        for (std::size_t i = 0; i < own.size(); ++i)
            std::copy(own[i].begin(), own[i].end(), values.begin() + static_cast<std::ptrdiff_t>(i * width));
        return made;
    }

private:
    std::vector<std::vector<std::int64_t>> m_rows;
    std::int64_t m_fill, m_length;
};

class ImageField final : public Field {
public:
    ImageField(std::filesystem::path folder, std::vector<std::string> files, Preprocess steps, int channels)
        : m_folder(std::move(folder)), m_files(std::move(files)), m_steps(std::move(steps)), m_channels(channels) {}
    std::int64_t size() const override { return static_cast<std::int64_t>(m_files.size()); }
    bool isFloating() const override { return true; }

    Result<Tensor> rows(std::int64_t first, std::int64_t count) const override {
        Tensor batch;
        for (std::int64_t i = 0; i < count; ++i) {
            const std::string& name = m_files[static_cast<std::size_t>(first + i)];
            TRIMTAB_TRY(const Tensor image, read(name));
            std::vector<std::int64_t> dims = image.shape().dims();
            dims[0] = count;
            if (!batch.defined()) { TRIMTAB_TRY(batch, Tensor::allocate(DataType::Float32, Shape(dims))); }
            if (batch.shape() != Shape(dims))
                return fail(
                    ErrorCode::Refused,
                    fmt::format("gives a sample {} unlike the others ({}); set resize or crop", image.shape().text(), batch.shape().text()),
                    name);
            std::memcpy(batch.mutableBytes().data() + static_cast<std::size_t>(i) * image.bytes().size(), image.bytes().data(),
                        image.bytes().size());
        }
        return batch;
    }

private:
    Result<Tensor> read(const std::string& name) const {
        TRIMTAB_TRY(const int descriptor, base::openBeneath(m_folder, name, false));
        TRIMTAB_TRY(const auto file, base::MappedFile::adopt(descriptor, name));
        TRIMTAB_TRY(const Tensor pixels, decodeImage(file->bytes(), m_channels, name));
        auto image = preprocessImage(pixels, m_steps);
        if (!image && image.error().context.empty()) image.error().context = name;
        return image;
    }

    std::filesystem::path m_folder;
    std::vector<std::string> m_files;
    Preprocess m_steps;
    int m_channels = 0;
};

}  // namespace

Result<Tensor> sliceRows(const Tensor& array, std::int64_t first, std::int64_t count) {
    std::vector<std::int64_t> dims = array.shape().dims();
    const std::int64_t total = dims[0];
    dims[0] = count;
    TRIMTAB_TRY(Tensor slice, Tensor::allocate(array.type(), Shape(dims)));
    if (slice.bytes().empty()) return slice;
    const std::size_t rowBytes = array.bytes().size() / static_cast<std::size_t>(total);
    std::memcpy(slice.mutableBytes().data(), array.bytes().data() + static_cast<std::size_t>(first) * rowBytes, slice.bytes().size());
    return slice;
}

std::unique_ptr<Field> makeArrayField(Tensor samples, Preprocess steps) {
    return std::make_unique<ArrayField>(std::move(samples), std::move(steps));
}

std::unique_ptr<Field> makeRowsField(std::vector<std::vector<std::int64_t>> rows, std::int64_t fill, std::int64_t length) {
    return std::make_unique<RowsField>(std::move(rows), fill, length);
}

std::unique_ptr<Field> makeImageField(std::filesystem::path folder, std::vector<std::string> files, Preprocess steps, int channels) {
    return std::make_unique<ImageField>(std::move(folder), std::move(files), std::move(steps), channels);
}

}  // namespace trimtab::dataset
