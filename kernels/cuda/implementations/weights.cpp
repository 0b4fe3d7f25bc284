#include "kernels/cuda/implementations/weights.h"

#include <cstring>

#include "core/tensor/convert.h"
#include "kernels/cuda/kernels/movement.h"

namespace trimtab::cuda {
namespace {

std::int64_t padded(std::int64_t bytes) { return (bytes + 15) / 16 * 16; }

template <class T>
std::vector<std::byte> bytesOf(const std::vector<T>& values) {
    const auto span = std::as_bytes(std::span(values));
    return {span.begin(), span.end()};
}

Result<DeviceMemory> uploaded(const CudaBackend& backend, std::span<const std::byte> bytes) {
    Device& device = backend.device();
    TRIMTAB_TRY(DeviceMemory memory, device.allocate(static_cast<std::int64_t>(bytes.size())));
    TRIMTAB_REQUIRE(device.upload(memory.get(), bytes.data(), static_cast<std::int64_t>(bytes.size())));
    TRIMTAB_REQUIRE(device.synchronize());
    return memory;
}

/// count elements of `from` as `to`, on the device.
Status convert(const CudaBackend& backend, std::int64_t count, DataType from, const void* source, DataType to, void* target) {
    Expression expression;
    expression.extents = {count};
    expression.inputs.resize(1);
    expression.inputs[0].type = from;
    expression.inputs[0].strides[0] = 1;
    expression.outputType = to;
    TRIMTAB_REQUIRE(checkExpression(expression));
    return launchExpression(backend.stream(), expression, {source}, target);
}

Status transpose(const CudaBackend& backend, std::int64_t k, std::int64_t n, int elementBytes, const void* source, void* target) {
    StridedCopy copy;
    copy.elementBytes = elementBytes;
    copy.rank = 2;
    copy.extents = {n, k};
    copy.fromStrides = {1, n};
    copy.toStrides = {k, 1};
    return launchStridedCopy(backend.stream(), copy, source, target);
}

/// The matrix goes up as it is stored; type and orientation change there.
Result<DeviceMemory> rowsOf(const CudaBackend& backend, const Tensor& weight, const plan::WeightProduct& product, DataType type) {
    const std::int64_t count = product.n * product.k;
    const int width = bitWidth(type) / 8;
    TRIMTAB_TRY(DeviceMemory memory, uploaded(backend, weight.bytes()));
    if (weight.type() != type) {
        TRIMTAB_TRY(DeviceMemory converted, backend.device().allocate(count * width));
        TRIMTAB_REQUIRE(convert(backend, count, weight.type(), memory.get(), type, converted.get()));
        memory = std::move(converted);
    }
    if (product.layout == tensor::WeightLayout::OutputsFirst) return memory;
    TRIMTAB_TRY(DeviceMemory rows, backend.device().allocate(count * width));
    TRIMTAB_REQUIRE(transpose(backend, product.k, product.n, width, memory.get(), rows.get()));
    return rows;
}

/// The values of the weight and what keeps them alive and tells them apart.
struct Source {
    const void* identity = nullptr;
    std::shared_ptr<const void> owner;
    Tensor tensor;  // when it is a constant
    const tensor::QuantizedWeight* codes = nullptr;
};

Result<Source> sourceOf(const NodeView& view) {
    if (const auto& codes = view.value(1).quantized) return Source{codes.get(), codes, {}, codes.get()};
    const Tensor* constant = view.constant(1);
    if (!constant) return fail(ErrorCode::Failed, "a weight was expected", view.node.name);
    return Source{constant->bytes().data(), std::make_shared<Tensor>(*constant), *constant, nullptr};
}

Result<SlotId> placeMemory(Builder& builder, const Source& source, const std::string& kind, std::int64_t bytes,
                           const std::function<Result<DeviceMemory>()>& make) {
    TRIMTAB_TRY(auto entry, builder.weightStore().findOrMake<DeviceMemory>(source.identity, kind, source.owner, make,
                                                                           [bytes](const DeviceMemory&) { return bytes; }));
    builder.hold(entry.held);
    return builder.fixedBytes(entry.value->get(), bytes);
}

/// Codes of one row, two a byte for four bits, padded with codes of value zero.
void packRow(const std::int8_t* codes, std::int64_t count, int bits, std::byte* to, std::int64_t pitch) {
    if (bits == 8) {
        std::memcpy(to, codes, static_cast<std::size_t>(count));
        std::memset(to + count, 0, static_cast<std::size_t>(pitch - count));
        return;
    }
    std::memset(to, 0x88, static_cast<std::size_t>(pitch));
    for (std::int64_t i = 0; i < count; ++i) {
        const auto code = static_cast<unsigned>(codes[i] + 8) & 0xFU;
        auto& byte = to[i / 2];
        byte = i % 2 == 0 ? (byte & std::byte{0xF0}) | std::byte(code) : (byte & std::byte{0x0F}) | std::byte(code << 4U);
    }
}

std::vector<std::byte> packedRows(const tensor::QuantizedWeight& weight, int bits, std::int64_t pitch) {
    std::vector<std::byte> packed(static_cast<std::size_t>(weight.rows * pitch));
    for (std::int64_t row = 0; row < weight.rows; ++row)
        packRow(weight.codes.data() + row * weight.columns, weight.columns, bits, packed.data() + row * pitch, pitch);
    return packed;
}

}  // namespace

Result<SlotId> placeBytes(Builder& builder, const void* identity, const std::string& kind, std::shared_ptr<const void> owner,
                          const std::function<Result<std::vector<std::byte>>()>& make) {
    struct Sized {
        DeviceMemory memory;
        std::int64_t bytes = 0;
    };
    TRIMTAB_TRY(auto entry, builder.weightStore().findOrMake<Sized>(
                                identity, kind, owner,
                                [&]() -> Result<Sized> {
                                    TRIMTAB_TRY(const auto values, make());
                                    TRIMTAB_TRY(DeviceMemory memory, uploaded(backendOf(builder), values));
                                    return Sized{std::move(memory), static_cast<std::int64_t>(values.size())};
                                },
                                [](const Sized& sized) { return sized.bytes; }));
    builder.hold(entry.held);
    return builder.fixedBytes(entry.value->memory.get(), entry.value->bytes);
}

Result<PlacedWeight> placeRows(Builder& builder, const NodeView& view, const plan::WeightProduct& product, DataType type) {
    const CudaBackend& backend = backendOf(builder);
    TRIMTAB_TRY(const Source source, sourceOf(view));
    const std::int64_t width = bitWidth(type) / 8;
    PlacedWeight placed;
    placed.format = {WeightFormat::Kind::Plain, type, product.k * width, product.k, false};
    placed.bytes = product.n * product.k * width;
    TRIMTAB_TRY(placed.values,
                placeMemory(builder, source, "rows of " + std::string(tensor::name(type)), placed.bytes, [&]() -> Result<DeviceMemory> {
                    if (!source.codes) return rowsOf(backend, source.tensor, product, type);
                    TRIMTAB_TRY(const Tensor values, source.codes->dequantize());
                    return rowsOf(backend, values, product, type);
                }));
    return placed;
}

Result<PlacedWeight> placeCodes(Builder& builder, const NodeView& view) {
    const auto& owner = view.value(1).quantized;
    const tensor::QuantizedWeight& weight = *owner;
    const int bits = weight.bits <= 4 ? 4 : 8;
    PlacedWeight placed;
    placed.format.kind = bits == 4 ? WeightFormat::Kind::Int4 : WeightFormat::Kind::Int8;
    placed.format.pitchBytes = padded(bits == 4 ? (weight.columns + 1) / 2 : weight.columns);
    placed.format.group = weight.group;
    placed.format.zeroPoints = !weight.symmetric;
    const std::int64_t pitch = placed.format.pitchBytes;
    placed.bytes = weight.rows * pitch + static_cast<std::int64_t>(weight.scales.size() * 4 + weight.zeroPoints.size());
    TRIMTAB_TRY(placed.values, placeBytes(builder, owner.get(), "codes", owner,
                                          [&] { return Result<std::vector<std::byte>>(packedRows(weight, bits, pitch)); }));
    TRIMTAB_TRY(placed.scales,
                placeBytes(builder, owner.get(), "scales", owner, [&] { return Result<std::vector<std::byte>>(bytesOf(weight.scales)); }));
    if (weight.symmetric) return placed;
    TRIMTAB_TRY(placed.zeros, placeBytes(builder, owner.get(), "zeros", owner,
                                         [&] { return Result<std::vector<std::byte>>(bytesOf(weight.zeroPoints)); }));
    return placed;
}

Result<IntegerWeight> placeIntegerWeight(Builder& builder, const NodeView& view) {
    const auto& owner = view.value(1).quantized;
    const tensor::QuantizedWeight& weight = *owner;
    IntegerWeight placed;
    placed.pitch = padded(weight.columns);
    TRIMTAB_TRY(placed.codes, placeBytes(builder, owner.get(), "codes", owner,
                                         [&] { return Result<std::vector<std::byte>>(packedRows(weight, 8, placed.pitch)); }));
    TRIMTAB_TRY(placed.scales,
                placeBytes(builder, owner.get(), "scales", owner, [&] { return Result<std::vector<std::byte>>(bytesOf(weight.scales)); }));
    TRIMTAB_TRY(placed.rowSums, placeBytes(builder, owner.get(), "row sums", owner, [&]() -> Result<std::vector<std::byte>> {
                    std::vector<std::int32_t> sums(static_cast<std::size_t>(weight.rows), 0);
                    for (std::int64_t row = 0; row < weight.rows; ++row)
                        for (std::int64_t k = 0; k < weight.columns; ++k)
                            sums[static_cast<std::size_t>(row)] += weight.codes[static_cast<std::size_t>(row * weight.columns + k)];
                    return bytesOf(sums);
                }));
    return placed;
}

Result<Float8Weight> placeFloat8Weight(Builder& builder, const NodeView& view, const plan::WeightProduct& product) {
    const CudaBackend& backend = backendOf(builder);
    TRIMTAB_TRY(const Source source, sourceOf(view));
    const std::int64_t count = product.n * product.k;
    const auto scaleBytes = static_cast<std::int64_t>(sizeof(float));
    Float8Weight placed;
    // The scale stands behind the codes, in one allocation.
    const std::int64_t codesBytes = (count + 255) / 256 * 256;
    TRIMTAB_TRY(placed.codes, placeMemory(builder, source, "fp8 rows", codesBytes + scaleBytes, [&]() -> Result<DeviceMemory> {
                    Device& device = backend.device();
                    TRIMTAB_TRY(DeviceMemory made, device.allocate(codesBytes + scaleBytes));
                    Tensor values = source.tensor;
                    if (source.codes) {
                        TRIMTAB_TRY(values, source.codes->dequantize());
                    }
                    TRIMTAB_TRY(const DeviceMemory rows, rowsOf(backend, values, product, values.type()));
                    TRIMTAB_TRY(const DeviceMemory partials, device.allocate(1024 * scaleBytes));
                    auto* scale = reinterpret_cast<float*>(made.get() + codesBytes);
                    auto* work = reinterpret_cast<float*>(partials.get());
                    TRIMTAB_REQUIRE(launchFloat8Scale(backend.stream(), values.type(), count, rows.get(), work, scale));
                    TRIMTAB_REQUIRE(launchToFloat8(backend.stream(), values.type(), count, rows.get(), scale,
                                                   reinterpret_cast<std::uint8_t*>(made.get())));
                    return made;
                }));
    placed.scale = builder.offsetOf(placed.codes, codesBytes, scaleBytes);
    return placed;
}

Result<SlotId> placeBias(Builder& builder, const NodeView& view, graph::ValueId bias, std::int64_t n, DataType type) {
    if (bias == graph::kNoValue) return kNoSlot;
    const Tensor* constant = view.graph.constantOf(bias);
    if (!constant) return builder.read(bias, Form{type, Layout::Plain});
    return placeBytes(builder, constant->bytes().data(), "bias of " + std::to_string(n) + " " + std::string(tensor::name(type)),
                      std::make_shared<Tensor>(*constant), [&]() -> Result<std::vector<std::byte>> {
                          std::vector<float> values(static_cast<std::size_t>(n));
                          for (std::int64_t i = 0; i < n; ++i)
                              values[static_cast<std::size_t>(i)] =
                                  static_cast<float>(tensor::elementAsDouble(*constant, constant->elementCount() == 1 ? 0 : i));
                          TRIMTAB_TRY(const Tensor made, tensor::convert(Tensor::fromFloats(Shape{n}, values), type));
                          return std::vector<std::byte>(made.bytes().begin(), made.bytes().end());
                      });
}

}  // namespace trimtab::cuda
