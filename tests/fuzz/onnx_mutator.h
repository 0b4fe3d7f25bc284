#pragma once
// Mutations of a model's fields rather than its bytes, so that what comes out is a protobuf message again.
#include <cstdint>
#include <optional>
#include <string>

namespace trimtab::fuzz {

/// One to four changes drawn from the seed: a number, word or enumerator replaced (words by others of the model), a field cleared, an
/// element of a repeated field doubled, dropped or moved, a message put in the place of another of its type. nullopt when the bytes are
/// no message.
std::optional<std::string> mutatedModel(const std::string& bytes, std::uint64_t seed);

}  // namespace trimtab::fuzz
