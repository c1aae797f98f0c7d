\set debit random(1, 10000)
\set step random(1, 9999)
\set credit 1 + (:debit - 1 + :step) % 10000
\set amount random(1, 100000)
WITH held AS MATERIALIZED (
    SELECT id FROM peer.account WHERE id IN (:debit, :credit) ORDER BY id FOR UPDATE
), posted AS (
    INSERT INTO peer.transfer (debit, credit, amount)
    SELECT :debit::int, :credit::int, :amount::bigint WHERE (SELECT count(*) FROM held) = 2 RETURNING id
), entries AS (
    INSERT INTO peer.entry (transfer, account, side, amount)
    SELECT posted.id, sides.account, sides.side, :amount::bigint
    FROM posted, (VALUES (:debit::int, 1::smallint), (:credit::int, (-1)::smallint)) AS sides (account, side)
), balances AS (
    UPDATE peer.account SET version = version + 1,
        balance = balance + CASE WHEN account.id = :debit THEN :amount::bigint ELSE -(:amount::bigint) END
    FROM held WHERE account.id = held.id
)
INSERT INTO peer.outbox (topic, payload)
SELECT 'transfer.posted', jsonb_build_object('id', posted.id, 'debit', :debit::int, 'credit', :credit::int, 'amount', :amount::bigint) FROM posted;
