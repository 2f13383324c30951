-- The first schema. It runs as it is on SQLite and on PostgreSQL: BYTETEXT (text in byte order) and BLOB are domains that
-- `schema.rs` creates on PostgreSQL; SQLite takes any type name and gives these two the affinities TEXT and BLOB.
-- Times are milliseconds since 1970. `json` is the Glue API's JSON of the thing, see `catalog::table` and `catalog::crawler`.

CREATE TABLE databases (
    name BYTETEXT PRIMARY KEY,
    json TEXT NOT NULL
);

CREATE TABLE tables (
    id BIGINT PRIMARY KEY,
    database_name BYTETEXT NOT NULL REFERENCES databases (name) ON DELETE CASCADE,
    name BYTETEXT NOT NULL,
    version BIGINT NOT NULL,
    json TEXT NOT NULL,
    UNIQUE (database_name, name)
);

-- Replaced definitions; the current one is in `tables`.
CREATE TABLE table_versions (
    table_id BIGINT NOT NULL REFERENCES tables (id) ON DELETE CASCADE,
    version BIGINT NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (table_id, version)
);

-- What the storage descriptors of many partitions of a table have in common: all but location and parameters.
CREATE TABLE descriptors (
    table_id BIGINT NOT NULL REFERENCES tables (id) ON DELETE CASCADE,
    id BIGINT NOT NULL,
    hash BLOB NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (table_id, id),
    UNIQUE (table_id, hash)
);

-- `key` holds all values of the partition in the order of their types, `k0` to `k7` the first eight each on its own
-- (NULL where the table has fewer keys), encoded by `catalog::key`.
CREATE TABLE partitions (
    table_id BIGINT NOT NULL REFERENCES tables (id) ON DELETE CASCADE,
    key BLOB NOT NULL,
    descriptor BIGINT,
    json TEXT NOT NULL,
    k0 BLOB, k1 BLOB, k2 BLOB, k3 BLOB, k4 BLOB, k5 BLOB, k6 BLOB, k7 BLOB,
    PRIMARY KEY (table_id, key)
);

-- The first key needs none: it is what `key` begins with.
CREATE INDEX partitions_k1 ON partitions (table_id, k1, key) WHERE k1 IS NOT NULL;
CREATE INDEX partitions_k2 ON partitions (table_id, k2, key) WHERE k2 IS NOT NULL;
CREATE INDEX partitions_k3 ON partitions (table_id, k3, key) WHERE k3 IS NOT NULL;
CREATE INDEX partitions_k4 ON partitions (table_id, k4, key) WHERE k4 IS NOT NULL;
CREATE INDEX partitions_k5 ON partitions (table_id, k5, key) WHERE k5 IS NOT NULL;
CREATE INDEX partitions_k6 ON partitions (table_id, k6, key) WHERE k6 IS NOT NULL;
CREATE INDEX partitions_k7 ON partitions (table_id, k7, key) WHERE k7 IS NOT NULL;

CREATE TABLE crawlers (
    name BYTETEXT PRIMARY KEY,
    json TEXT NOT NULL
);

CREATE TABLE classifiers (
    name BYTETEXT PRIMARY KEY,
    json TEXT NOT NULL
);

-- The history of runs. A running one belongs to `owner` until `lease_until`; then anybody may declare it failed.
CREATE TABLE crawls (
    id BYTETEXT PRIMARY KEY,
    crawler BYTETEXT NOT NULL,
    state TEXT NOT NULL,
    started BIGINT NOT NULL,
    owner TEXT NOT NULL,
    lease_until BIGINT NOT NULL,
    json TEXT NOT NULL
);
-- Ids are UUIDs of version 7, in the order of time.
CREATE INDEX crawls_history ON crawls (crawler, id);
-- Never two runs of one crawler at once, also across processes.
CREATE UNIQUE INDEX crawls_running ON crawls (crawler) WHERE state = 'RUNNING';

-- The last firing of each crawler's schedule that somebody claimed. `owner` is cleared when its run has started.
CREATE TABLE schedules (
    crawler BYTETEXT PRIMARY KEY,
    fired BIGINT NOT NULL,
    owner TEXT,
    lease_until BIGINT
);

CREATE TABLE crawl_memory (
    key BYTETEXT PRIMARY KEY,
    value BLOB NOT NULL
);

-- Query executions.
CREATE TABLE queries (
    id BYTETEXT PRIMARY KEY,
    state TEXT NOT NULL,
    submitted BIGINT NOT NULL,
    owner TEXT,
    lease_until BIGINT,
    json TEXT NOT NULL
);
