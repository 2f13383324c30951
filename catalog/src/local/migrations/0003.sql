-- What listings, idempotency, reuse of results and takeovers look for in query executions. `lease_until` is NULL for finished ones.
ALTER TABLE queries ADD COLUMN work_group BYTETEXT NOT NULL DEFAULT 'primary';
-- The client's token: the same one again is the same query.
ALTER TABLE queries ADD COLUMN token BYTETEXT;
-- A digest of all that must be equal for a result to answer another query.
ALTER TABLE queries ADD COLUMN reuse BYTETEXT;
-- 1 when somebody asked for the end of a query that another process runs.
ALTER TABLE queries ADD COLUMN stop BIGINT NOT NULL DEFAULT 0;

CREATE UNIQUE INDEX queries_token ON queries (token) WHERE token IS NOT NULL;
CREATE INDEX queries_history ON queries (work_group, submitted, id);
CREATE INDEX queries_age ON queries (submitted);
CREATE INDEX queries_leases ON queries (lease_until) WHERE lease_until IS NOT NULL;
CREATE INDEX queries_reuse ON queries (reuse, submitted) WHERE reuse IS NOT NULL;
