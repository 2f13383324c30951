-- Records that no query joins, as JSON under a key of their kind: what the Glue and Athena APIs keep beside tables, crawlers and
-- queries (work groups, named queries, connections, tags, ...).
CREATE TABLE documents (
    kind BYTETEXT NOT NULL,
    key BYTETEXT NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (kind, key)
);
