#include "kernels/cpu/simd/sparse_weight.h"

namespace trimtab::cpu::simd {

std::string name(const SparseForm& form) {
    const std::string first = std::to_string(form.first), second = std::to_string(form.second);
    switch (form.kind) {
        case SparseForm::Kind::Csr: return "csr";
        case SparseForm::Kind::Coo: return "coo";
        case SparseForm::Kind::Bsr: return "bsr " + first + "x" + second;
        case SparseForm::Kind::Bitmap: return "bitmap";
        case SparseForm::Kind::Nm: return "packed " + first + ":" + second;
    }
    return "";
}

Result<SparseWeight> makeSparse(const SparseForm& form, const std::vector<float>& dense, std::int64_t rows, std::int64_t columns) {
    switch (form.kind) {
        case SparseForm::Kind::Coo: return CooWeight::fromDense(dense, rows, columns);
        case SparseForm::Kind::Bsr: return BsrWeight::fromDense(dense, rows, columns, form.first, form.second);
        case SparseForm::Kind::Bitmap: return BitmapWeight::fromDense(dense, rows, columns);
        case SparseForm::Kind::Nm: return NmWeight::fromDense(dense, rows, columns, form.first, form.second);
        default: return CsrWeight::fromDense(dense, rows, columns);
    }
}

std::int64_t bytes(const SparseWeight& weight) {
    return std::visit([](const auto& form) { return form.bytes(); }, weight);
}

void matMul(const SparseWeight& weight, const float* x, std::int64_t m, float* y, const Epilogue& epilogue, float* scratch, Isa isa) {
    std::visit([&](const auto& form) { matMul(form, x, m, y, epilogue, scratch, isa); }, weight);
}

}  // namespace trimtab::cpu::simd
