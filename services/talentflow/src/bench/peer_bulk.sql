\set seed random(1, 1000000000)
WITH asked AS MATERIALIZED (
    SELECT debit, 1 + (debit - 1 + step) % 10000 AS credit, amount FROM (
        SELECT 1 + (hashint8(:seed::bigint + n) & 2147483647) % 10000 AS debit,
            1 + (hashint8(:seed::bigint * 2 + n) & 2147483647) % 9999 AS step,
            1 + (hashint8(:seed::bigint * 3 + n) & 2147483647) % 100000 AS amount
        FROM generate_series(1, 1000) AS numbers (n)
    ) AS drawn
), packed AS MATERIALIZED (
    SELECT array_agg(debit) AS debits, array_agg(credit) AS credits, array_agg(amount) AS amounts FROM asked
), wanted AS MATERIALIZED (
    SELECT rows.debit, rows.credit, rows.amount FROM packed, unnest(packed.debits, packed.credits, packed.amounts) AS rows (debit, credit, amount)
), moves AS MATERIALIZED (
    SELECT account, sum(change)::bigint AS change, count(*) AS versions
    FROM (SELECT debit AS account, amount AS change FROM wanted UNION ALL SELECT credit, -amount FROM wanted) AS both_sides GROUP BY account
), held AS MATERIALIZED (
    SELECT id FROM peer.account WHERE id IN (SELECT account FROM moves) ORDER BY id FOR UPDATE
), posted AS (
    INSERT INTO peer.transfer (debit, credit, amount)
    SELECT debit, credit, amount FROM wanted WHERE (SELECT count(*) FROM held) = (SELECT count(*) FROM moves)
    RETURNING id, debit, credit, amount
), entries AS (
    INSERT INTO peer.entry (transfer, account, side, amount)
    SELECT posted.id, sides.account, sides.side, posted.amount
    FROM posted, LATERAL (VALUES (posted.debit, 1::smallint), (posted.credit, (-1)::smallint)) AS sides (account, side)
), balances AS (
    UPDATE peer.account SET balance = balance + moves.change, version = version + moves.versions FROM moves WHERE account.id = moves.account
)
INSERT INTO peer.outbox (topic, payload)
SELECT 'transfer.posted', jsonb_build_object('id', id, 'debit', debit, 'credit', credit, 'amount', amount) FROM posted;
