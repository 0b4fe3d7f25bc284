#include "core/dataset/chat/hidden_names.h"

#include <array>
#include <map>
#include <set>

namespace trimtab::dataset::chat {
namespace {

/// The names of a body, and of a branch in it those that the branch adds.
struct Names {
    const Names* base = nullptr;   // of a branch: the body before it
    const Names* outer = nullptr;  // the body around
    std::map<std::string, bool> known{};  // true: hidden until it is set
    std::set<std::string> stored{};

    bool isKnownHere(const std::string& name) const {
        for (const Names* names = this; names; names = names->base)
            if (names->known.contains(name)) return true;
        return false;
    }
    bool isKnown(const std::string& name) const {
        for (const Names* names = this; names; names = names->outer)
            if (names->isKnownHere(name)) return true;
        return false;
    }
    bool isStored(const std::string& name) const {
        for (const Names* names = this; names; names = names->base)
            if (names->stored.contains(name)) return true;
        return false;
    }
    void read(const std::string& name) {
        if (!isKnown(name)) known[name] = false;
    }
    void store(const std::string& name) {
        stored.insert(name);
        if (!isKnownHere(name)) known[name] = !(outer && outer->isKnown(name));
    }
    Names branch() const { return {.base = this, .outer = outer}; }
    /// A name that a branch gives a value may still be the caller's.
    void merge(const std::array<Names, 3>& branches) {
        for (const Names& branch : branches)
            for (const auto& [name, isHidden] : branch.known) known[name] = isHidden;
        for (const Names& branch : branches) {
            for (const std::string& name : branch.stored)
                if (!isStored(name)) known[name] = false;
        }
        for (const Names& branch : branches) stored.insert(branch.stored.begin(), branch.stored.end());
    }
};

void read(const Expression& expression, Names& names) {
    if (expression.kind == Expression::Kind::Name) names.read(expression.name);
    for (const ExpressionPtr& part : expression.parts)
        if (part) read(*part, names);
    for (const Keyword& keyword : expression.keywords) read(*keyword.value, names);
}

void store(const Target& target, Names& names) {
    for (const Target& part : target.parts) store(part, names);
    if (target.name.empty()) return;
    if (target.attribute.empty()) names.store(target.name);
    else names.read(target.name);
}

void visit(const Body& body, Names& names);

/// Three branches to Jinja2: the first body, all that `elif` opens, each with an If of its own in it, and `else`.
void visitBranches(const Statement& choice, Names& names) {
    read(*choice.branches.front().condition, names);
    std::array<Names, 3> branches{names.branch(), names.branch(), names.branch()};
    visit(choice.branches.front().body, branches[0]);
    for (std::size_t i = 1; i < choice.branches.size(); ++i) {
        read(*choice.branches[i].condition, branches[1]);
        std::array<Names, 3> alone{branches[1].branch(), branches[1].branch(), branches[1].branch()};
        visit(choice.branches[i].body, alone[0]);
        branches[1].merge(alone);
    }
    visit(choice.otherwise, branches[2]);
    names.merge(branches);
}

void visit(const Body& body, Names& names) {
    for (const Statement& statement : body) {
        switch (statement.kind) {
            case Statement::Kind::Print:
            case Statement::Kind::For: read(*statement.value, names); break;
            case Statement::Kind::Set: read(*statement.value, names); [[fallthrough]];
            case Statement::Kind::SetBlock: store(statement.target, names); break;
            case Statement::Kind::If: visitBranches(statement, names); break;
            case Statement::Kind::Macro: names.store(statement.text); break;
            default: break;
        }
    }
}

void settle(Frame& frame, Names& names);

void settleInside(Body& body, const Names& names) {
    for (Statement& statement : body) {
        for (Branch& branch : statement.branches) settleInside(branch.body, names);
        settleInside(statement.otherwise, names);
        if (statement.frame.body.empty() && statement.none.body.empty()) continue;
        Names inner{.outer = &names}, none{.outer = &names};
        if (statement.kind == Statement::Kind::For) {
            inner.known["loop"] = false;
            store(statement.target, inner);
        }
        for (const Keyword& parameter : statement.parameters) inner.known[parameter.name] = false;
        for (auto& [name, isHidden] : inner.known) isHidden = false;
        for (const Keyword& parameter : statement.parameters)
            if (parameter.value) read(*parameter.value, inner);
        settle(statement.frame, inner);
        settle(statement.none, none);
    }
}

void settle(Frame& frame, Names& names) {
    visit(frame.body, names);
    for (const auto& [name, isHidden] : names.known)
        if (isHidden) frame.hidden.push_back(name);
    settleInside(frame.body, names);
}

}  // namespace

void hideNames(Syntax& syntax) {
    Names names;
    settle(syntax.frame, names);
}

}  // namespace trimtab::dataset::chat
