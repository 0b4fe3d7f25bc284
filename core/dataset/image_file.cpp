#include "core/dataset/image_file.h"

#include <png.h>

#include <cstdio>
#include <cstring>

#include <fmt/format.h>

#include "core/dataset/jpeg_file.h"

namespace trimtab::dataset {
namespace {

Result<Tensor> decodePng(std::span<const std::byte> bytes, int channels, const std::string& what) {
    png_image image;
    std::memset(&image, 0, sizeof image);
    image.version = PNG_IMAGE_VERSION;
    const auto refused = [&] {
        std::string reason = image.message;
        png_image_free(&image);
        return fail(ErrorCode::Refused, fmt::format("is no readable PNG image: {}", reason), what);
    };
    if (!png_image_begin_read_from_memory(&image, bytes.data(), bytes.size())) return refused();
    if (image.width > kMaxImageExtent || image.height > kMaxImageExtent) {
        png_image_free(&image);
        return fail(ErrorCode::Refused, fmt::format("is {}×{} pixels, more than {} a side", image.width, image.height, kMaxImageExtent),
                    what);
    }
    const bool isColour = channels == 0 ? (image.format & PNG_FORMAT_FLAG_COLOR) != 0 : channels == 3;
    image.format = isColour ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
    auto pixels = Tensor::allocate(DataType::UInt8, {image.height, image.width, isColour ? 3 : 1});
    if (!pixels) {
        png_image_free(&image);
        return pixels;
    }
    const png_color black{0, 0, 0};
    if (!png_image_finish_read(&image, &black, pixels->mutableBytes().data(), 0, nullptr)) return refused();
    return pixels;
}

}  // namespace

Result<Tensor> decodeImage(std::span<const std::byte> bytes, int channels, const std::string& what) {
    const auto starts = [&](std::string_view magic) {
        return bytes.size() >= magic.size() && std::memcmp(bytes.data(), magic.data(), magic.size()) == 0;
    };
    if (starts("\x89PNG\r\n\x1a\n")) return decodePng(bytes, channels, what);
    if (starts("\xff\xd8\xff")) return decodeJpeg(bytes, channels, what);
    return fail(ErrorCode::Refused, "is neither a PNG nor a JPEG image", what);
}

}  // namespace trimtab::dataset
