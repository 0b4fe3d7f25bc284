// The bytes that compression reports of a storage form are those that the kernel of that form reads.
#include "core/compress/storage_forms.h"

#include <gtest/gtest.h>

#include "core/base/random.h"
#include "kernels/cpu/simd/sparse_weight.h"

namespace trimtab::cpu::simd {
namespace {

TEST(StorageForms, ReportTheBytesThatKernelsRead) {
    base::Random random(9);
    for (const auto& [rows, columns] : {std::pair<std::int64_t, std::int64_t>{16, 64}, {37, 91}, {5, 300}, {1, 1}}) {
        for (const double density : {0.0, 0.1, 0.9}) {
            for (const auto& [height, width] : {std::pair{4, 1}, {16, 16}, {3, 5}}) {
                std::vector<float> dense(static_cast<std::size_t>(rows * columns));
                for (float& value : dense) value = random.uniform() < density ? 1.0F : 0.0F;
                recipe::PruneSpec blocks, places;
                blocks.pattern = "block " + std::to_string(height) + "x" + std::to_string(width);
                places.pattern = "16:16";
                const auto forms = compress::storageForms(dense, rows, columns, 32, 0, blocks);
                const auto packed = compress::storageForms(dense, rows, columns, 32, 0, places);
                using Kind = SparseForm::Kind;
                for (const SparseForm& form :
                     {SparseForm{Kind::Csr}, SparseForm{Kind::Coo}, SparseForm{Kind::Bitmap}, SparseForm{Kind::Bsr, height, width}}) {
                    const auto weight = makeSparse(form, dense, rows, columns);
                    ASSERT_TRUE(weight);
                    ASSERT_TRUE(forms.contains(name(form))) << name(form);
                    EXPECT_EQ(forms.at(name(form)), bytes(*weight)) << name(form) << " of " << rows << "x" << columns << " at " << density;
                }
                EXPECT_EQ(packed.at("packed 16:16"), bytes(*makeSparse({Kind::Nm, 16, 16}, dense, rows, columns)));
            }
        }
    }
}

TEST(StorageForms, ReportTheBytesOfEveryPacking) {
    for (const auto& [kept, of] : {std::pair{2, 4}, {1, 4}, {4, 8}, {3, 8}, {5, 16}}) {
        std::vector<float> dense(6 * 91, 0.0F);
        for (std::size_t i = 0; i < dense.size(); ++i) dense[i] = static_cast<int>(i % 91) % of < kept ? 1.0F : 0.0F;
        recipe::PruneSpec spec;
        spec.pattern = std::to_string(kept) + ":" + std::to_string(of);
        const auto forms = compress::storageForms(dense, 6, 91, 32, 0, spec);
        const auto weight = makeSparse({SparseForm::Kind::Nm, kept, of}, dense, 6, 91);
        ASSERT_TRUE(weight);
        EXPECT_EQ(forms.at("packed " + spec.pattern), bytes(*weight)) << spec.pattern;
    }
}

}  // namespace
}  // namespace trimtab::cpu::simd
