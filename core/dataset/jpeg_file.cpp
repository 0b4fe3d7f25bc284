#include "core/dataset/jpeg_file.h"

#include <csetjmp>
#include <cstdio>

#include <jerror.h>
#include <jpeglib.h>

#include <fmt/format.h>

#include "core/dataset/image_file.h"

namespace trimtab::dataset {
namespace {

struct JpegReader {
    jpeg_decompress_struct state;
    jpeg_error_mgr errors;
    std::jmp_buf escape;
    char message[JMSG_LENGTH_MAX];
    bool isTruncated;
};

void onError(j_common_ptr common) {
    auto* reader = static_cast<JpegReader*>(common->client_data);
    common->err->format_message(common, reader->message);
    std::longjmp(reader->escape, 1);
}

void onMessage(j_common_ptr common, int level) {
    if (level < 0 && (common->err->msg_code == JWRN_JPEG_EOF || common->err->msg_code == JWRN_HIT_MARKER))
        static_cast<JpegReader*>(common->client_data)->isTruncated = true;
}

void onOutput(j_common_ptr) {}

bool readHeader(JpegReader& reader, const unsigned char* data, unsigned long size, int channels) {
    if (setjmp(reader.escape)) return false;
    jpeg_create_decompress(&reader.state);
    jpeg_mem_src(&reader.state, data, size);
    jpeg_read_header(&reader.state, TRUE);
    const bool isGrey = channels == 0 ? reader.state.num_components == 1 : channels == 1;
    reader.state.out_color_space = isGrey ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_calc_output_dimensions(&reader.state);
    return true;
}

bool readPixels(JpegReader& reader, unsigned char* to) {
    if (setjmp(reader.escape)) return false;
    jpeg_start_decompress(&reader.state);
    const std::size_t stride =
        static_cast<std::size_t>(reader.state.output_width) * static_cast<std::size_t>(reader.state.output_components);
    while (reader.state.output_scanline < reader.state.output_height) {
        JSAMPROW row = to + stride * reader.state.output_scanline;
        jpeg_read_scanlines(&reader.state, &row, 1);
    }
    jpeg_finish_decompress(&reader.state);
    return true;
}

}  // namespace

Result<Tensor> decodeJpeg(std::span<const std::byte> bytes, int channels, const std::string& what) {
    JpegReader reader{};
    reader.state.err = jpeg_std_error(&reader.errors);
    reader.state.client_data = &reader;
    reader.errors.error_exit = onError;
    reader.errors.emit_message = onMessage;
    reader.errors.output_message = onOutput;
    const struct Cleanup {
        JpegReader& held;
        ~Cleanup() { jpeg_destroy_decompress(&held.state); }
    } cleanup{reader};

    const auto refused = [&] { return fail(ErrorCode::Refused, fmt::format("is no readable JPEG image: {}", reader.message), what); };
    if (!readHeader(reader, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), channels)) return refused();
    const std::int64_t width = reader.state.output_width, height = reader.state.output_height,
                       depth = reader.state.out_color_space == JCS_RGB ? 3 : 1;
    if (width > kMaxImageExtent || height > kMaxImageExtent)
        return fail(ErrorCode::Refused, fmt::format("is {}×{} pixels, more than {} a side", width, height, kMaxImageExtent), what);
    TRIMTAB_TRY(Tensor pixels, Tensor::allocate(DataType::UInt8, {height, width, depth}));
    if (!readPixels(reader, reinterpret_cast<unsigned char*>(pixels.mutableBytes().data()))) return refused();
    if (reader.isTruncated) return fail(ErrorCode::Refused, "is truncated or damaged", what);
    return pixels;
}

}  // namespace trimtab::dataset
