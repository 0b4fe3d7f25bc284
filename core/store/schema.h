#pragma once
// The tables of a session and their history. Version n is reached from n − 1 by kMigrations[n − 1]; a released one is never edited.
#include <array>
#include <cstdint>
#include <string_view>

namespace trimtab::store {

inline constexpr std::int64_t kApplicationId = 0x54524d54;  // "TRMT"

inline constexpr std::array<std::string_view, 2> kMigrations{
    R"sql(
CREATE TABLE studies (
    id INTEGER PRIMARY KEY,
    identity TEXT NOT NULL UNIQUE,        -- hash of what makes two studies one
    name TEXT NOT NULL,
    document TEXT NOT NULL,               -- JSON, core/trial/study.h
    note TEXT NOT NULL DEFAULT ''
);
CREATE TABLE trials (
    id INTEGER PRIMARY KEY,
    study INTEGER NOT NULL REFERENCES studies(id),
    label TEXT NOT NULL,
    state TEXT NOT NULL,
    execution TEXT NOT NULL,
    basis TEXT NOT NULL,
    accuracy_key TEXT NOT NULL,
    speed_key TEXT NOT NULL,
    finished_at TEXT NOT NULL,
    document TEXT NOT NULL                -- JSON, core/trial/trial.h, without samples, blocks and layers
);
CREATE INDEX trials_by_study ON trials(study);
CREATE TABLE measurements (               -- one metric of one trial, for people who ask in SQL
    id INTEGER PRIMARY KEY,
    trial INTEGER NOT NULL REFERENCES trials(id),
    metric TEXT NOT NULL,
    value REAL NOT NULL,
    low REAL NOT NULL,
    high REAL NOT NULL,
    n INTEGER NOT NULL,
    basis TEXT NOT NULL
);
CREATE INDEX measurements_by_trial ON measurements(trial);
CREATE TABLE samples (                    -- scores by sample, little-endian doubles
    trial INTEGER PRIMARY KEY REFERENCES trials(id),
    scores BLOB NOT NULL,
    weights BLOB NOT NULL
);
CREATE TABLE blocks (                     -- timings in milliseconds, one process a row
    trial INTEGER NOT NULL REFERENCES trials(id),
    position INTEGER NOT NULL,
    baseline BLOB NOT NULL,
    trial_times BLOB NOT NULL,
    PRIMARY KEY (trial, position)
) WITHOUT ROWID;
CREATE TABLE layers (
    trial INTEGER PRIMARY KEY REFERENCES trials(id),
    document TEXT NOT NULL                -- JSON array, core/trace/layer_record.h
);
CREATE TABLE documents (                  -- view state, remembered answers
    key TEXT PRIMARY KEY,
    document TEXT NOT NULL
) WITHOUT ROWID;
)sql",
    R"sql(
CREATE TABLE profiles (                   -- where a run's time went
    id INTEGER PRIMARY KEY,
    trial INTEGER REFERENCES trials(id),  -- NULL: of none, but of the model as it is stored or as a recipe makes it
    subject TEXT NOT NULL,
    recorded_at TEXT NOT NULL,
    run_ns REAL NOT NULL,
    request TEXT NOT NULL,                -- JSON, core/ipc/profile_request.h
    answer TEXT NOT NULL,                 -- the same, without the trace
    trace BLOB NOT NULL                   -- core/trace/trace_codec.h
);
)sql"};

}  // namespace trimtab::store
