-- Schema 6. Entries of fees are found by their day, for the end of a shift, and by the number of their receipt.

CREATE INDEX outbox_fee_day ON outbox (queued_at) WHERE kind = '"fee"';
CREATE INDEX outbox_fee_receipt ON outbox (body ->> '$.payload.act.receipt_number') WHERE kind = '"fee"';
